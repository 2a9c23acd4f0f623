package av_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// md5Frame is a frame of ffmpeg's framemd5 muxer.
type md5Frame struct {
	pts video.Ticks
	md5 string
}

// fullDecode decodes a video from its start with ffmpeg.
func fullDecode(t *testing.T, path string) (frames []md5Frame) {
	t.Helper()
	out := ffmpeg(t, "-copyts", "-noautorotate", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
		"-enc_time_base", "-1", "-autoscale", "0", "-f", "framemd5", "-")
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), ",")
		pts, err := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
		require.NoError(t, err)
		frames = append(frames, md5Frame{video.Ticks(pts), strings.TrimSpace(fields[5])})
	}
	return frames
}

// untimedFrames are the videos for which ffmpeg has other times than the index: their containers have times
// of decoding only, or clocks that restart.
var untimedFrames = []string{
	"clock-restart-aac.ts", "clock-restart.ts", "cut-off.avi", "edit-list-parts.mp4", "h264-open-gop.asf",
	"h264-open-gop.avi", "h264-pcm.avi", "hevc-open-gop.mpg", "mpeg4.avi", "packed.avi",
	"parameter-change.mp4", "parameter-change.ts", "sample-entries.mp4", "vfw-h264.mkv", "vfw-mpeg4.mkv",
}

// Each frame that is listed has the samples that ffmpeg gets when it decodes the whole file.
func TestFramesAreThoseOfAFullDecode(t *testing.T) {
	for _, path := range timedVideos(t) {
		name := filepath.Base(path)
		switch name {
		case "clock-restart.mp4": // ffmpeg drops frames
			continue
		case "no-offsets.mov": // its times put the frames into another order than that of presentation
			continue
		}
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			want, got := fullDecode(t, path), framesOf(t, engine, ix, open)
			if name == "cut-fragment.mp4" { // the packet of one frame is cut off
				last := len(got) - 1
				require.Equal(t, got[last-2].md5, got[last-1].md5, "the frame before it stays on screen")
				got = slices.Delete(got, last-1, last)
			}
			if slices.Contains(untimedFrames, name) {
				for i := range min(len(want), len(got)) {
					want[i].pts = got[i].pts
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

// framesOf decodes all frames that are listed.
func framesOf(t *testing.T, engine *av.Engine, ix *video.Index, open av.Opener) (all []md5Frame) {
	t.Helper()
	for n, g := range ix.GOPs.All() {
		frames, err := engine.Frames(t.Context(), ix, n, n, open)
		require.NoError(t, err)
		require.Len(t, frames, g.Presented, "GOP %d", n)
		for i, f := range frames {
			all = append(all, md5Frame{f.PTS, frameMD5(t, engine, ix, n, i+1, open)})
		}
	}
	return all
}

func frameMD5(t *testing.T, engine *av.Engine, ix *video.Index, gop, frame int, open av.Opener) string {
	t.Helper()
	key := video.ThumbnailKey{GOP: gop, Frame: frame, VideoStream: ix.Track().StreamIndex}
	sum, err := engine.FrameMD5(t.Context(), ix, key, open)
	require.NoError(t, err)
	return sum
}

// A frame does not depend on the frames that were decoded before.
func TestFramesAreIndependent(t *testing.T) {
	for _, name := range []string{
		"h264-open-gop.mp4", "hevc-open-gop.mkv", "h264-bframes-aac.ts", "mpeg2.mp4", "vp9-opus.webm",
		"av1.mp4", "packed.avi", "edit-list-part.mp4",
	} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, filepath.Join(testdata, name))
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			want := framesOf(t, engine, ix, open)
			random := rand.New(rand.NewPCG(1, 2))
			for range 50 {
				n := random.IntN(len(want))
				gop, frame, err := ix.FindFrame(n)
				require.NoError(t, err)
				assert.Equal(t, want[n].md5, frameMD5(t, engine, ix, gop, frame, open), "frame %d", n)
			}
			_, _, err = ix.FindFrame(len(want))
			assert.Equal(t, video.NotFound, video.KindOf(err))
		})
	}
}

// A client that walks forward has each packet read once.
func TestWalkingReadsEachPacketOnce(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, "h264-bframes.mp4"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	g := ix.GOPs.At(1)
	frameMD5(t, engine, ix, 1, 1, open) // opens the file
	before := engine.BytesRead()
	for frame := 2; frame <= g.Presented; frame++ {
		frameMD5(t, engine, ix, 1, frame, open)
	}
	assert.LessOrEqual(t, engine.BytesRead()-before, g.Bytes)
}
