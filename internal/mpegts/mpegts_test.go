package mpegts

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

// packets returns n packets of size bytes after first other bytes.
func packets(first, size, n int) []byte {
	data := make([]byte, first+size*n)
	for i := range n {
		data[first+i*size] = syncByte
	}
	return data
}

type found struct {
	first, size int64
	ok          bool
}

func TestFindPackets(t *testing.T) {
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
		"after other bytes":      {packets(88, 188, 3), found{}},
		"nothing":                {nil, found{}},
	} {
		first, size, ok := FindPackets(c.head)
		assert.Equal(t, c.want, found{first, size, ok}, name)
	}
}

func TestSearchPackets(t *testing.T) {
	misleading := packets(100, 188, 8)
	latest := packets(maxOffset-1, 204, 6)
	copy(misleading, bytes.Repeat([]byte{syncByte}, 90))
	for name, c := range map[string]struct {
		head []byte
		want found
	}{
		"in a packet":              {packets(88, 188, 6), found{88, 188, true}},
		"in a packet of M2TS":      {packets(133, 192, 6), found{133, 192, true}},
		"in a packet with parity":  {packets(203, 204, 6), found{203, 204, true}},
		"other bytes":              {packets(40000, 188, 6), found{40000, 188, true}},
		"other sync bytes":         {misleading, found{100, 188, true}},
		"no more than SearchBytes": {latest[:SearchBytes], found{maxOffset - 1, 204, true}},
		"past the first 64 KiB":    {packets(maxOffset, 188, 6), found{}},
		"five packets":             {packets(88, 188, 5), found{}},
		"nothing":                  {nil, found{}},
	} {
		first, size, ok := SearchPackets(c.head)
		assert.Equal(t, c.want, found{first, size, ok}, name)
	}
}
