package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each alias is the same file.
func TestAliases(t *testing.T) {
	b := &bench{videos: t.TempDir(), scratch: t.TempDir()}
	for _, c := range clips {
		require.NoError(t, os.WriteFile(b.clip(c.file), []byte(c.file), 0o600))
	}
	require.NoError(t, b.linkClips())
	want, err := os.Stat(b.clip(hourMP4))
	require.NoError(t, err)
	for _, path := range append(aliasPaths(repeat("/videos/"+hourMP4, aliases)), "/videos/"+hourMP4) {
		have, err := os.Stat(filepath.Join(b.scratch, path))
		require.NoError(t, err)
		assert.True(t, os.SameFile(want, have), path)
	}
}

func TestAliasPaths(t *testing.T) {
	paths := aliasPaths(repeat(listingPath(hourMP4), aliases+2))
	assert.Equal(t, "/videos/0/hour.mp4/group-of-pictures.json", paths[0])
	assert.Equal(t, "/videos/1/hour.mp4/group-of-pictures.json", paths[1])
	assert.Equal(t, paths[:2], paths[aliases:], "the aliases start over")
	distinct := map[string]bool{}
	for _, p := range paths {
		distinct[p] = true
	}
	assert.Len(t, distinct, aliases)
}
