package bitstream

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// Configurations of x264 and x265, the latter without supplemental enhancement information.
func TestConfigSize(t *testing.T) {
	const hvcC = "0104080000009d08000000003cf000fcfefafa00000f02"
	const vps = "a00001001740010c01ffff0408000003009d0800000300003c959809"
	for name, c := range map[string]struct {
		codec  media.Codec
		config string
		want   [2]int
	}{
		"H.264, fields, cropped": {
			media.H264,
			"014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea001000468de0fc8",
			[2]int{1920, 1080},
		},
		"H.264, 4:4:4, scaling lists": {
			media.H264,
			"01f4000cffe1001b67f4000c919b282833dc7e0220000003002000000641e28532c001000868ebe3c44c000440",
			[2]int{318, 178},
		},
		"H.264, 4:2:2, fields, scaling lists": {
			media.H264,
			"017a0015ffe1001a677a0015b6cd941433d4460220000003002000000643e28532c001000768fba3cb3002c0",
			[2]int{318, 178},
		},
		"H.264, gray": {
			media.H264,
			"0164000cffe1001b6764000cf36505067963f016c80000030008000003019078a14cb001000668ebe3cb22c0",
			[2]int{316, 178},
		},
		"HEVC, 4:2:2": {
			media.HEVC, hvcC + vps +
				"a10001002b4201010408000003009d0800000300003cb00a080b9d4ed96566924caf016808000003" +
				"000800000300c840", [2]int{318, 178},
		},
		"HEVC, 4:4:4": {
			media.HEVC, hvcC + vps +
				"a10001002b4201010408000003009e0800000300003c9001410173967cb2b349265780b404000003" +
				"0004000003006420", [2]int{316, 178},
		},
		"HEVC, 4:2:0": {
			media.HEVC, hvcC + vps +
				"a10001002a42010101600000030090000003000003003ca00a480b9c9596566924caf016808000" +
				"0003008000000c8420", [2]int{322, 182},
		},
		"HEVC, cut off": {media.HEVC, hvcC + vps, [2]int{}},
		"H.264, without sets": {
			media.H264,
			"014d4028ffe0",
			[2]int{},
		},
		"no configuration": {media.H264, "", [2]int{}},
		"another codec":    {media.AV1, "81000c00", [2]int{}},
	} {
		config, err := hex.DecodeString(c.config)
		require.NoError(t, err)
		width, height := ConfigSize(c.codec, config)
		assert.Equal(t, c.want, [2]int{width, height}, name)
	}
}

func TestFrameSize(t *testing.T) {
	for name, c := range map[string]struct {
		codec media.Codec
		data  string
		want  [2]int
	}{
		"VP8":          {media.VP8, "\x10\x02\x00\x9D\x01\x2A\xC0\x40\x6C\x00\x00", [2]int{192, 108}},
		"VP9":          {media.VP9, "\x82\x49\x83\x42\x00\x0B\xF0\x06\xB0\x00", [2]int{192, 108}},
		"VP9, no size": {media.VP9, "\x82\x49\x83\x42\x00", [2]int{}},
		"MPEG-2": {
			media.MPEG2Video, "\x00\x00\x01\xB3\x0C\x00\x6C\x13\x00\x00\x01\x00\x00\x08", [2]int{192, 108},
		},
		"MPEG-2, no header": {media.MPEG2Video, "\x00\x00\x01\x00\x00\x08", [2]int{}},
	} {
		f := NewParser(c.codec, nil).Parse(strings.NewReader(c.data), int64(len(c.data)))
		assert.True(t, f.Key, name)
		assert.Equal(t, c.want, [2]int{f.Width, f.Height}, name)
	}
}

// The configuration in a file has the size of the file's frames.
func TestConfigSizeOfFiles(t *testing.T) {
	for name, want := range map[string][2]int{
		"h264-aac.mp4": {192, 108}, "high10.mp4": {192, 108}, "interlaced.mp4": {192, 112},
		"wide-pixels.mp4": {144, 108}, "hevc.mp4": {192, 108}, "hevc-open-gop.mov": {192, 108},
	} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		require.NoError(t, err)
		codec, box := media.H264, "avcC"
		if strings.HasPrefix(name, "hevc") {
			codec, box = media.HEVC, "hvcC"
		}
		width, height := ConfigSize(codec, data[bytes.Index(data, []byte(box))+4:])
		assert.Equal(t, want, [2]int{width, height}, name)
	}
}
