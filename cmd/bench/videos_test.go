package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeFFmpeg puts a script named ffmpeg first in PATH. It writes its arguments to the output file, its last
// argument, and then fails if that file is named fails.
func fakeFFmpeg(t *testing.T, fails string) {
	t.Helper()
	dir := t.TempDir()
	script := `#!/bin/sh
for out; do :; done
echo "$@" >"$out"
case "$out" in */scratch/` + fails + `) echo no room >&2; exit 1;; esac
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func scratchFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "scratch")
	require.NoError(t, os.Mkdir(dir, 0o755))
	return dir
}

// Each clip is made once, from clips that exist already.
func TestMakeClips(t *testing.T) {
	fakeFFmpeg(t, "none")
	dir := filepath.Join(t.TempDir(), "videos")
	noProgress := func(float64, string) {}
	require.NoError(t, makeClips(t.Context(), clips, dir, scratchFolder(t), noProgress))
	made := map[string]bool{}
	for _, c := range clips {
		data, err := os.ReadFile(filepath.Join(dir, c.file))
		require.NoError(t, err)
		assert.NotContains(t, string(data), "%")
		for _, word := range strings.Fields(string(data)) {
			if rest, found := strings.CutPrefix(word, dir+"/"); found {
				assert.True(t, made[rest], "%s is made from %s", c.file, rest)
			}
		}
		assert.False(t, made[c.file], "%s is made twice", c.file)
		made[c.file] = true
	}

	path := filepath.Join(dir, hourMP4)
	require.NoError(t, os.WriteFile(path, []byte("kept"), 0o600))
	require.NoError(t, makeClips(t.Context(), clips, dir, scratchFolder(t), noProgress))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "kept", string(data))
}

// A failed run leaves no partial clip.
func TestMakeClipsFails(t *testing.T) {
	fakeFFmpeg(t, hourMP4)
	dir := t.TempDir()
	err := makeClips(t.Context(), clips, dir, scratchFolder(t), func(float64, string) {})
	assert.EqualError(t, err, "make the video hour.mp4: run ffmpeg: exit status 1: no room")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.Equal(t, minuteMP4, entries[0].Name())
}
