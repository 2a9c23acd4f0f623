package av_test

import (
	"cmp"
	"fmt"
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
