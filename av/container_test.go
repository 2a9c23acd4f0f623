package av

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/sniff"
)

func TestContainerOf(t *testing.T) {
	packets := func(first, size, n int) []byte {
		data := make([]byte, first+size*n)
		for i := range n {
			data[first+i*size] = 0x47
		}
		return data
	}
	m2ts, withParity, late := mpegtsContainer, mpegtsContainer, mpegtsContainer
	m2ts.first, m2ts.lead, withParity.lead, late.first = 4, 4, 16, 3000
	for name, c := range map[string]struct {
		head []byte
		want container
		ok   bool
	}{
		"mp4":            {[]byte("\x00\x00\x00\x18ftypisom"), movContainer, true},
		"old QuickTime":  {[]byte("\x00\x00\x00\x18moov...."), movContainer, true},
		"a fragment":     {[]byte("\x00\x00\x00\x18moof...."), movContainer, true},
		"Matroska":       {[]byte("\x1A\x45\xDF\xA3\x9F"), matroskaContainer, true},
		"MPEG-TS":        {packets(0, 188, 4), mpegtsContainer, true},
		"M2TS":           {packets(4, 192, 4), m2ts, true},
		"TS with parity": {packets(0, 204, 4), withParity, true},
		"late TS":        {packets(3000, 188, 8), late, true},
		"AVI":            {[]byte("RIFF\x24\x10\x00\x00AVI LIST"), scanned[sniff.AVI], true},
		"MXF, late": {
			[]byte(strings.Repeat(" ", 1000) + "\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02"),
			scanned[sniff.MXF], true,
		},
		"one sync byte": {packets(0, 188, 1), container{}, false},
		"a playlist":    {[]byte("#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd"), container{}, false},
		"short":         {[]byte("ftyp"), container{}, false},
		"nothing":       {nil, container{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok, err := containerOf(bytes.NewReader(c.head))
			require.NoError(t, err)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.want, got)
		})
	}
}
