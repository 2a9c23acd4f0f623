package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// The GOPs of a container that stores only times of decoding, or some times of presentation, are those of an
// mp4 with the same packets.
func TestTimesOfPresentation(t *testing.T) {
	for name, same := range map[string]string{
		"mpeg4.avi":         "mpeg4.mp4",
		"cut-off.avi":       "mpeg4.mp4",
		"h264-pcm.avi":      "h264-bframes.mp4",
		"h264-open-gop.avi": "h264-open-gop.mp4",
		"h264-open-gop.asf": "h264-open-gop.mp4",
		"h264-aac.asf":      "h264-bframes-aac.mp4",
		"vfw-mpeg4.mkv":     "mpeg4.mp4",
		"vfw-h264.mkv":      "h264-open-gop.mp4",
		"mpeg2.mpg":         "mpeg2.mp4",
		"sparse-times.ts":   "mpeg2.mp4",
		"h264-open-gop.mpg": "h264-open-gop.mp4",
		"hevc-open-gop.mpg": "hevc-open-gop.mov",
	} {
		t.Run(name, func(t *testing.T) {
			got, want := cutAll(t, filepath.Join(testdata, name)), cutAll(t, filepath.Join(testdata, same))
			compared := 0
			for i, g := range got.ix.GOPs.All() {
				peer := want.ix.GOPs.At(i)
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
	for i, g := range c.ix.GOPs.All() {
		packets := c.cuts[i].packets("video")
		require.Len(t, packets, g.Frames)
		for n, p := range packets {
			assert.Equal(t, p.DTS, p.PTS, "packet %d of GOP %d", n, i)
		}
	}
}

// Matroska that comes from AVI has the frames, the audio and the times of the AVI, whether its blocks are
// walked or scanned.
func TestVideoForWindows(t *testing.T) {
	want := cutAll(t, filepath.Join(testdata, "mpeg4.avi"))
	for name, scanned := range map[string]bool{"vfw-mpeg4.mkv": false, "zlib-vfw-negative-times.mkv": true} {
		t.Run(name, func(t *testing.T) {
			got := cutAll(t, filepath.Join(testdata, name))
			assert.Equal(t, scanned, got.ix.Scanned)
			require.Equal(t, want.ix.GOPs.Len(), got.ix.GOPs.Len())
			seconds := func(c *testCut, time video.Ticks) float64 {
				return secondsOf(t, time.Seconds(c.ix.Track().TimeBase))
			}
			for i, g := range got.ix.GOPs.All() {
				peer := want.ix.GOPs.At(i)
				assert.Equal(t, peer.Frames, g.Frames)
				assert.Equal(t, peer.Leading, g.Leading)
				assert.InDelta(t, seconds(want, peer.Start), seconds(got, g.Start), 1e-6)
				assert.InDelta(t, seconds(want, peer.End), seconds(got, g.End), 1e-6)
				for _, kind := range []string{"video", "audio"} {
					gotPackets, wantPackets := got.cuts[i].packets(kind), want.cuts[i].packets(kind)
					require.Len(t, gotPackets, len(wantPackets))
					for n, p := range wantPackets {
						assert.Equal(t, p.Hash, gotPackets[n].Hash, "%s packet %d of GOP %d", kind, n, i)
						assert.InDelta(t, secondsOf(t, p.PTS), secondsOf(t, gotPackets[n].PTS), 0.002,
							"%s packet %d of GOP %d", kind, n, i)
					}
				}
			}
		})
	}
}
