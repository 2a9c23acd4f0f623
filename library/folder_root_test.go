package library_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
)

// openLogged opens a folder that writes a log.
func openLogged(t *testing.T, dir string) (*library.Folder, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	folder, err := library.OpenFolder(dir, library.FolderConfig{Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, folder.Close()) })
	return folder, log
}

// A folder that takes the place of the first is served, however it is named first: by the listing, a name, or
// the check.
func TestFolderIsReplaced(t *testing.T) {
	for name, first := range map[string]func(*library.Folder) error{
		"stat":  func(f *library.Folder) error { _, err := f.Stat(t.Context(), "a.mp4"); return err },
		"list":  func(f *library.Folder) error { _, err := f.List(t.Context(), 9); return err },
		"check": func(f *library.Folder) error { return f.Check(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir, next := filepath.Join(parent, "videos"), filepath.Join(parent, "next")
			write(t, filepath.Join(dir, "a.mp4"), "old")
			write(t, filepath.Join(dir, "gone.mp4"), "old")
			write(t, filepath.Join(next, "a.mp4"), "new")
			folder, log := openLogged(t, dir)
			assert.Equal(t, "old", content(t, folder, "a.mp4"))
			require.NoError(t, os.Rename(dir, filepath.Join(parent, "before")))
			require.NoError(t, os.Rename(next, dir))
			require.NoError(t, first(folder))
			assert.Equal(t, "new", content(t, folder, "a.mp4"))
			assert.Equal(t, []string{"a.mp4"}, list(t, folder, 9))
			require.NoError(t, folder.Check(t.Context()))
			assert.Equal(t, 1, strings.Count(log.String(), "serving the new one"), log.String())
		})
	}
}

// The folder may be a link, which leads elsewhere from one moment to the next.
func TestFolderBehindALinkIsReplaced(t *testing.T) {
	parent := t.TempDir()
	for _, version := range []string{"1", "2"} {
		write(t, filepath.Join(parent, version, "a.mp4"), version)
		link(t, filepath.Join(parent, version, "a.mp4"), filepath.Join(parent, version, "link.mp4"))
	}
	dir := filepath.Join(parent, "videos")
	link(t, "1", dir)
	folder := openFolder(t, dir)
	assert.Equal(t, "1", content(t, folder, "link.mp4"))
	link(t, "2", dir+"-next")
	require.NoError(t, os.Rename(dir+"-next", dir))
	assert.Equal(t, "2", content(t, folder, "a.mp4"))
	assert.Equal(t, "2", content(t, folder, "link.mp4"))
}

// If nothing or an empty folder takes the place of the folder, its videos are still served, but Check fails
// until there are entries or the folder is back.
func TestFolderIsReplacedByAnEmptyOne(t *testing.T) {
	parent := t.TempDir()
	dir, away := filepath.Join(parent, "videos"), filepath.Join(parent, "away")
	write(t, filepath.Join(dir, "a.mp4"), "old")
	folder, log := openLogged(t, dir)
	fails := func(message string) {
		for range 2 {
			err := folder.Check(t.Context())
			assert.Equal(t, video.Unavailable, video.KindOf(err))
			assert.Contains(t, video.Message(err), message)
			assert.NotContains(t, video.Message(err), parent)
			assert.Equal(t, "old", content(t, folder, "a.mp4"))
			assert.Equal(t, []string{"a.mp4"}, list(t, folder, 9))
		}
	}
	require.NoError(t, os.Rename(dir, away))
	fails("gone from its path")
	write(t, filepath.Join(dir, ".hidden"), "")
	fails("replaced by an empty one")
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.Rename(away, dir))
	require.NoError(t, folder.Check(t.Context()), "the folder is back")
	require.NoError(t, os.Rename(dir, away))
	require.NoError(t, os.Mkdir(dir, 0o700))
	fails("replaced by an empty one")
	write(t, filepath.Join(dir, "b.mp4"), "new")
	require.NoError(t, folder.Check(t.Context()))
	assert.Equal(t, []string{"b.mp4"}, list(t, folder, 9))
	assert.Equal(t, 3, strings.Count(log.String(), "level=WARN"), "one line a change: %s", log)
	assert.Equal(t, 3, strings.Count(log.String(), "serving the previous one"), log)
	assert.Equal(t, 1, strings.Count(log.String(), "the folder of videos is back"), log)
	assert.Equal(t, 1, strings.Count(log.String(), "serving the new one"), log)
}

func TestFolderIsReplacedByOneThatCannotBeRead(t *testing.T) {
	parent := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(parent), 0o755))
	dir := filepath.Join(parent, "videos")
	write(t, filepath.Join(dir, "old.mp4"), "old")
	folder, _ := openLogged(t, dir)
	require.NoError(t, os.Rename(dir, filepath.Join(parent, "before")))
	write(t, filepath.Join(dir, "new.mp4"), "new")
	require.NoError(t, os.Chmod(dir, 0))
	withoutRights(t, func() {
		err := folder.Check(t.Context())
		assert.Equal(t, video.Unavailable, video.KindOf(err))
		assert.Contains(t, video.Message(err), "restarted")
		assert.Equal(t, []string{"old.mp4"}, list(t, folder, 9))
	})
}

// Requests that are in progress while the folder is replaced find their video in one folder or the other.
func TestFolderIsReplacedDuringRequests(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "videos")
	for _, version := range []string{"1", "2"} {
		write(t, filepath.Join(parent, version, "a.mp4"), version)
		link(t, dir+"/a.mp4", filepath.Join(parent, version, "link.mp4"))
	}
	link(t, "1", dir)
	folder := openFolder(t, dir)
	var requests sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		requests.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				_, err := folder.Stat(t.Context(), "a.mp4")
				assert.NoError(t, err)
				assert.NoError(t, folder.Check(t.Context()))
			}
		})
	}
	for i := range 100 {
		require.NoError(t, os.Symlink([]string{"2", "1"}[i%2], dir+"-next"))
		require.NoError(t, os.Rename(dir+"-next", dir))
		_, err := folder.List(t.Context(), 9)
		require.NoError(t, err)
	}
	close(done)
	requests.Wait()
	assert.Contains(t, []string{"1", "2"}, content(t, folder, "link.mp4"))
}

func TestEmptyFolderIsLogged(t *testing.T) {
	_, log := openLogged(t, t.TempDir())
	assert.Contains(t, log.String(), "the folder of videos is empty")
}
