package av_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// product makes segments and thumbnails for fuzz targets. It returns nil after an error of the file.
type product struct {
	segment   func(cut.Cut) *video.Segment
	thumbnail func(cut.Thumbnail) *video.Thumbnail
	frames    func(gop int) []video.Frame
	frame     func(video.ThumbnailKey)
}

// No file ends the process, hangs it, or causes an internal error.
func FuzzIndex(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, _ product) {
		require.Positive(t, ix.GOPs.Len())
		for i, g := range ix.GOPs.All() {
			require.Equal(t, i, g.Number)
			require.Positive(t, g.Frames)
			require.GreaterOrEqual(t, g.Bytes, int64(0))
			require.GreaterOrEqual(t, g.Duration(), video.Ticks(0))
		}
	})
}

// Every GOP of an index becomes a complete mp4, whose ranges lie within the video, or is an error of
// the file.
func FuzzSegment(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, makes product) {
		for i := range min(ix.GOPs.Len(), 8) {
			for _, c := range []cut.Cut{{GOP: i}, {GOP: i, Audio: cut.NoAudio, NoLeading: true}} {
				if segment := makes.segment(c); segment != nil {
					requireWhole(t, segment, ix.Video.Size)
				}
			}
		}
	})
}

// Every GOP of an index has a thumbnail that can be decoded, or is an error of the file.
func FuzzThumbnail(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, makes product) {
		for i := range min(ix.GOPs.Len(), 2) {
			thumbnail := makes.thumbnail(cut.Thumbnail{GOP: i, Format: video.JPEG, Edit: cut.Edit{Width: 64}})
			if thumbnail == nil {
				continue
			}
			decoded, err := jpeg.Decode(bytes.NewReader(thumbnail.Data))
			require.NoError(t, err)
			require.LessOrEqual(t, decoded.Bounds().Dx(), 64)
		}
	})
}

// The frames of every GOP are listed in order, and each of them is an image or an error of the file.
func FuzzFrames(f *testing.F) {
	fuzzVideos(f, func(t *testing.T, ix *video.Index, makes product) {
		for i := range min(ix.GOPs.Len(), 4) {
			frames := makes.frames(i)
			for j := 1; j < len(frames); j++ {
				require.LessOrEqual(t, frames[j-1].PTS, frames[j].PTS)
			}
			for _, frame := range []int{1, len(frames) / 2, len(frames), 2} {
				makes.frame(video.ThumbnailKey{GOP: i, Frame: max(frame, 1), Format: video.JPEG, Width: 64})
			}
		}
	})
}

// fuzzVideos indexes each input and calls check for those that have an index.
func fuzzVideos(f *testing.F, check func(t *testing.T, ix *video.Index, makes product)) {
	f.Helper()
	addVideos(f)
	begin := hostile(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, engine, version := begin(t)
		v, open := memoryVideo(version, data)
		ix, err := engine.Index(ctx, v, 1, open)
		if err != nil {
			require.True(t, isFileError(err), err)
			return
		}
		check(t, ix, product{
			segment: func(c cut.Cut) *video.Segment {
				segment, err := engine.CutSegment(ctx, ix, c, open)
				if err != nil {
					require.True(t, isFileError(err), "%+v: %v", c, err)
					return nil
				}
				return segment
			},
			thumbnail: func(c cut.Thumbnail) *video.Thumbnail {
				thumbnail, err := engine.CutThumbnail(ctx, ix, c, open)
				if err != nil {
					require.True(t, isFileError(err), "%+v: %v", c, err)
					return nil
				}
				return thumbnail
			},
			frames: func(gop int) []video.Frame {
				frames, err := engine.Frames(ctx, ix, gop, gop, open)
				require.True(t, err == nil || isFileError(err), "%v", err)
				return frames
			},
			frame: func(key video.ThumbnailKey) {
				key.VideoStream = ix.Track().StreamIndex
				_, err := engine.Thumbnail(ctx, ix, key, open)
				require.True(t, err == nil || isFileError(err), "%+v: %v", key, err)
			},
		})
	})
}

// addVideos adds the small test videos to the corpus of f.
func addVideos(f *testing.F) {
	f.Helper()
	broken, err := filepath.Glob(filepath.Join(testdata, "broken", "*.*"))
	require.NoError(f, err)
	for _, path := range slices.Concat(testVideos(f), transcodedVideos(f), broken) {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(data) <= 40<<10 {
			f.Add(data)
		}
	}
}

// Limits of one input.
const (
	inputTime   = 10 * time.Second
	inputMemory = 16 << 20 // bytes, with the idle demuxers of earlier inputs
)

// hostile makes an engine for malicious inputs. The returned function begins an input: it returns a context,
// the engine, and a new version. It ends the process if the input hangs despite the end of its context, so
// that the fuzzer keeps the input, and fails the test if C memory grows.
func hostile(f *testing.F) (begin func(*testing.T) (context.Context, *av.Engine, string)) {
	f.Helper()
	config := av.NewDefaultConfig()
	config.IdleDemuxers, config.IdleBytes = 4, 8<<20
	config.MaxPackets, config.MaxSegmentBytes = 100_000, 16<<20 // so that no input takes long
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

// requireWhole checks a segment's parts against its size and its video's, and the sizes of its boxes (ISO/IEC
// 14496-12, section 4.2).
func requireWhole(t *testing.T, s *video.Segment, size int64) {
	t.Helper()
	total := int64(0)
	for _, p := range s.Parts {
		total += p.Size()
		if p.Data == nil {
			isWithin := p.Offset >= 0 && p.Length > 0 && p.Length <= size-p.Offset
			require.True(t, isWithin, "%d bytes at %d, of %d", p.Length, p.Offset, size)
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
