package av_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

var (
	mutations    = flag.Int("mutations", 2000, "least number of damaged files that TestMutations tries")
	mutationTime = flag.Duration("mutation-time", 0, "least time that TestMutations takes")
	mutationSeed = flag.Uint64("mutation-seed", 1, "seed of its random numbers")
)

// A damaged file is served as far as possible, or is an error of the file. It does not end or hang the
// process, and leaks no memory. The race detector and AddressSanitizer try fewer files.
func TestMutations(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	var names []string
	files := map[string][]byte{}
	for _, path := range slices.Concat(testVideos(t), transcodedVideos(t)) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		names = append(names, filepath.Base(path))
		files[filepath.Base(path)] = data
		require.NoError(t, serveAll(engine, path, data), path)
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
		if err := serveAll(engine, what, data); err != nil {
			assert.True(t, isFileError(err), "%s: %v", what, err)
		}
	}
	engine.Close()
	allocated = av.AllocatedBytes() - allocated
	resident = av.ResidentBytes(t) - resident
	t.Logf("%d damaged files; %d KiB allocated more, %d KiB more resident", n, allocated>>10, resident>>10)
	assert.Less(t, allocated, int64(4<<20), "allocated by C")
	if !instrumented {
		assert.Less(t, resident, 128<<20, "resident, with the free memory between allocations")
	}
}

// inMemory is a file whose bytes are in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// memoryVideo returns a video of bytes in memory, and a function that opens it.
func memoryVideo(version string, data []byte) (video.Video, func(context.Context) (video.File, error)) {
	v := video.Video{Name: "in memory", Version: version, Size: int64(len(data))}
	return v, func(context.Context) (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
}

// isFileError reports whether err is an error of the file, not of the server.
func isFileError(err error) bool {
	kind := video.KindOf(err)
	return kind == video.Unreadable || kind == video.TooLarge
}

// serveAll indexes a file and cuts its first GOPs and its last, or makes thumbnails if mp4 cannot hold the
// video. It returns the first error that is none of the file, else any error.
func serveAll(engine *av.Engine, version string, data []byte) error {
	ctx := context.Background()
	v, open := memoryVideo(version, data)
	ix, err := engine.Index(ctx, v, 1, open)
	if err != nil {
		return err
	}
	var fileErr error
	if ix.Track().Unsupported != "" {
		for _, gop := range []int{0, ix.GOPs.Len() - 1} {
			of := cut.Thumbnail{GOP: gop, Format: video.JPEG, Edit: cut.Edit{Width: 32}}
			if _, err := engine.CutThumbnail(ctx, ix, of, open); err != nil {
				fileErr = err
			}
		}
		return fileErr
	}
	for _, of := range []cut.Cut{
		{GOP: 0}, {GOP: 1, NoLeading: true}, {GOP: ix.GOPs.Len() - 1, Audio: cut.NoAudio},
	} {
		if of.GOP < 0 || of.GOP >= ix.GOPs.Len() {
			continue
		}
		if _, err := engine.CutSegment(ctx, ix, of, open); err != nil {
			if !isFileError(err) {
				return err
			}
			fileErr = err
		}
	}
	return fileErr
}
