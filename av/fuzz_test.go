package av_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// What a file may do to the engine: it takes a time and some C memory, and its errors are the file's fault.
const (
	fuzzTime   = 10 * time.Second
	fuzzMemory = 64 << 20 // bytes that are allocated and not freed, of idle demuxers above all
)

// seeds are the smaller videos of testdata, of every container and codec, and what is wrong with others.
func seeds(f *testing.F) (files [][]byte) {
	f.Helper()
	for _, pattern := range []string{"*", "broken/*"} {
		paths, err := filepath.Glob(filepath.Join("..", "testdata", pattern))
		require.NoError(f, err)
		for _, path := range paths {
			info, err := os.Stat(path)
			require.NoError(f, err)
			if info.IsDir() || info.Size() > 60_000 || filepath.Ext(path) == ".md" {
				continue
			}
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			files = append(files, data)
		}
	}
	require.Greater(f, len(files), 40)
	return files
}

// fuzzEngine is bounded as a server's is, and keeps no demuxer, so that what is not freed shows.
func fuzzEngine(f *testing.F) *av.Engine {
	f.Helper()
	config := av.NewDefaultConfig()
	config.IdleDemuxers = 0
	config.MaxPackets, config.MaxGOPs, config.MaxSegmentBytes, config.MaxAllocBytes = 100_000, 10_000, 16<<20, 64<<20
	return newEngine(f, config)
}

// refused holds an error to be the file's fault.
func refused(t *testing.T, err error) {
	t.Helper()
	if kind := video.KindOf(err); err != nil && kind != video.Unreadable && kind != video.TooLarge && kind != video.NotFound {
		t.Fatalf("%v: %v", kind, err)
	}
}

// FuzzIndex lists any bytes: in time, and only what can be.
func FuzzIndex(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data, uint8(1))
	}
	engine := fuzzEngine(f)
	f.Fuzz(func(t *testing.T, data []byte, track uint8) {
		ctx, cancel := context.WithTimeout(t.Context(), fuzzTime)
		defer cancel()
		before := av.AllocatedBytes()
		v := video.Video{Name: "fuzzed", Version: "fuzzed", Size: int64(len(data))}
		ix, err := engine.Index(ctx, v, max(int(track), 1), func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil })
		require.Less(t, av.AllocatedBytes()-before, int64(fuzzMemory))
		refused(t, err)
		if err != nil {
			return
		}
		require.NotEmpty(t, ix.GOPs)
		require.Equal(t, video.VideoTrack, ix.Track().Kind)
		for i, g := range ix.GOPs {
			require.Equal(t, i, g.Number)
			require.Positive(t, g.Frames)
			require.GreaterOrEqual(t, g.End, g.Start)
			require.GreaterOrEqual(t, g.Bytes, int64(0))
			require.Less(t, g.Leading, g.Frames)
		}
	})
}

// FuzzSegment cuts a GOP out of any bytes: what comes has the size that it says, lies within the file, and is the
// same again.
func FuzzSegment(f *testing.F) {
	for i, data := range seeds(f) {
		f.Add(data, uint8(i%3), uint8(i%2), i%5 == 0)
	}
	engine := fuzzEngine(f)
	f.Fuzz(func(t *testing.T, data []byte, gop, audio uint8, noLeading bool) {
		ctx, cancel := context.WithTimeout(t.Context(), fuzzTime)
		defer cancel()
		before := av.AllocatedBytes()
		v := video.Video{Name: "fuzzed", Version: "fuzzed", Size: int64(len(data))}
		open := func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
		ix, err := engine.Index(ctx, v, 1, open)
		refused(t, err)
		if err != nil {
			return
		}
		of := video.Cut{GOP: int(gop) % len(ix.GOPs), Audio: int(audio%4) - 1, NoLeading: noLeading}
		first, err := engine.Segment(ctx, ix, of, open)
		refused(t, err)
		require.Less(t, av.AllocatedBytes()-before, int64(fuzzMemory))
		if err != nil {
			return
		}
		size := int64(0)
		for _, p := range first.Parts {
			size += p.Size()
			if p.Data == nil {
				require.GreaterOrEqual(t, p.Offset, int64(0))
				require.LessOrEqual(t, p.Offset+p.Length, v.Size, "a part of the file that there is not")
			}
		}
		require.Equal(t, first.Size, size)
		second, err := engine.Segment(ctx, ix, of, open)
		require.NoError(t, err)
		require.True(t, bytes.Equal(bytesOf(t, first), bytesOf(t, second)), "another time, other bytes")
	})
}
