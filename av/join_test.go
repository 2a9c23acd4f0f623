package av_test

import (
	"cmp"
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
	"gop/video/cut"
)

// joinGOPs makes the segments of all GOPs and joins them with ffmpeg's concat demuxer. It returns ffprobe's
// description of the result, and the number of GOPs.
//
// https://ffmpeg.org/ffmpeg-formats.html#concat-1
func joinGOPs(t *testing.T, engine *av.Engine, path string, of cut.Cut) (joined probedFile, gops int) {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	dir, list := t.TempDir(), strings.Builder{}
	for i := range ix.GOPs.Len() {
		of.GOP = i
		segment, err := engine.CutSegment(t.Context(), ix, of, open)
		require.NoError(t, err, "GOP %d", i)
		file := filepath.Join(dir, strconv.Itoa(i)+".mp4")
		require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
		fmt.Fprintf(&list, "file '%s'\n", file)
	}
	names, whole := filepath.Join(dir, "list.txt"), filepath.Join(dir, "whole.mov")
	require.NoError(t, os.WriteFile(names, []byte(list.String()), 0o600))
	ffmpeg(t, "-f", "concat", "-safe", "0", "-i", names, "-map", "0", "-c", "copy", whole)
	return probe(t, whole), ix.GOPs.Len()
}

// endOf returns the end of the last packet in seconds.
func endOf(t *testing.T, packets []probedPacket) float64 {
	t.Helper()
	end := 0.0
	for _, p := range packets {
		duration := cmp.Or(p.Duration, "0") // ffprobe omits some
		end = max(end, secondsOf(t, p.PTS)+secondsOf(t, duration))
	}
	return end
}

// Joined, the GOPs of a video last as long as the video, and its audio has no gap.
func TestJoinedGOPs(t *testing.T) {
	const frame, packet = 1001.0 / 30000, 1024.0 / 44100
	dir := t.TempDir()
	source := filepath.Join(testdata, "many-gops.mp4")
	paths := []string{source}
	for _, ext := range []string{".mkv", ".ts"} {
		paths = append(paths, filepath.Join(dir, "video"+ext))
		ffmpeg(t, "-i", source, "-c", "copy", paths[len(paths)-1])
	}
	video := probe(t, source)
	want := endOf(t, video.packets("video"))
	for _, path := range paths {
		for name, c := range map[string]struct {
			engine *av.Engine
			of     cut.Cut
		}{
			"zero-copy":  {newEngine(t, av.NewDefaultConfig()), cut.Cut{}},
			"copied":     {av.Copying(newEngine(t, av.NewDefaultConfig())), cut.Cut{}},
			"transcoded": {newEngine(t, av.NewDefaultConfig()), cut.Cut{Edit: cut.Edit{Transcode: true}}},
		} {
			t.Run(filepath.Ext(path)[1:]+" "+name, func(t *testing.T) {
				joined, gops := joinGOPs(t, c.engine, path, c.of)
				require.Greater(t, gops, 30)
				frames, audio := joined.packets("video"), joined.packets("audio")
				require.Len(t, frames, len(video.packets("video")))
				assert.InDelta(t, want, endOf(t, frames), frame, "the end of the video")
				assert.InDelta(t, want, endOf(t, audio), packet, "the end of the audio")
				// Each boundary is within a packet, which both of its GOPs have.
				all := strings.Join(hashes(video.packets("audio")), " ")
				assert.Contains(t, all, strings.Join(slices.Compact(hashes(audio)), " "), "audio packets")
				assert.Less(t, len(audio), len(video.packets("audio"))+gops)
				for i, p := range audio[1:] {
					end := secondsOf(t, audio[i].PTS) + secondsOf(t, audio[i].Duration)
					assert.InDelta(t, end, secondsOf(t, p.PTS), 0.0001, "audio packet %d", i+1)
				}
			})
		}
	}
}

// Joined, runs of random lengths that cover a video have its packets, and its audio drifts by one packet at
// most.
func TestJoinedRuns(t *testing.T) {
	source := filepath.Join(testdata, "many-gops.mp4")
	v, open := fileAt(t, source)
	engine := newEngine(t, av.NewDefaultConfig())
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	whole, random := probe(t, source), rand.New(rand.NewPCG(3, 4))
	for range 3 {
		dir, list := t.TempDir(), strings.Builder{}
		runs := 0
		for first := 0; first < ix.GOPs.Len(); runs++ {
			more := min(random.IntN(7), ix.GOPs.Len()-1-first)
			segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: first, More: more}, open)
			require.NoError(t, err)
			file := filepath.Join(dir, strconv.Itoa(first)+".mp4")
			require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
			fmt.Fprintf(&list, "file '%s'\n", file)
			first += more + 1
		}
		names, joined := filepath.Join(dir, "list.txt"), filepath.Join(dir, "joined.mov")
		require.NoError(t, os.WriteFile(names, []byte(list.String()), 0o600))
		// auto_convert would give H.264 start codes.
		ffmpeg(t, "-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", names, "-map", "0", "-c", "copy",
			joined)
		made := probe(t, joined)
		assert.Equal(t, hashes(whole.packets("video")), hashes(made.packets("video")))
		audio := made.packets("audio")
		presented := slices.DeleteFunc(whole.packets("audio"), probedPacket.isDiscarded)
		assert.Equal(t, slices.Compact(hashes(presented)), slices.Compact(hashes(audio)))
		assert.LessOrEqual(t, len(audio), len(presented)+runs-1)
		const packet = 1024.0 / 44100
		assert.InDelta(t, endOf(t, whole.packets("video")), endOf(t, audio), packet, "the end of the audio")
	}
}
