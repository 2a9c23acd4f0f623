package bitstream

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/internal/media"
)

func TestStartsAudioFrame(t *testing.T) {
	starts := map[media.Codec]string{
		media.AAC:     "\xFF\xF1\x4C\x80\x01",
		media.AACLATM: "\x56\xE0\x42\x20",
		media.MP2:     "\xFF\xFD\x84\x04",
		media.MP3:     "\xFF\xFB\x90\x64",
		media.AC3:     "\x0B\x77\x12\x34",
		media.EAC3:    "\x0B\x77\x01\x3F",
		media.DTS:     "\x7F\xFE\x80\x01\xFC",
	}
	for codec, start := range starts {
		assert.True(t, StartsAudioFrame(codec, []byte(start)), codec)
		assert.False(t, StartsAudioFrame(codec, []byte(start[1:])), codec)
		assert.False(t, StartsAudioFrame(codec, nil), codec)
		assert.False(t, StartsAudioFrame(codec, []byte("\x00"+start)), codec)
	}
	assert.True(t, StartsAudioFrame(media.Opus, []byte("\x7F\xE0\x10\x00")))
	assert.True(t, StartsAudioFrame(media.Opus, []byte("\x7F")))
}
