package av_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// clippedVideos are a test video of each class: container, codecs, order of frames, clock and edit list.
var clippedVideos = []string{
	"h264-bframes-aac.mp4", "h264-open-gop.mp4", "hevc-open-gop.mov", "fragmented.mp4",
	"fragmented-small.mp4", "edit-list-trim.mp4", "edit-list-delay.mp4", "variable-rate.mp4",
	"fine-clock.mp4", "interlaced.mp4",
	"negative-offsets.mp4", "av1.mp4", "mp3.mp4", "pcm.mov", "many-gops.mp4", "h264-bframes-aac.mkv",
	"hevc-open-gop.mkv", "vp9-opus.webm", "ac3.mkv", "flac.mkv", "header-stripped.mkv", "h264-bframes-aac.ts",
	"hevc.ts", "mpeg2.ts", "h264-aac.flv",
}

// decodedFrame is a frame that ffmpeg presents.
type decodedFrame struct {
	at  float64 // seconds
	sum string
}

// decodeTimed decodes the video of files with ffmpeg.
func decodeTimed(t *testing.T, paths []string) (files [][]decodedFrame) {
	t.Helper()
	dir, args := t.TempDir(), []string{"-copyts"}
	for _, path := range paths {
		if strings.HasPrefix(filepath.Base(path), "av1") { // libdav1d presents trimmed frames
			args = append(args, "-c:v", "libaom-av1")
		}
		args = append(args, "-noautorotate", "-i", path)
	}
	for i := range paths {
		const ofInput = "-1"
		args = append(args, "-map", fmt.Sprintf("%d:V:0", i), "-fps_mode", "passthrough",
			"-enc_time_base", ofInput, "-f", "framemd5", filepath.Join(dir, strconv.Itoa(i)))
	}
	ffmpeg(t, args...)
	for i := range paths {
		text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i)))
		require.NoError(t, err)
		var frames []decodedFrame
		num, den := 0.0, 1.0
		for line := range strings.Lines(string(text)) {
			if base, ok := strings.CutPrefix(line, "#tb 0: "); ok {
				_, err := fmt.Sscanf(base, "%f/%f", &num, &den)
				require.NoError(t, err)
			}
			fields := strings.Split(line, ",")
			if strings.HasPrefix(line, "#") || len(fields) < 6 {
				continue
			}
			at := floatOf(t, strings.TrimSpace(fields[2])) * num / den
			frames = append(frames, decodedFrame{at, strings.TrimSpace(fields[5])})
		}
		files = append(files, frames)
	}
	return files
}

// onScreen returns the frames that are on screen from from to to, with times from from on.
func onScreen(frames []decodedFrame, from, to float64) (found []decodedFrame) {
	const rounding = 0.6e-6 // times of clips are in microseconds
	first := 0
	for i, f := range frames {
		if f.at <= from+rounding {
			first = i
		}
	}
	for i, f := range frames[first:] {
		if f.at < to-rounding || i == 0 {
			found = append(found, decodedFrame{max(f.at-from, 0), f.sum})
		}
	}
	return found
}

// An exact clip presents the frames that a full decode has on screen during its time, from the one at its
// start on, at their times.
func TestExactClips(t *testing.T) {
	clips := 4
	if testing.Short() {
		clips = 3
	}
	if text := os.Getenv("GOP_EXACT_CLIPS"); text != "" {
		var err error
		clips, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	for _, name := range clippedVideos {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			whole := decodeTimed(t, []string{path})[0]
			v, open := fileAt(t, path)
			engine := newEngine(t, av.NewDefaultConfig())
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			random := rand.New(rand.NewPCG(1, uint64(len(name))))
			all, files := randomClips(random, ix, whole, clips), []string{}
			for i, clip := range all {
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{Clip: clip}, open)
				require.NoError(t, err, "%v", clip)
				file := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.mp4", name, i))
				require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
				files = append(files, file)
			}
			for i, got := range decodeTimed(t, files) {
				from, to := float64(all[i].From)/1e6, float64(all[i].To)/1e6
				want := onScreen(whole, from, to)
				require.Equal(t, sumsOf(want), sumsOf(got), "frames of clip %d, %f to %f", i, from, to)
				for n := range want {
					assert.InDelta(t, want[n].at, got[n].at, 0.0011, "frame %d of clip %d", n, i)
				}
			}
		})
	}
}

// randomClips returns exact clips of a video: of any times, and of times of frames.
func randomClips(random *rand.Rand, ix *video.Index, whole []decodedFrame, count int) (clips []cut.Clip) {
	gops, base := ix.Presented(), ix.Track().TimeBase
	all := ix.Run(gops[0], gops[len(gops)-1])
	start, end := all.Start.Micros(base), all.End.Micros(base)
	pick := func() int64 {
		if random.IntN(2) == 0 {
			return start + random.Int64N(end-start)
		}
		return int64(whole[random.IntN(len(whole))].at*1e6 + 0.5)
	}
	for len(clips) < count {
		from, to := pick(), pick()
		if from > to {
			from, to = to, from
		}
		if from >= start && to-from > 1000 {
			clips = append(clips, cut.Clip{From: from, To: to, Exact: true})
		}
	}
	return clips
}

func sumsOf(frames []decodedFrame) (sums []string) {
	for _, f := range frames {
		sums = append(sums, f.sum)
	}
	return slices.Clip(sums)
}
