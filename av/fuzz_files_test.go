package av_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// No file ends the program or hangs it, or is the server's fault.
func FuzzIndex(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, _ func(video.Cut) *video.Segment) {
		require.NotEmpty(t, ix.GOPs)
		for i, g := range ix.GOPs {
			require.Equal(t, i, g.Number)
			require.Positive(t, g.Frames)
			require.GreaterOrEqual(t, g.Bytes, int64(0))
			require.GreaterOrEqual(t, g.Duration(), video.Ticks(0))
		}
	})
}

// Whatever has an index has GOPs that can be cut, or not for a reason; and a segment is a whole mp4
// that takes of its video only what is there.
func FuzzSegment(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, cut func(video.Cut) *video.Segment) {
		for i := range min(len(ix.GOPs), 8) {
			for _, of := range []video.Cut{{GOP: i}, {GOP: i, Audio: video.NoAudio, NoLeading: true}} {
				if segment := cut(of); segment != nil {
					requireWhole(t, segment, ix.Video.Size)
				}
			}
		}
	})
}

// The key picture of whatever has an index can be decoded, or not for a reason, and is an image then.
func FuzzStill(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, cut func(video.Cut) *video.Segment) {
		for i := range min(len(ix.GOPs), 2) {
			segment := cut(video.Cut{GOP: i, Image: video.Image{Format: video.JPEG, Width: 64}})
			if segment == nil {
				continue
			}
			picture, err := jpeg.Decode(bytes.NewReader(bytesOf(t, segment)))
			require.NoError(t, err)
			require.LessOrEqual(t, picture.Bounds().Dx(), 64)
		}
	})
}

// fuzzVideos has check look at each input that has an index, with a way to cut it, which returns nil for
// what the file gives a reason to refuse.
func fuzzVideos(f *testing.F, check func(t *testing.T, ix *video.Index, cut func(video.Cut) *video.Segment)) {
	f.Helper()
	addVideos(f)
	begin := hostile(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, engine, version := begin(t)
		v, open := memoryVideo(version, data)
		ix, err := engine.Index(ctx, v, 1, open)
		if err != nil {
			require.True(t, isRefusal(err), err)
			return
		}
		check(t, ix, func(of video.Cut) *video.Segment {
			segment, err := engine.Segment(ctx, ix, of, open)
			if err != nil {
				require.True(t, isRefusal(err), "%+v: %v", of, err)
				return nil
			}
			return segment
		})
	})
}

// addVideos gives f the smaller of the test videos to begin with.
func addVideos(f *testing.F) {
	f.Helper()
	broken, err := filepath.Glob(filepath.Join("..", "testdata", "broken", "*.*"))
	require.NoError(f, err)
	for _, path := range append(testVideos(f), broken...) {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(data) <= 40<<10 {
			f.Add(data)
		}
	}
}

// Bounds on what one input may take.
const (
	inputTime   = 10 * time.Second
	inputMemory = 16 << 20 // bytes, with what idle demuxers keep of the inputs before
)

// hostile has an engine for inputs that mean no good. What is returned begins one of them: with a
// context, the engine, and a version that no other has. What the context does not end ends the
// program, so that the input is kept; and memory that grows fails.
func hostile(f *testing.F) (begin func(*testing.T) (context.Context, *av.Engine, string)) {
	f.Helper()
	config := av.NewDefaultConfig()
	config.IdleDemuxers, config.IdleBytes = 4, 8<<20
	config.MaxPackets, config.MaxSegmentBytes = 100_000, 16<<20 // so that none takes long
	engine := newEngine(f, config)
	allocated, n := av.AllocatedBytes(), 0
	return func(t *testing.T) (context.Context, *av.Engine, string) {
		n++
		ctx, cancel := context.WithTimeout(t.Context(), inputTime)
		hangs := time.AfterFunc(3*inputTime, func() { panic("it hangs") })
		t.Cleanup(func() {
			hangs.Stop()
			cancel()
			require.Less(t, av.AllocatedBytes()-allocated, int64(inputMemory), "allocated by C")
		})
		return ctx, engine, strconv.Itoa(n)
	}
}

// requireWhole holds a segment's parts against its size and that of its video, and its boxes against
// what they say of their own (ISO/IEC 14496-12, section 4.2).
func requireWhole(t *testing.T, s *video.Segment, size int64) {
	t.Helper()
	total := int64(0)
	for _, p := range s.Parts {
		total += p.Size()
		if p.Data == nil {
			require.True(t, p.Offset >= 0 && p.Length > 0 && p.Length <= size-p.Offset, "%d bytes at %d, of %d", p.Length, p.Offset, size)
		}
	}
	require.Equal(t, s.Size, total)
	data := bytesOf(t, s)
	var boxes []string
	for len(data) > 0 {
		require.GreaterOrEqual(t, len(data), 8)
		length := int(binary.BigEndian.Uint32(data))
		require.True(t, length >= 8 && length <= len(data), "a box of %d bytes in %d", length, len(data))
		if kind := string(data[4:8]); kind != "free" {
			require.Greater(t, length, 8, kind)
			boxes = append(boxes, kind)
		}
		data = data[length:]
	}
	require.Equal(t, []string{"ftyp", "moov", "mdat"}, boxes)
}
