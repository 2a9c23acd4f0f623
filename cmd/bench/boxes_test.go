package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// boxed is a box with a payload of n bytes.
func boxed(name string, n int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+n))
	return append(append(b, name...), make([]byte, n)...)
}

// large is a box with a size of 64 bits.
func large(name string, n int) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, 1), name...)
	return append(binary.BigEndian.AppendUint64(b, uint64(16+n)), make([]byte, n)...)
}

func TestFindBox(t *testing.T) {
	toTheEnd := boxed("mdat", 5)
	clear(toTheEnd[:4])
	for name, c := range map[string]struct {
		file []byte
		box  string
		want box
	}{
		"first":              {boxed("moov", 10), "moov", box{"moov", 0, 18, 8}},
		"after another":      {append(boxed("ftyp", 8), boxed("moov", 1)...), "moov", box{"moov", 16, 9, 24}},
		"after a large one":  {append(large("mdat", 8), boxed("moov", 1)...), "moov", box{"moov", 24, 9, 32}},
		"large":              {large("mdat", 8), "mdat", box{"mdat", 0, 24, 16}},
		"up to the end":      {append(boxed("moov", 1), toTheEnd...), "mdat", box{"mdat", 9, 13, 17}},
		"smallest, and last": {append(boxed("ftyp", 0), boxed("moov", 0)...), "moov", box{"moov", 8, 8, 16}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := findBox(bytes.NewReader(c.file), int64(len(c.file)), c.box)
			require.NoError(t, err)
			assert.Equal(t, c.want, b)
		})
	}
	for name, file := range map[string][]byte{
		"nothing":         {},
		"another":         boxed("ftyp", 8),
		"cut in the head": append(boxed("ftyp", 8), 0, 0, 0),
		"too large":       boxed("ftyp", 8)[:12],
		"too small":       {0, 0, 0, 7, 'f', 't', 'y', 'p', 0, 0, 0, 0},
	} {
		_, err := findBox(bytes.NewReader(file), int64(len(file)), "moov")
		assert.Error(t, err, name)
	}
}

// The size of the moov is what another reader says.
func TestMoovSize(t *testing.T) {
	path := filepath.Join("..", "..", "testdata", "h264-bframes-aac.mp4")
	size, err := moovSize(path)
	require.NoError(t, err)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	parsed, err := mp4.DecodeFile(file)
	require.NoError(t, err)
	assert.Equal(t, int64(parsed.Moov.Size()), size)
}
