package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The size of the moov is the one that another reader finds.
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

func TestMoovSizeWithoutMoov(t *testing.T) {
	_, err := moovSize("boxes_test.go")
	assert.Error(t, err)
}
