package bitstream

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVP9Frames(t *testing.T) {
	// Frames of two bytes and one, with sizes of one byte and of two.
	short := []byte{0x82, 1, 0x86, 0xC1, 2, 1, 0xC1}
	long := []byte{0x82, 1, 0x86, 0xC9, 2, 0, 1, 0, 0xC9}
	for name, test := range map[string]struct {
		data []byte
		want [][]byte
	}{
		"frame":                {[]byte{0x82, 1}, [][]byte{{0x82, 1}}},
		"superframe":           {short, [][]byte{{0x82, 1}, {0x86}}},
		"sizes of two bytes":   {long, [][]byte{{0x82, 1}, {0x86}}},
		"no first marker":      {[]byte{0x82, 1, 0, 2, 0xC0}, [][]byte{{0x82, 1, 0, 2, 0xC0}}},
		"sizes past the index": {[]byte{0x82, 0xC1, 2, 1, 0xC1}, [][]byte{{0x82, 0xC1, 2, 1, 0xC1}}},
		"only a marker":        {[]byte{0xC1}, [][]byte{{0xC1}}},
		"nothing":              {nil, nil},
	} {
		assert.Equal(t, test.want, slices.Collect(VP9Frames(test.data)), name)
	}
}

func TestIsVP9Invisible(t *testing.T) {
	for frame, want := range map[byte]bool{
		0b10_00_0_0_0_0: true,  // a keyframe
		0b10_00_0_1_0_0: true,  // an inter frame
		0b10_00_0_0_1_0: false, // presented
		0b10_00_1_0_0_0: false, // presents another frame
		0b10_11_0_0_0_0: true,  // profile 3
		0b10_11_0_0_0_1: false, // profile 3, presented
		0b10_11_0_1_0_0: false, // profile 3, presents another frame
		0b00_00_0_0_0_0: false, // no frame
	} {
		assert.Equal(t, want, IsVP9Invisible([]byte{frame}), "%08b", frame)
	}
	assert.False(t, IsVP9Invisible(nil))
}
