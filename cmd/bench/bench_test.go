package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A run locks the folder, and removes its scratch folder and that of a killed run.
func TestOneRunAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bench")
	b, err := newBench(options{Dir: dir, Quick: true})
	require.NoError(t, err)
	assert.Equal(t, quickAmounts, b.amounts)
	_, err = newBench(options{Dir: dir})
	assert.ErrorContains(t, err, "another run is in progress in "+dir)
	assert.DirExists(t, b.scratch, "the second run leaves the scratch folder of the first")
	require.NoError(t, b.close())
	assert.NoDirExists(t, b.scratch)

	left := filepath.Join(b.scratch, "left")
	require.NoError(t, os.MkdirAll(left, 0o755))
	b, err = newBench(options{Dir: dir})
	require.NoError(t, err)
	assert.NoDirExists(t, left)
	assert.NoError(t, b.close())
}
