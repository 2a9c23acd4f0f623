package av_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// Types of FLV tags, see section E.4.1 of the FLV specification.
const (
	flvAudio = 8
	flvVideo = 9
)

// flvTag is a tag of an FLV file.
type flvTag struct {
	kind  byte
	n     int // among those of the kind; 0 is the codec configuration
	bytes []byte
}

// delay adds a time in milliseconds to the tag's timestamp.
func (t flvTag) delay(ms uint32) {
	at := t.bytes[4:8]
	ms += uint32(at[0])<<16 | uint32(at[1])<<8 | uint32(at[2]) | uint32(at[3])<<24
	at[0], at[1], at[2], at[3] = byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24)
}

// editFLV returns the test video h264-aac.flv with the tags that edit keeps.
func editFLV(t *testing.T, edit func(flvTag) (keep bool)) []byte {
	t.Helper()
	const fileHead, tagHead, tagEnd = 13, 11, 4
	data := readTestdata(t, "h264-aac.flv")
	edited, count := append([]byte{}, data[:fileHead]...), map[byte]int{}
	for data = data[fileHead:]; len(data) > 0; {
		size := tagHead + int(binary.BigEndian.Uint32(data)&0xFFFFFF) + tagEnd
		require.LessOrEqual(t, size, len(data))
		tag := flvTag{kind: data[0], n: count[data[0]], bytes: data[:size]}
		if count[tag.kind]++; edit(tag) {
			edited = append(edited, tag.bytes...)
		}
		data = data[size:]
	}
	return edited
}

// A tag whose time is far ahead is presented at its time in the undamaged file.
func TestStrayTimesOfFLV(t *testing.T) {
	want, wantPackets := segmentsOf(t, readTestdata(t, "h264-aac.flv"))
	for name, stray := range map[string]struct {
		kind byte
		n    int
	}{
		"a keyframe": {flvVideo, 26}, "a frame": {flvVideo, 11}, "audio": {flvAudio, 20},
	} {
		t.Run(name, func(t *testing.T) {
			got, gotPackets := segmentsOf(t, editFLV(t, func(tag flvTag) bool {
				if tag.kind == stray.kind && tag.n == stray.n {
					tag.delay(1538000)
				}
				return true
			}))
			require.Len(t, got, len(want))
			for i := range want {
				assert.Equal(t, want[i].Start, got[i].Start, "start of GOP %d", i)
				assert.Equal(t, want[i].End, got[i].End, "end of GOP %d", i)
				assert.Equal(t, presented(wantPackets[i]), presented(gotPackets[i]), "packets of GOP %d", i)
			}
		})
	}
}

// The first GOP has all of the audio if that starts after its keyframe.
func TestLateAudioOfFLV(t *testing.T) {
	_, want := segmentsOf(t, readTestdata(t, "h264-aac.flv"))
	for _, missing := range []int{1, 9} {
		_, got := segmentsOf(t, editFLV(t, func(tag flvTag) bool {
			const early = 1 // ends when the first frame is presented
			return tag.kind != flvAudio || tag.n == 0 || tag.n > early+missing
		}))
		require.Len(t, got, len(want))
		n := 0
		late := slices.DeleteFunc(slices.Clone(want[0]), func(p av.Packet) bool {
			if p.Kind == video.AudioTrack {
				n++
			}
			return p.Kind == video.AudioTrack && n <= missing
		})
		assert.Equal(t, presented(late), presented(got[0]), "without %d packets", missing)
		assert.Equal(t, want[1:], got[1:])
	}
}
