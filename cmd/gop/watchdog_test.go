package main

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cache is memory that can be freed.
type cache struct {
	resident *int64
	freed    int64 // bytes, each time
	times    int
}

func (c *cache) Shed() {
	*c.resident -= c.freed
	c.times++
}

// gate remembers what it was told.
type gate struct{ told []bool }

func (g *gate) Refuse(all bool) { g.told = append(g.told, all) }

func TestWatchdog(t *testing.T) {
	resident := int64(0)
	c, g := &cache{resident: &resident, freed: 10}, &gate{}
	w := &watchdog{
		limit: 1000, resident: func() (int64, error) { return resident, nil },
		shedders: []shedder{c}, refuser: g, log: slog.New(slog.DiscardHandler),
	}
	now := time.Now()
	for _, step := range []struct {
		name     string
		after    time.Duration
		resident int64
		sheds    int // in all
		told     []bool
	}{
		{"much is left", 0, 799, 0, nil},
		{"the caches are freed, and that is enough", 0, 805, 1, nil},
		{"not again so soon", time.Second, 850, 1, nil},
		{"again", 5 * time.Second, 850, 2, nil},
		{"enough is freed at once", 5 * time.Second, 905, 3, nil},
		{"nothing is left to free", time.Second, 905, 3, []bool{true}},
		{"still too much", time.Second, 801, 3, []bool{true}},
		{"recovered", time.Second, 799, 3, []bool{true, false}},
		{"it stays so", time.Second, 850, 3, []bool{true, false}},
	} {
		now = now.Add(step.after)
		resident = step.resident
		require.NoError(t, w.look(now), step.name)
		assert.Equal(t, step.sheds, c.times, step.name)
		assert.Equal(t, step.told, g.told, step.name)
	}
	w.resident = func() (int64, error) { return 0, errors.New("no such file") }
	assert.EqualError(t, w.look(now), "no such file")
}

func TestWatchMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	if os.Getenv("GOMEMLIMIT") == "" {
		require.EqualValues(t, math.MaxInt64, before)
	}
	resident := int64(0)
	c, g := &cache{resident: &resident}, &gate{}
	stop := (&serve{MemoryLimit: 1 << 40}).watchMemory(slog.New(slog.DiscardHandler), g, c)
	if before == math.MaxInt64 {
		share := 0.7
		assert.InDelta(t, share*(1<<40), debug.SetMemoryLimit(-1), 1)
	}
	stop()
	assert.Equal(t, before, debug.SetMemoryLimit(-1))

	(&serve{}).watchMemory(slog.New(slog.DiscardHandler), g, c)()
	assert.Equal(t, before, debug.SetMemoryLimit(-1), "without a limit")
}

func TestAnonymous(t *testing.T) {
	status, err := os.Open("/proc/self/status")
	require.NoError(t, err)
	defer func() { assert.NoError(t, status.Close()) }()
	before, err := anonymous(status)
	require.NoError(t, err)
	assert.Greater(t, before, int64(1<<20))
	const more = 64 << 20
	block := make([]byte, more)
	for i := range block {
		block[i] = 1
	}
	after, err := anonymous(status)
	require.NoError(t, err)
	assert.InDelta(t, more, after-before, more/2)
	assert.EqualValues(t, 1, block[more-1])

	for _, text := range []string{"", "Name:\tgop\n", "RssAnon:\tmuch kB\n"} {
		_, err = anonymous(strings.NewReader(text))
		assert.Error(t, err, text)
	}
}

// A program that may have less than it needs says so, and goes on where it can.
func TestProgramShortOfMemory(t *testing.T) {
	dir := folderOf(t, "h264-aac.mp4")
	p := serveFolder(t, dir, "--memory-limit", "1000000")
	path := "/videos/h264-aac.mp4/group-of-pictures"
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), "refusing=true") }, patience, 10*time.Millisecond)
	answer, body := p.get(t, path+".json")
	assert.Equal(t, 503, answer.StatusCode)
	assert.Equal(t, "1", answer.Header.Get("Retry-After"))
	assert.Contains(t, string(body), "the server is short of memory")
	answer, _ = p.get(t, "/healthz")
	assert.Equal(t, 200, answer.StatusCode)
	p.terminate(t)
	p.wait(t)
}
