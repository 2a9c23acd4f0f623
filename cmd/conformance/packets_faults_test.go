package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/av"
	"gop/video"
)

// renamed returns a change of bytes that renames the first box of a type.
func renamed(from, to string) func([]byte) []byte {
	return func(data []byte) []byte { return bytes.Replace(data, []byte(from), []byte(to), 1) }
}

// flipped returns a change of bytes that inverts a byte at an offset after the first occurrence of a box
// type.
func flipped(boxType string, offset int) func([]byte) []byte {
	return func(data []byte) []byte {
		data[bytes.Index(data, []byte(boxType))+len(boxType)+offset] ^= 0xFF
		return data
	}
}

// A segment has the boxes of the file's sample entry, with the same content.
func TestSideData(t *testing.T) {
	for _, c := range []struct{ file, box string }{
		{"hdr10.mp4", "colr"},
		{"hdr10.mp4", "mdcv"},
		{"hdr10.mp4", "clli"},
		{"dolby-vision.mp4", "dvvC"},
		{"side-by-side.mp4", "st3d"},
		{"spherical.mp4", "sv3d"},
		{"mv-hevc.mp4", "lhvC"},
		{"wide-pixels.mp4", "pasp"},
	} {
		t.Run(c.box, func(t *testing.T) {
			assert.Empty(t, failedChecks(t, c.file, faultyEngine{}))
			missing := failedChecks(t, c.file, faultyEngine{bytes: renamed(c.box, "none")})
			assert.Contains(t, missing, checkSideData)
			if c.box == "sv3d" || c.box == "pasp" {
				return // only their presence is compared
			}
			differs := failedChecks(t, c.file, faultyEngine{bytes: flipped(c.box, 4)})
			assert.Contains(t, differs, checkSideData)
		})
	}
	// Colors that only libav reads, of containers without boxes.
	primaries := videoTrack(func(t *video.Track) { t.Color.Primaries = "bt470bg" })
	assert.Equal(t, []check{checkSideData}, failedChecks(t, "hdr10.mp4", faultyEngine{tracks: primaries}))
}

// The invisible frames of VP9 and the next visible one are one packet of the segment. A frame that is missing
// or differs within it is a failure.
func TestInvisibleFrames(t *testing.T) {
	const file, v = "joined/invisible-frames.mkv", video.VideoTrack
	assert.Empty(t, failedChecks(t, file, faultyEngine{}))
	isJoined := false
	change := func(change func(frames []av.Sum) []av.Sum) faultyEngine {
		return faultyEngine{packets: edit(v, func(_ int, p *av.Packet) bool {
			if len(p.Frames) > 1 {
				isJoined = true
				p.Frames = change(p.Frames)
			}
			return true
		})}
	}
	want := []check{checkPayloads, checkComplete}
	assert.Equal(t, want, failedChecks(t, file, change(func(f []av.Sum) []av.Sum { return f[1:] })))
	assert.Equal(t, want, failedChecks(t, file, change(func(f []av.Sum) []av.Sum { f[0][3]++; return f })))
	assert.True(t, isJoined, "the segments have superframes")
	assert.Equal(t, want, failedChecks(t, file, faultyEngine{packets: without(v, 7)}))
}

// Equal audio packets are told apart by their times.
func TestEqualAudioPackets(t *testing.T) {
	const file, a = "silence.mp4", video.AudioTrack
	assert.Empty(t, failedChecks(t, file, faultyEngine{}))
	one := func(p av.Packet) video.Ticks { return p.Duration }

	// One more packet before the first, as where the GOP starts within a packet.
	before := func(all []av.Packet) []av.Packet {
		for i, p := range all {
			if p.Kind == a {
				p.PTS, p.DTS = p.PTS-one(p), p.DTS-one(p)
				return append(append(all[:i:i], p), all[i:]...)
			}
		}
		return all
	}
	assert.Empty(t, failedChecks(t, file, faultyEngine{packets: before}))

	late := edit(a, func(_ int, p *av.Packet) bool { p.PTS += one(*p); return true })
	assert.Equal(t, []check{checkSync}, failedChecks(t, file, faultyEngine{packets: late}))
	assert.Equal(t, []check{checkAudio}, failedChecks(t, file, faultyEngine{packets: without(a, 20)}))
	// The number is right, but there is a hole.
	hole := func(all []av.Packet) []av.Packet { return without(a, 20)(before(all)) }
	assert.Equal(t, []check{checkSync}, failedChecks(t, file, faultyEngine{packets: hole}))
}

// Damage in the audio neither fails nor ends the check of the video, and the audio before it is checked.
func TestDamageInAudio(t *testing.T) {
	const file, v, a = "h264-bframes-aac.mp4", video.VideoTrack, video.AudioTrack
	damaged := func(e faultyEngine) faultyEngine {
		e.damage = map[int]int{1: 100} // packets of 21 ms, in the third of four GOPs
		return e
	}
	r := checkVideo(t, t.Context(), file, damaged(faultyEngine{}))
	assert.Equal(t, conforms, r.Outcome, r.Failures)
	assert.Equal(t, 4, r.GOPs)
	assert.Equal(t, []string{
		"audio not checked: the audio is damaged; only the packets before the damage were checked",
	}, r.Notes)
	assert.Equal(t, []check{checkPayloads, checkComplete},
		failedChecks(t, file, damaged(faultyEngine{packets: without(v, 7)})))
	assert.Equal(t, []check{checkAudio},
		failedChecks(t, file, damaged(faultyEngine{packets: without(a, 20)})))
	r = checkVideo(t, t.Context(), file, faultyEngine{damage: map[int]int{1: 0}})
	assert.Equal(t, conforms, r.Outcome, r.Failures)

	// Damage in the video is not the audio's: the listing has frames that cannot be read.
	r = checkVideo(t, t.Context(), file, faultyEngine{damage: map[int]int{0: 60}})
	assert.Equal(t, fallsShort, r.Outcome)
}
