package av_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A GOP has all audio packets that overlap it, once and in order, at their times.
func TestAudioOfGOPs(t *testing.T) {
	for _, path := range timedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			ix, track := c.ix, c.ix.DefaultAudio
			if track < 0 {
				require.Empty(t, c.source.packets("audio"))
				return
			}
			if ix.Tracks[track].Unsupported != "" {
				require.Empty(t, c.cuts[0].packets("audio"))
				return
			}
			// The tests of cmd/conformance check these. PCM has no packets, so that each demuxer chooses
			// their size. FFmpeg's mp4 demuxer presents all of the first packet of Vorbis, despite the edit
			// list.
			if codec := ix.Tracks[track].Codec; codec == "pcm_s16le" || codec == "vorbis" {
				return
			}
			// TestClockRestarts and TestAudioWhereTheClockRestarts check the first. TestLacedAudio of
			// cmd/conformance checks the second, because ffprobe prints no times for it.
			name := filepath.Base(path)
			if strings.HasPrefix(name, "clock-restart") || name == "laced-alac.mkv" {
				return
			}
			_, packets := c.source.stream(ix.Track().StreamIndex)
			frames, audio := fromFirstKey(packets), c.audioPackets(t, path, ix.Tracks[track].StreamIndex)
			key := 0
			for i, g := range ix.GOPs.All() {
				start := secondsOf(t, g.Start.Seconds(ix.Track().TimeBase))
				if frames[key].PTS != "" {
					start = presentedStart(t, frames[key:key+g.Frames])
				}
				end := start + float64(g.Duration().Micros(ix.Track().TimeBase))/1e6
				assertAudio(t, i, overlapping(t, audio, start, end), c.cuts[i].packets("audio"), start)
				key += g.Frames
			}
		})
	}
}

// audioPackets returns the packets of an audio stream of the source with the hashes that they have in an mp4,
// whose track header replaces the ADTS headers of a transport stream.
func (c *testCut) audioPackets(t *testing.T, path string, stream int) []probedPacket {
	t.Helper()
	_, packets := c.source.stream(stream)
	if hasStartCodes(path) {
		whole := filepath.Join(t.TempDir(), "audio.mp4")
		ffmpeg(t, "-i", path, "-map", fmt.Sprint("0:", stream), "-c", "copy", whole)
		bare := probePackets(t, whole, "a:0")
		require.Len(t, bare, len(packets))
		for i := range packets {
			packets[i].Hash = bare[i].Hash
		}
	}
	return packets
}

// hasStartCodes reports whether the packets of a file are framed as in a transport or program stream.
func hasStartCodes(path string) bool {
	return slices.Contains([]string{".ts", ".m2ts", ".mpg"}, filepath.Ext(path)) ||
		filepath.Base(path) == "h264-pcm.avi"
}

// overlapping returns the packets that overlap an interval by more than a millisecond, which is Matroska's
// time base.
func overlapping(t *testing.T, packets []probedPacket, start, end float64) []probedPacket {
	t.Helper()
	const (
		tick    = 0.0011
		longest = 0.1 // ffprobe prints the duration of the hole after a packet
	)
	var found []probedPacket
	for i, p := range packets {
		at, length := secondsOf(t, p.PTS), 0.0
		if p.Duration != "" {
			length = min(secondsOf(t, p.Duration), longest)
		} else if i+1 < len(packets) { // the first one of a fragment, and ALAC in Matroska
			length = secondsOf(t, packets[i+1].PTS) - at
		}
		if at < end-tick && at+length > start+tick && !p.isDiscarded() {
			found = append(found, p)
		}
	}
	return found
}

// assertAudio compares a GOP's audio packets with those of the source that overlap it. start is the GOP's
// start in the source. One more packet may overlap it by a millisecond or less at each end.
func assertAudio(t *testing.T, gop int, want, got []probedPacket, start float64) {
	t.Helper()
	if len(want) == 0 {
		assert.LessOrEqual(t, len(got), 2, "audio packets of GOP %d", gop)
		return
	}
	first := slices.IndexFunc(got, func(p probedPacket) bool { return p.Hash == want[0].Hash })
	require.GreaterOrEqual(t, first, 0, "the first audio packet of GOP %d is missing", gop)
	require.LessOrEqual(t, first, 1, "audio packets before GOP %d", gop)
	require.GreaterOrEqual(t, len(got)-first, len(want), "audio packets of GOP %d", gop)
	require.LessOrEqual(t, len(got)-first, len(want)+1, "audio packets after GOP %d", gop)
	for n, p := range want {
		made := got[first+n]
		assert.Equal(t, p.Hash, made.Hash, "audio packet %d of GOP %d", n, gop)
		at := secondsOf(t, p.PTS) - start
		assert.InDelta(t, at, secondsOf(t, made.PTS), 0.005, "PTS of packet %d of GOP %d", n, gop)
	}
}
