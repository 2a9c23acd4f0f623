package bitstream

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/internal/media"
	"gop/video"
)

func TestParse(t *testing.T) {
	// Frames of the codecs' keyframes, and of other frames of codecs with and without leading frames.
	idr := Frame{Key: true, KeyType: video.KeyIDR, Closed: true}
	recovery := Frame{Key: true, KeyType: video.KeyRecovery}
	closed := Frame{Key: true, KeyType: video.KeyRecovery, Closed: true}
	intra, inter := Frame{KeyType: video.KeyIntra}, Frame{KeyType: video.KeyIDR, Closed: true}
	unsure := Frame{KeyType: video.KeyIntra, Unsure: true}
	leading := Frame{KeyType: video.KeyIntra, Leading: true}
	skipped := Frame{KeyType: video.KeyIntra, Leading: true, Skipped: true}
	noSlice := Frame{KeyType: video.KeyIntra, NoSlice: true}
	const h264, hevc, mpeg2 = media.H264, media.HEVC, media.MPEG2Video
	// SEI messages, the first one of 574 bytes.
	padding := "\xFF\xFF\x40" + strings.Repeat("p", 0x40+2*0xFF)
	messages := "\x02\x46\x06\x04" + padding + "\x06\x01\x80"
	for name, c := range map[string]struct {
		codec  media.Codec
		length int
		data   string
		want   Frame
	}{
		"H.264 IDR":                   {h264, 4, "\x00\x00\x00\x02\x67A\x00\x00\x00\x02\x65B", idr},
		"H.264 IDR, start codes":      {h264, 0, "\x00\x00\x00\x01\x67A\x00\x00\x01\x65B", idr},
		"H.264 recovery point":        {h264, 2, "\x00\x04\x06\x06\x01\x80\x00\x02\x41B", recovery},
		"H.264 recovery point, later": {h264, 2, messages + "\x00\x02\x41B", recovery},
		"H.264 P slice":               {h264, 1, "\x02\x41\xC0", intra},
		"H.264 I slice":               {h264, 1, "\x02\x41\xB0", unsure},
		"H.264 length too large":      {h264, 2, "\xFF\x00\x67A", intra},
		"H.264 empty unit":            {h264, 1, "\x00\x02\x65B", idr},
		"H.264 units but no slice":    {h264, 2, "\x00\x02\x09\xF0\x00\x02\x67A", noSlice},
		"H.264 no slice, padded":      {h264, 2, "\x00\x02\x09\xF0\x00\x00", noSlice},
		"H.264 no slice, start codes": {h264, 0, "\x00\x00\x00\x01\x09\xF0\x00\x00\x01\x67A", noSlice},
		"H.264 no start code":         {h264, 0, "x\x00\x00\x01\x09\xF0", intra},
		"H.264 unit cut off":          {h264, 2, "\x00\x02\x09\xF0\x00\x09\x67A", intra},
		"HEVC units but no slice":     {hevc, 1, "\x03\x46\x01\x50\x03\x40\x01A", noSlice},
		"HEVC IDR":                    {hevc, 1, "\x03\x40\x01A\x03\x26\x01B", idr},
		"HEVC CRA":                    {hevc, 1, "\x03\x2A\x01B", Frame{Key: true, KeyType: video.KeyCRA}},
		"HEVC RADL":                   {hevc, 1, "\x03\x0E\x01B", leading},
		"HEVC RASL":                   {hevc, 1, "\x03\x12\x01B", skipped},
		"AV1 key":                     {media.AV1, 0, "\x12\x00\x32\x01\x10", idr},
		"AV1 inter":                   {media.AV1, 0, "\x32\x01\x30", inter},
		"AV1 bad size":                {media.AV1, 0, "\x32\xFF", inter},
		"VP8 key":                     {media.VP8, 0, "\x10", idr},
		"VP9 key":                     {media.VP9, 0, "\x82", idr},
		"VP9 inter":                   {media.VP9, 0, "\x86", inter},
		"MPEG-2 closed I": {
			mpeg2, 0, "\x00\x00\x01\xB8\x00\x00\x00\x40\x00\x00\x01\x00\x00\x08", closed,
		},
		"MPEG-2 P":      {mpeg2, 0, "\x00\x00\x01\x00\x00\x10", Frame{KeyType: video.KeyRecovery}},
		"MPEG-4 I":      {media.MPEG4, 0, "\x00\x00\x01\xB6\x10", recovery},
		"nothing":       {h264, 4, "", noSlice},
		"another codec": {"prores", 0, "x", Frame{Key: true, KeyType: video.KeyIntra}},
	} {
		p := NewParser(c.codec, nil)
		p.LengthSize = c.length
		assert.Equal(t, c.want, p.Parse(strings.NewReader(c.data), int64(len(c.data))), name)
	}
}

func TestParameterSets(t *testing.T) {
	p := NewParser(media.H264, []byte{1, 0, 0, 0, 0xFD}) // lengths of two bytes
	packet := []byte("\x00\x02\x67A\x00\x02\x68B\x00\x02\x65C\x00\x02\x67D")
	sets, isNew := p.ParameterSets(packet, nil)
	assert.True(t, isNew)
	assert.Equal(t, "\x00\x00\x00\x01\x67A\x00\x00\x00\x01\x68B", string(sets), "up to the slice")
	_, isNew = p.ParameterSets(packet, sets)
	assert.False(t, isNew, "known")
	_, isNew = p.ParameterSets(packet[4:], nil)
	assert.False(t, isNew, "no sequence parameter set")
}

func TestUpToSlice(t *testing.T) {
	p := NewParser(media.H264, []byte{1, 0, 0, 0, 0xFD})
	packet := append([]byte("\x00\x02\x67A\x02\x00\x65"), make([]byte, 0x1FF)...)
	want := append([]byte("\x00\x02\x67A\x01\x00\x65"), make([]byte, SliceBytes-1)...)
	assert.Equal(t, want, p.UpToSlice(bytes.Clone(packet)))
	assert.Nil(t, p.UpToSlice(bytes.Clone(packet[:20])), "the slice is cut off")
	assert.Nil(t, p.UpToSlice([]byte("\x00\x02\x67A")), "no slice")
}

func TestIsPackedMPEG4(t *testing.T) {
	vop := "\x00\x00\x01\xB6\x10\x00"
	assert.False(t, IsPackedMPEG4([]byte("\x00\x00\x01\xB3\x00"+vop)))
	assert.True(t, IsPackedMPEG4([]byte(vop+vop)))
}
