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
	"golang.org/x/sys/unix"
)

// cache is a shedder that frees the same number of bytes each time.
type cache struct {
	resident *int64
	freed    int64 // bytes
	times    int
}

func (c *cache) Shed() {
	*c.resident -= c.freed
	c.times++
}

// gate records the calls of SetOutOfMemory.
type gate struct{ calls []bool }

func (g *gate) SetOutOfMemory(outOfMemory bool) { g.calls = append(g.calls, outOfMemory) }

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
		sheds    int    // in total
		calls    []bool // of SetOutOfMemory, in total
	}{
		{"below all shares", 0, 799, 0, nil},
		{"emptying the caches is enough", 0, 805, 1, nil},
		{"too soon to empty them again", time.Second, 850, 1, nil},
		{"emptied again", 5 * time.Second, 850, 2, nil},
		{"emptying them avoids refusal", 5 * time.Second, 905, 3, nil},
		{"refuses", time.Second, 905, 3, []bool{true}},
		{"still above shedShare", time.Second, 801, 3, []bool{true}},
		{"recovered", time.Second, 799, 3, []bool{true, false}},
		{"still accepts", time.Second, 850, 3, []bool{true, false}},
	} {
		now = now.Add(step.after)
		resident = step.resident
		require.NoError(t, w.check(now), step.name)
		assert.Equal(t, step.sheds, c.times, step.name)
		assert.Equal(t, step.calls, g.calls, step.name)
	}
	w.resident = func() (int64, error) { return 0, errors.New("no such file") }
	assert.EqualError(t, w.check(now), "no such file")
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
	// The race detector keeps no shadow memory of memory that is not Go's.
	block, err := unix.Mmap(-1, 0, more, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	for i := range block {
		block[i] = 1
	}
	after, err := anonymous(status)
	require.NoError(t, err)
	assert.InDelta(t, more, after-before, more/2)
	require.NoError(t, unix.Munmap(block))

	for _, text := range []string{"", "Name:\tgop\n", "RssAnon:\tmuch kB\n"} {
		_, err = anonymous(strings.NewReader(text))
		assert.Error(t, err, text)
	}
}

// With a memory limit below its needs, the program refuses engine calls and stays healthy.
func TestProgramShortOfMemory(t *testing.T) {
	dir := folderOf(t, "h264-aac.mp4")
	p := serveFolder(t, dir, "--memory-limit", "1000000")
	path := "/videos/h264-aac.mp4/group-of-pictures"
	p.waitForLog(t, "refusing new work")
	response, body := p.get(t, path+".json")
	assert.Equal(t, 503, response.StatusCode)
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
	assert.Contains(t, string(body), "the server is short of memory")
	response, _ = p.get(t, "/healthz")
	assert.Equal(t, 200, response.StatusCode)
	p.terminate(t)
	p.wait(t)
}
