package av_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

var (
	mutations    = flag.Int("mutations", 2000, "how many damaged files TestMutations tries at least")
	mutationTime = flag.Duration("mutation-time", 30*time.Second, "how long TestMutations goes on at least")
	mutationSeed = flag.Uint64("mutation-seed", 1, "what its damage is drawn from")
)

// A damaged file is served as far as it goes, or refused: it neither ends the program nor hangs it,
// keeps no memory, and is never the server's fault. scripts/test runs it by itself too, since the
// race detector does not let it be what it is.
func TestMutations(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	var names []string
	files := map[string][]byte{}
	for _, path := range testVideos(t) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		names = append(names, filepath.Base(path))
		files[filepath.Base(path)] = data
		require.NoError(t, serveAll(engine, path, data))
	}
	engine.Close()
	allocated, resident := av.AllocatedBytes(), av.ResidentBytes(t)
	engine = newEngine(t, av.NewDefaultConfig())
	random := rand.New(rand.NewPCG(*mutationSeed, 0))
	began := time.Now()
	n := 0
	enough := func() bool {
		if instrumented {
			return n >= 200
		}
		return n >= *mutations && time.Since(began) >= *mutationTime
	}
	for ; !enough(); n++ {
		name := names[random.IntN(len(names))]
		data, damage := mutate(random, files[name])
		what := fmt.Sprintf("mutation %d of seed %d: %s, %s", n, *mutationSeed, name, damage)
		start := time.Now()
		if err := serveAll(engine, what, data); err != nil {
			assert.True(t, isRefusal(err), "%s: %v", what, err)
		}
		assert.Less(t, time.Since(start), 5*time.Second, what)
	}
	engine.Close()
	allocated = av.AllocatedBytes() - allocated
	resident = av.ResidentBytes(t) - resident
	t.Logf("%d damaged files; %d KiB allocated more, %d KiB more resident", n, allocated>>10, resident>>10)
	assert.Less(t, allocated, int64(4<<20), "allocated by C: each thread keeps a little")
	if !instrumented {
		assert.Less(t, resident, 128<<20, "resident: what lies scattered over a heap is never given back")
	}
}

// inMemory is a file whose bytes are in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// memoryVideo is bytes as a video, and how to open it.
func memoryVideo(version string, data []byte) (video.Video, func() (video.File, error)) {
	v := video.Video{Name: "in memory", Version: version, Size: int64(len(data))}
	return v, func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
}

// isRefusal tells whether err says of a file that it cannot be served, and not of the server.
func isRefusal(err error) bool {
	kind := video.KindOf(err)
	return kind == video.Unreadable || kind == video.TooLarge
}

// serveAll indexes a file and cuts its first GOPs and its last; it returns the first error that is
// no refusal, else any.
func serveAll(engine *av.Engine, version string, data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	v, open := memoryVideo(version, data)
	ix, err := engine.Index(ctx, v, 1, open)
	if err != nil {
		return err
	}
	var refusal error
	for _, of := range []cut.Cut{{GOP: 0}, {GOP: 1, NoLeading: true}, {GOP: len(ix.GOPs) - 1, Audio: cut.NoAudio}} {
		if of.GOP < 0 || of.GOP >= len(ix.GOPs) {
			continue
		}
		if _, err := engine.CutSegment(ctx, ix, of, open); err != nil {
			if !isRefusal(err) {
				return err
			}
			refusal = err
		}
	}
	return refusal
}
