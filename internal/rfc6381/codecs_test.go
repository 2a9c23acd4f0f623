package rfc6381

import (
	"testing"

	"gop/internal/media"

	"github.com/stretchr/testify/assert"
)

func TestCodecs(t *testing.T) {
	for _, c := range []struct {
		codec  media.Codec
		config []byte
		want   string
	}{
		{media.H264, []byte{1, 0x64, 0, 0x1F, 0xFF}, "avc1.64001F"},
		{media.H264, []byte{0, 0, 0, 1, 0x67, 0x4D, 0x40, 0x28}, "avc1.4D4028"},
		{media.H264, nil, "avc1"},
		{media.HEVC, []byte{1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93}, "hvc1.1.6.L93.90"},
		{media.HEVC, []byte{1, 0x22, 0x20, 0, 0, 0, 0xB0, 0, 0, 0, 0, 0, 150}, "hvc1.2.4.H150.B0"},
		{media.AV1, []byte{0x81, 0x08, 0x4C, 0}, "av01.0.08M.10"},
		{media.VP9, []byte{1, 0, 0, 0, 2, 31, 0xA2}, "vp09.02.31.10"},
		{media.AAC, []byte{0x12, 0x10}, "mp4a.40.2"},
		{media.AAC, []byte{0xF8, 0xE8}, "mp4a.40.39"},
		{media.Opus, nil, "Opus"},
	} {
		assert.Equal(t, c.want, Codecs(c.codec, c.config), "%s %x", c.codec, c.config)
	}
}
