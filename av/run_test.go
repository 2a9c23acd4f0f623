package av_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// maxRun is the number of GOPs of the longest run that the tests cut.
const maxRun = 3

// testRun is a run of GOPs and its mp4.
type testRun struct {
	first, last int
	file        probedFile
}

// cutRuns cuts all runs of two to maxRun GOPs that one mp4 can hold, at both ends of a video.
func cutRuns(t *testing.T, path string, ix *video.Index) (runs []testRun, files []string) {
	t.Helper()
	engine, dir := newEngine(t, av.NewDefaultConfig()), t.TempDir()
	_, open := fileAt(t, path)
	for i := range ix.GOPs.Len() {
		if i >= maxRun && i < ix.GOPs.Len()-maxRun {
			continue
		}
		for j := i + 1; j < min(ix.GOPs.Len(), i+maxRun); j++ {
			segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i, More: j - i}, open)
			if reason := unsupportedRun(filepath.Base(path), i, j); reason != "" {
				require.Equal(t, video.Unreadable, video.KindOf(err), "run %d-%d", i, j)
				require.Contains(t, video.Message(err), reason)
				continue
			}
			require.NoError(t, err, "run %d-%d", i, j)
			file := filepath.Join(dir, fmt.Sprintf("%d-%d.mp4", i, j))
			require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
			runs, files = append(runs, testRun{first: i, last: j}), append(files, file)
		}
	}
	if len(files) > 0 {
		for i, f := range probeAll(t, files) {
			runs[i].file = f
		}
	}
	return runs, files
}

// unsupportedRuns lists the GOPs of test videos that cannot be in one mp4 with the GOP before, and why.
var unsupportedRuns = map[string][]struct {
	gop    int
	reason string
}{
	"clock-restart-aac.ts": {{3, "the clock goes back"}},
	"clock-restart.mp4":    {{2, "the clock goes back"}},
	"clock-restart.ts":     {{2, "the clock goes back"}, {4, "the clock goes back"}},
	"edit-list-parts.mp4":  {{4, "the clock goes back"}, {5, "an edit list trims frames"}},
	"sample-entries.mp4":   {{1, "the codec configuration changes"}},
}

// unsupportedRun returns a part of the reason why one mp4 cannot hold a run of a test video, or "".
func unsupportedRun(name string, first, last int) string {
	for _, u := range unsupportedRuns[name] {
		if first < u.gop && u.gop <= last {
			return u.reason
		}
	}
	return ""
}

// A run of GOPs has each packet of its GOPs once and in order, with the same payload and the same distance
// from the start of the run.
func TestRunsHaveAllPackets(t *testing.T) {
	for _, path := range timedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			stream := c.ix.Track().StreamIndex
			_, packets := c.source.stream(stream)
			source := fromFirstKey(packets)
			payloads, whole := source, ""
			if hasStartCodes(path) { // an mp4 has lengths instead of start codes
				whole = filepath.Join(t.TempDir(), "whole.mp4")
				ffmpeg(t, "-i", path, "-map", fmt.Sprint("0:", stream), "-c", "copy", "-copyinkf", whole)
				payloads = probePackets(t, whole, "v:0")
			}
			starts := []int{0} // of the GOPs in source
			for _, g := range c.ix.GOPs.All() {
				starts = append(starts, starts[len(starts)-1]+g.Frames)
			}
			audio := c.audioOf(t, path)
			runs, files := cutRuns(t, path, c.ix)
			for n, r := range runs {
				t.Run(fmt.Sprintf("%d-%d", r.first, r.last), func(t *testing.T) {
					packets := r.file.packets("video")
					from, to := starts[r.first], starts[r.last+1]
					require.Len(t, packets, to-from)
					if whole != "" {
						want, got := units(t, whole, payloads[from:to]), units(t, files[n], packets)
						require.Equal(t, want, got, "payloads")
					} else {
						require.Equal(t, hashes(source[from:to]), hashes(packets), "payloads")
					}
					assertRunTiming(t, starts, from, source[from:to], packets)
					if audio != nil {
						start := presentedStart(t, source[from:to])
						run := c.ix.Run(r.first, r.last)
						end := start + float64(run.Duration().Micros(c.ix.Track().TimeBase))/1e6
						want := overlapping(t, audio, start, end)
						assertAudio(t, r.first, want, r.file.packets("audio"), start)
					}
				})
			}
		})
	}
}

// audioOf returns the packets of a video's default audio if the test can compare them by time, as
// TestAudioOfGOPs does.
func (c *testCut) audioOf(t *testing.T, path string) []probedPacket {
	t.Helper()
	track := c.ix.DefaultAudio
	isSkipped := strings.HasPrefix(filepath.Base(path), "clock-restart") ||
		c.source.packets("video")[0].PTS == ""
	if track < 0 || isSkipped || c.ix.AudioUnsupported() != "" || filepath.Base(path) == "laced-alac.mkv" ||
		slices.Contains([]string{"pcm_s16le", "vorbis"}, c.ix.Tracks[track].Codec) {
		return nil
	}
	return c.audioPackets(t, path, c.ix.Tracks[track].StreamIndex)
}

// assertRunTiming is assertTiming for a run, which starts with packet from of the source. starts are the
// packets with which GOPs start.
func assertRunTiming(t *testing.T, starts []int, from int, source, segment []probedPacket) {
	t.Helper()
	const tick = 0.0011 // Matroska has milliseconds
	key, zero := 0.0, 0.0
	isTimed := source[0].PTS != ""
	if isTimed {
		key, zero = secondsOf(t, source[0].PTS), presentedStart(t, source)
	}
	isTrimmed := !slices.ContainsFunc(source, func(p probedPacket) bool { return !p.isDiscarded() })
	lastDTS := -1e9
	for i, p := range segment {
		assert.Equal(t, slices.Contains(starts, from+i), p.isKey(), "packet %d", i)
		assert.Greater(t, secondsOf(t, p.DTS), lastDTS, "dts of packet %d", i)
		lastDTS = secondsOf(t, p.DTS)
		if !isTimed || source[i].PTS == "" {
			continue
		}
		pts := secondsOf(t, source[i].PTS)
		assert.InDelta(t, pts-zero, secondsOf(t, p.PTS), tick, "pts of packet %d", i)
		assert.Equal(t, pts < key || source[i].isDiscarded() && !isTrimmed, p.isDiscarded(),
			"packet %d is trimmed", i)
	}
}
