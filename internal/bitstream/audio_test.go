package bitstream

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/internal/media"
)

func TestAudioSamples(t *testing.T) {
	for name, c := range map[string]struct {
		codec         media.Codec
		head          []byte
		samples, rate int
	}{
		"Opus, SILK of 60 ms":             {media.Opus, []byte{3 << 3}, 2880, 48000},
		"Opus, hybrid of 20 ms":           {media.Opus, []byte{13 << 3}, 960, 48000},
		"Opus, CELT of 2.5 ms":            {media.Opus, []byte{16 << 3}, 120, 48000},
		"Opus, two frames of one size":    {media.Opus, []byte{19<<3 | 1}, 1920, 48000},
		"Opus, two frames of two sizes":   {media.Opus, []byte{19<<3 | 2}, 1920, 48000},
		"Opus, six frames":                {media.Opus, []byte{19<<3 | 3, 0x80 | 6}, 5760, 48000},
		"Opus, seven frames are too many": {media.Opus, []byte{19<<3 | 3, 7}, 0, 48000},
		"Opus, no number of frames":       {media.Opus, []byte{19<<3 | 3}, 0, 48000},
		"Opus, empty":                     {media.Opus, nil, 0, 48000},
		"FLAC, 192":                       {media.FLAC, []byte{0xFF, 0xF8, 0x1A, 0x18, 0, 0}, 192, 0},
		"FLAC, 576 << 3":                  {media.FLAC, []byte{0xFF, 0xF8, 0x5A, 0x18, 0, 0}, 4608, 0},
		"FLAC, 8 bits":                    {media.FLAC, []byte{0xFF, 0xF8, 0x6A, 0x18, 5, 99}, 100, 0},
		"FLAC, 16 bits":                   {media.FLAC, []byte("\xFF\xF9\x7A\x18\xC4\x80\x03\xE7"), 1000, 0},
		"FLAC, 1 << 12":                   {media.FLAC, []byte{0xFF, 0xF8, 0xCA, 0x18, 0}, 4096, 0},
		"FLAC, reserved":                  {media.FLAC, []byte{0xFF, 0xF8, 0x0A, 0x18, 0}, 0, 0},
		"FLAC, cut off":                   {media.FLAC, []byte{0xFF, 0xF8, 0x7A, 0x18, 0xC4, 0x80, 3}, 0, 0},
		"FLAC, no frame":                  {media.FLAC, []byte{0, 0, 0x7A, 0x18, 0}, 0, 0},
		"another codec":                   {media.AAC, []byte{0xFF, 0xF8, 0x5A, 0x18, 0}, 0, 0},
	} {
		samples, rate := AudioSamples(c.codec, bytes.NewReader(c.head), int64(len(c.head)))
		assert.Equal(t, []int{c.samples, c.rate}, []int{samples, rate}, name)
	}
}
