package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With --follow-links, links may lead outside of the folder, also those that are made while the program runs.
func TestProgramFollowsLinks(t *testing.T) {
	outside := folderOf(t, "h264-bframes-aac.mp4", "vp9-opus.webm")
	dir := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "folder")))
	p := serveFolder(t, dir, "--follow-links")
	p.servesAll(t, "folder/vp9-opus.webm")
	target := filepath.Join(outside, "h264-bframes-aac.mp4")
	require.NoError(t, os.Symlink(target, filepath.Join(dir, "new.mp4")))
	p.servesAll(t, "new.mp4")
	_, page := p.get(t, "/?search=4")
	assert.Contains(t, string(page), "folder/h264-bframes-aac.mp4")
	assert.Contains(t, string(page), "new.mp4")
	p.terminate(t)
	p.wait(t)
	if landlockVersion() > 0 {
		assert.Contains(t, p.stderr.String(), " readable=/ ")
	}
}

// If another folder takes the place of the folder of videos, the program serves it if the sandbox lets it
// read that folder. Otherwise it serves the first one, and /readyz fails.
func TestProgramWhoseFolderIsReplaced(t *testing.T) {
	for name, test := range map[string]struct {
		flags    []string
		isServed bool // the new folder
	}{
		"sandbox":             {isServed: landlockVersion() == 0},
		"no sandbox":          {flags: []string{"--no-sandbox"}, isServed: true},
		"links may lead away": {flags: []string{"--follow-links"}, isServed: true},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "videos")
			require.NoError(t, os.CopyFS(dir, os.DirFS(folderOf(t, "h264-bframes-aac.mp4"))))
			p := serveFolder(t, dir, test.flags...)
			p.servesAll(t, "h264-bframes-aac.mp4")
			require.NoError(t, os.Rename(dir, filepath.Join(parent, "before")))
			require.NoError(t, os.CopyFS(dir, os.DirFS(folderOf(t, "vp9-opus.webm"))))

			response, text := p.get(t, "/readyz")
			if test.isServed {
				assert.Equal(t, http.StatusOK, response.StatusCode, string(text))
				p.servesAll(t, "vp9-opus.webm")
				response, _ = p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures.json")
				assert.Equal(t, http.StatusNotFound, response.StatusCode)
				return
			}
			assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
			assert.Contains(t, string(text), "the server must be restarted")
			p.servesAll(t, "h264-bframes-aac.mp4")
		})
	}
}
