package mpegts

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFindPackets(t *testing.T) {
	packets := func(first, size, n int) []byte {
		data := make([]byte, first+size*n)
		for i := range n {
			data[first+i*size] = 0x47
		}
		return data
	}
	type found struct {
		first, size int64
		ok          bool
	}
	for name, c := range map[string]struct {
		head []byte
		want found
	}{
		"188 bytes":              {packets(0, 188, 3), found{0, 188, true}},
		"M2TS":                   {packets(4, 192, 3), found{4, 192, true}},
		"with parity":            {packets(0, 204, 3), found{0, 204, true}},
		"no more than HeadBytes": {packets(0, 204, 3)[:HeadBytes], found{0, 204, true}},
		"cut off":                {packets(0, 204, 3)[:HeadBytes-1], found{}},
		"two packets":            {packets(0, 188, 2), found{}},
		"another distance":       {packets(0, 190, 3), found{}},
		"nothing":                {nil, found{}},
	} {
		first, size, ok := FindPackets(c.head)
		assert.Equal(t, c.want, found{first, size, ok}, name)
	}
}
