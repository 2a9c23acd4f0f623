package rfc6381

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// FuzzCodecs checks that every configuration gives a parameter of printable ASCII.
func FuzzCodecs(f *testing.F) {
	codecs := []media.Codec{media.H264, media.HEVC, media.AV1, media.VP9, media.AAC, media.Opus}
	for i, config := range []string{
		"\x01\x64\x00\x1F\xFF", "\x01\x22\x20\x00\x00\x00\xB0\x00\x00\x00\x00\x00\x96",
		"\x81\x08\x4C\x00", "\x01\x00\x00\x00\x02\x1F\xA2", "\xF8\xE8",
	} {
		f.Add(byte(i), []byte(config))
	}
	f.Fuzz(func(t *testing.T, codec byte, config []byte) {
		require.Regexp(t, `^[!-~]+$`, Codecs(codecs[int(codec)%len(codecs)], config))
	})
}
