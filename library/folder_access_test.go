package library_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
)

// A link to a file outside the folder cannot be opened, even with the version of that file.
func TestFolderOpensNothingThroughALinkOutside(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.mp4"), "secret")
	secret, err := openFolder(t, outside).Stat(t.Context(), "secret.mp4")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.mp4"), filepath.Join(dir, "link.mp4")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "folder")))
	folder := openFolder(t, dir)
	for _, name := range []string{"link.mp4", "folder/secret.mp4"} {
		_, err := folder.Open(t.Context(), video.Video{Name: name, Version: secret.Version})
		assert.Equal(t, video.NotFound, video.KindOf(err), name)
	}
}

func TestFolderFollowsLinksInside(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "deep/a.mp4"), "bytes")
	require.NoError(t, os.Symlink("deep", filepath.Join(dir, "folder")))
	require.NoError(t, os.Symlink("loop.mp4", filepath.Join(dir, "loop.mp4")))
	require.NoError(t, os.Symlink("gone.mp4", filepath.Join(dir, "dangling.mp4")))
	require.NoError(t, os.Symlink(".", filepath.Join(dir, "deep/again")))
	folder := openFolder(t, dir)
	assert.Equal(t, "bytes", content(t, folder, "folder/a.mp4"))
	for _, name := range []string{"loop.mp4", "dangling.mp4"} {
		_, err := folder.Stat(t.Context(), name)
		assert.Equal(t, video.NotFound, video.KindOf(err), name)
	}
	assert.Equal(t, []string{"deep/a.mp4", "folder/a.mp4"}, list(t, folder, 100))
}

// content returns the bytes of a video.
func content(t *testing.T, folder *library.Folder, name string) string {
	t.Helper()
	v, err := folder.Stat(t.Context(), name)
	require.NoError(t, err, name)
	file, err := folder.Open(t.Context(), v)
	require.NoError(t, err, name)
	defer func() { require.NoError(t, file.Close()) }()
	bytes, err := io.ReadAll(io.NewSectionReader(file, 0, v.Size))
	require.NoError(t, err, name)
	return string(bytes)
}

func list(t *testing.T, folder *library.Folder, limit int) []string {
	t.Helper()
	videos, err := folder.List(context.Background(), limit)
	require.NoError(t, err)
	var names []string
	for _, v := range videos {
		names = append(names, v.Name)
	}
	return names
}

func TestFolderListsInOrderUpToTheLimit(t *testing.T) {
	dir := t.TempDir()
	all := []string{"a/1.mp4", "a/2.mp4", "b.mp4", "c/d/e.mp4", "z.mp4"}
	for _, i := range []int{3, 1, 4, 0, 2} {
		write(t, filepath.Join(dir, all[i]), "bytes")
	}
	write(t, filepath.Join(dir, "aa.txt"), "only videos count toward the limit")
	folder := openFolder(t, dir)
	for limit, want := range map[int][]string{1: all[:1], 3: all[:3], 5: all, 100: all} {
		assert.Equal(t, want, list(t, folder, limit), "at most %d", limit)
	}
	assert.Empty(t, list(t, openFolder(t, t.TempDir()), 100))
}

func TestFolderStopsListingWhenCanceled(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.mp4"), "bytes")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := openFolder(t, dir).List(ctx, 100)
	require.ErrorIs(t, err, context.Canceled)
}

// Names with a hidden part or without a video's extension are not found, although the files exist.
func TestFolderHidesFiles(t *testing.T) {
	dir := t.TempDir()
	hidden := []string{
		".hidden.mp4", ".dir/a.mp4", "dir/.hidden.mp4", "dir/.deep/er/a.mp4",
		"notes.txt", "mp4", "a.mp4.part",
	}
	for _, name := range hidden {
		write(t, filepath.Join(dir, name), "bytes")
	}
	folder := openFolder(t, dir)
	long, deep := strings.Repeat("a", 300)+".mp4", strings.Repeat("a/", 3000)+"a.mp4"
	for _, name := range append(hidden, "a.mp4.part/b.mp4", long, deep) {
		_, err := folder.Stat(t.Context(), name)
		assert.Equal(t, video.NotFound, video.KindOf(err), "%.40q: %v", name, err)
	}
	assert.Empty(t, list(t, folder, 100))
}

func TestFileWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	write(t, path, "bytes")
	require.NoError(t, os.Chmod(path, 0))
	folder := openFolder(t, dir)
	v, err := folder.Stat(t.Context(), "a.mp4")
	require.NoError(t, err)
	withoutRights(t, func() { _, err = folder.Open(t.Context(), v) })
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	assert.NotContains(t, video.Message(err), dir)

	// The mode is not part of the version, so the error must not be cached (TestTransientErrorsAreNotCached).
	require.NoError(t, os.Chmod(path, 0o600))
	file, err := folder.Open(t.Context(), v)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// withoutRights calls do as a user other than root, who may read every file. It changes the effective user of
// the whole process, because a Folder makes its calls on other threads.
func withoutRights(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() == 0 {
		require.NoError(t, syscall.Setresuid(-1, 65534, -1))
		defer func() { assert.NoError(t, syscall.Setresuid(-1, 0, -1)) }()
	}
	do()
}
