package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The GOPs of a container that stores only times of decoding are those of an mp4 with the same packets.
func TestTimesOfPresentation(t *testing.T) {
	for name, same := range map[string]string{
		"mpeg4.avi":         "mpeg4.mp4",
		"cut-off.avi":       "mpeg4.mp4",
		"h264-pcm.avi":      "h264-bframes.mp4",
		"h264-open-gop.avi": "h264-open-gop.mp4",
		"h264-aac.asf":      "h264-bframes-aac.mp4",
	} {
		t.Run(name, func(t *testing.T) {
			got, want := cutAll(t, filepath.Join(testdata, name)), cutAll(t, filepath.Join(testdata, same))
			compared := 0
			for i, g := range got.ix.GOPs {
				peer := want.ix.GOPs[i]
				if g.Frames != peer.Frames { // cut off
					continue
				}
				compared++
				assert.Equal(t, peer.Leading, g.Leading, "leading frames of GOP %d", i)
				assert.Equal(t, peer.Closed, g.Closed, "GOP %d", i)
				gotPackets, wantPackets := got.cuts[i].packets("video"), want.cuts[i].packets("video")
				require.Len(t, gotPackets, len(wantPackets))
				for n, p := range wantPackets {
					assert.InDelta(t, secondsOf(t, p.PTS), secondsOf(t, gotPackets[n].PTS), 0.001,
						"PTS of packet %d of GOP %d", n, i)
					assert.Equal(t, p.isDiscarded(), gotPackets[n].isDiscarded(), "packet %d of GOP %d", n, i)
				}
				if name == "h264-aac.asf" {
					assert.InDelta(t, secondsOf(t, want.cuts[i].packets("audio")[1].PTS),
						secondsOf(t, got.cuts[i].packets("audio")[1].PTS), 0.005, "audio of GOP %d", i)
				}
			}
			assert.Positive(t, compared)
		})
	}
}

// Packed B-frames of MPEG-4 are in presentation order.
func TestPackedFrames(t *testing.T) {
	c := cutAll(t, filepath.Join(testdata, "packed.avi"))
	for i, g := range c.ix.GOPs {
		packets := c.cuts[i].packets("video")
		require.Len(t, packets, g.Frames)
		for n, p := range packets {
			assert.Equal(t, p.DTS, p.PTS, "packet %d of GOP %d", n, i)
		}
	}
}
