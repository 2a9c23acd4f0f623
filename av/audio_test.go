package av_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// All sound that is heard during a GOP is there, once and in order, and at its time.
func TestSoundOfGOP(t *testing.T) {
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			ix, at := c.ix, c.ix.DefaultAudio
			if at < 0 {
				_, _, has := c.source.first("audio")
				require.False(t, has, "the source has sound, and the index has none")
				return
			}
			if ix.Tracks[at].Unsupported != "" {
				_, _, has := c.cuts[0].first("audio")
				require.False(t, has)
				return
			}
			// PCM has no packets: each container puts as many samples together as it likes. And FFmpeg's
			// mp4 demuxer lets Vorbis begin with a whole packet, whatever the edit list says. The tests
			// of cmd/conformance hold these.
			if codec := ix.Tracks[at].Codec; codec == "pcm_s16le" || codec == "vorbis" {
				return
			}
			_, pictures := c.source.stream(ix.Track().StreamIndex)
			film := fromFirstKey(pictures)
			sound := c.soundOf(t, path, ix.Tracks[at].StreamIndex)
			key := 0
			for i, g := range ix.GOPs {
				start := seconds(t, film[key].PTS)
				end := start + float64(g.Duration().Micros(ix.Track().TimeBase))/1e6
				_, got, _ := c.cuts[i].first("audio")
				assertSound(t, i, overlapping(t, sound, start, end), got, start)
				key += g.Frames
			}
		})
	}
}

// soundOf is the packets of a source's audio stream, with their payloads as an mp4 holds them: the
// ADTS headers of a transport stream go into the track's description.
func (c *cutVideo) soundOf(t *testing.T, path string, stream int) []probedPacket {
	t.Helper()
	_, packets := c.source.stream(stream)
	if isTransportStream(path) {
		whole := filepath.Join(t.TempDir(), "sound.mp4")
		ffmpeg(t, "-i", path, "-map", "0:"+strconv.Itoa(stream), "-c", "copy", whole)
		bare := probe(t, whole, "a:0")
		require.Len(t, bare, len(packets))
		for i := range packets {
			packets[i].Hash = bare[i].Hash
		}
	}
	return packets
}

func isTransportStream(path string) bool {
	return slices.Contains([]string{".ts", ".m2ts"}, filepath.Ext(path))
}

// overlapping is the packets that sound between two moments. A packet that touches one of them by
// less than a millisecond, which is Matroska's tick, may be there or not.
func overlapping(t *testing.T, packets []probedPacket, start, end float64) []probedPacket {
	t.Helper()
	var found []probedPacket
	for _, p := range packets {
		at, length := seconds(t, p.PTS), 0.0
		if p.Duration != "" { // ffprobe does not tell each fragment's first one
			length = seconds(t, p.Duration)
		}
		if at < end-0.0011 && at+length > start+0.0011 {
			found = append(found, p)
		}
	}
	return found
}

// assertSound holds a GOP's sound against the packets that it must have, whose times count from
// start.
func assertSound(t *testing.T, gop int, want, got []probedPacket, start float64) {
	t.Helper()
	if len(want) == 0 {
		assert.LessOrEqual(t, len(got), 2, "sound packets of GOP %d", gop)
		return
	}
	first := slices.IndexFunc(got, func(p probedPacket) bool { return p.Hash == want[0].Hash })
	require.GreaterOrEqual(t, first, 0, "the first sound packet of GOP %d is missing", gop)
	require.LessOrEqual(t, first, 1, "sound packets before GOP %d", gop)
	require.GreaterOrEqual(t, len(got)-first, len(want), "sound packets of GOP %d", gop)
	require.LessOrEqual(t, len(got)-first, len(want)+1, "sound packets after GOP %d", gop)
	for n, p := range want {
		assert.Equal(t, p.Hash, got[first+n].Hash, "sound packet %d of GOP %d", n, gop)
		assert.InDelta(t, seconds(t, p.PTS)-start, seconds(t, got[first+n].PTS), 0.005, "sync of packet %d of GOP %d", n, gop)
	}
}
