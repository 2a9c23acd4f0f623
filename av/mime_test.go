package av

import (
	"bytes"
	"testing"

	"gop/internal/media"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMIME(t *testing.T) {
	for _, c := range []struct {
		id     media.Codec
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
		assert.Equal(t, c.want, Codec(c.id, c.config), "%s %x", c.id, c.config)
	}
}

func TestSniff(t *testing.T) {
	packets := func(first, size, n int) []byte {
		data := make([]byte, first+size*n)
		for i := range n {
			data[first+i*size] = 0x47
		}
		return data
	}
	for name, c := range map[string]struct {
		head []byte
		want container
		ok   bool
	}{
		"mp4":            {[]byte("\x00\x00\x00\x18ftypisom"), mov, true},
		"old QuickTime":  {[]byte("\x00\x00\x00\x18moov...."), mov, true},
		"a fragment":     {[]byte("\x00\x00\x00\x18moof...."), mov, true},
		"Matroska":       {[]byte("\x1A\x45\xDF\xA3\x9F"), matroska, true},
		"MPEG-TS":        {packets(0, 188, 4), mpegts, true},
		"M2TS":           {packets(4, 192, 4), container{demuxer: "mpegts", buffer: streamBuffer, first: 4, lead: 4}, true},
		"TS with parity": {packets(0, 204, 4), container{demuxer: "mpegts", buffer: streamBuffer, lead: 16}, true},
		"one sync byte":  {packets(0, 188, 1), container{}, false},
		"a playlist":     {[]byte("#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd"), container{}, false},
		"short":          {[]byte("ftyp"), container{}, false},
		"nothing":        {nil, container{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok, err := sniff(bytes.NewReader(c.head))
			require.NoError(t, err)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestFragments(t *testing.T) {
	box := func(name string, size int) string {
		return string([]byte{0, 0, byte(size >> 8), byte(size)}) + name + string(make([]byte, size-8))
	}
	large := "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x18" + string(make([]byte, 8))
	const whole = -1
	for name, c := range map[string]struct {
		file string
		want bool
		end  int64
	}{
		"progressive":            {box("ftyp", 16) + box("moov", 300) + box("mdat", 40), false, whole},
		"fragmented":             {box("ftyp", 16) + box("moov", 300) + box("moof", 40) + box("mdat", 40), true, whole},
		"behind a large box":     {box("ftyp", 16) + large + box("moof", 40), true, whole},
		"an mdat of no size":     {box("ftyp", 16) + "\x00\x00\x00\x00mdat" + box("moof", 40), false, whole},
		"an mdat beyond the end": {box("moof", 16) + "\x7F\x00\x00\x00mdat" + box("moof", 40), true, whole},
		"a moof beyond the end":  {box("moof", 16) + box("mdat", 24) + "\x7F\x00\x00\x00moof", true, 40},
		"a head that is cut off": {box("moof", 16) + "\x7F\x00\x00", true, 16},
		"a size that is too low": {box("ftyp", 16) + "\x00\x00\x00\x04mdat" + box("moof", 40), false, whole},
		"cut off":                {box("ftyp", 16) + "\x00\x00", false, 16},
	} {
		t.Run(name, func(t *testing.T) {
			if c.end == whole {
				c.end = int64(len(c.file))
			}
			got, end, err := FindFragments(bytes.NewReader([]byte(c.file)), int64(len(c.file)))
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.end, end)
		})
	}
}
