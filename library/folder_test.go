package library_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func openFolder(t *testing.T, dir string) *library.Folder {
	t.Helper()
	folder, err := library.OpenFolder(dir, library.FolderConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, folder.Close()) })
	return folder
}

func TestFolderListsVideos(t *testing.T) {
	dir := t.TempDir()
	names := []string{"100%.mp4", "a b.MP4", "deep/er/c#1?.mov", "Ünïcode/日本.webm", "z.ts"}
	for _, name := range names {
		write(t, filepath.Join(dir, name), "bytes")
	}
	for _, other := range []string{".hidden.mp4", ".dir/x.mp4", "notes.txt", "mp4"} {
		write(t, filepath.Join(dir, other), "bytes")
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.mp4"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.mp4"), 0o600))
	require.NoError(t, os.Symlink("z.ts", filepath.Join(dir, "inside.ts")))
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "outside.mp4")))

	folder := openFolder(t, dir)
	videos, err := folder.List(context.Background(), 100)
	require.NoError(t, err)
	var got []string
	for _, v := range videos {
		got = append(got, v.Name)
		assert.EqualValues(t, 5, v.Size)
		file, err := folder.Open(t.Context(), v)
		require.NoError(t, err, v.Name)
		require.NoError(t, file.Close())
	}
	assert.ElementsMatch(t, append(names, "inside.ts"), got)

	few, err := folder.List(context.Background(), 2)
	require.NoError(t, err)
	assert.Len(t, few, 2)
}

func TestFolderOpensNothingOutside(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.mp4"), "secret")
	dir := filepath.Join(outside, "videos")
	write(t, filepath.Join(dir, "a.mp4"), "bytes")
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.mp4"), filepath.Join(dir, "link.mp4")))
	require.NoError(t, os.Symlink("../secret.mp4", filepath.Join(dir, "relative.mp4")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "up")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.mp4"), 0o600))
	folder := openFolder(t, dir)
	for _, name := range []string{
		"../secret.mp4", "up/secret.mp4", "link.mp4", "relative.mp4", filepath.Join(outside, "secret.mp4"),
		"a.mp4/", "/a.mp4", "./a.mp4", "x/../a.mp4", "", ".", "..",
		"a.mp4\x00", "\x00.mp4", ".a.mp4", "pipe.mp4", "no.mp4",
	} {
		_, err := folder.Stat(t.Context(), name)
		assert.Equal(t, video.NotFound, video.KindOf(err), "stat %q: %v", name, err)
		_, err = folder.Open(t.Context(), video.Video{Name: name})
		assert.Equal(t, video.NotFound, video.KindOf(err), "open %q: %v", name, err)
	}
}

func TestVersionChangesWithTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	write(t, path, "one")
	folder := openFolder(t, dir)
	seen := map[string]bool{}
	next := func() video.Video {
		v, err := folder.Stat(t.Context(), "a.mp4")
		require.NoError(t, err)
		assert.False(t, seen[v.Version], "new version")
		seen[v.Version] = true
		return v
	}
	first := next()
	write(t, path, "longer")
	next()
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)))
	next()
	// A different file with the same size and modification time.
	info, err := os.Stat(path)
	require.NoError(t, err)
	write(t, path+"2", "golden")
	require.NoError(t, os.Chtimes(path+"2", time.Time{}, info.ModTime()))
	require.NoError(t, os.Rename(path+"2", path))
	now := next()

	_, err = folder.Open(t.Context(), first)
	require.ErrorIs(t, err, video.ErrChanged)
	file, err := folder.Open(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}
