package library_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
)

// openLinked opens a folder whose links may lead outside.
func openLinked(t *testing.T, dir string) *library.Folder {
	t.Helper()
	folder, err := library.OpenFolder(dir, library.FolderConfig{FollowLinks: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, folder.Close()) })
	return folder
}

func link(t *testing.T, target, path string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.Symlink(target, path))
}

// linkedFolder makes a folder with links that stay inside and links that lead outside. It returns the names
// of both kinds.
func linkedFolder(t *testing.T) (dir string, inside, outside []string) {
	t.Helper()
	parent := t.TempDir()
	dir = filepath.Join(parent, "videos")
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, in("deep/er/a.mp4"), "inside")
	write(t, filepath.Join(parent, "other/a.mp4"), "outside")
	write(t, filepath.Join(parent, "videos-of-others/a.mp4"), "outside")
	link(t, dir, filepath.Join(parent, "alias"))
	link(t, in("deep"), filepath.Join(parent, "links/back"))
	link(t, filepath.Join(parent, "links/back"), filepath.Join(parent, "links/back-again"))

	link(t, in("deep/er/a.mp4"), in("i/absolute.mp4"))
	link(t, in("deep"), in("i/absolute-folder"))
	link(t, filepath.Join(parent, "alias/deep/er/a.mp4"), in("i/by-alias.mp4"))
	link(t, filepath.Join(parent, "links/back/er/a.mp4"), in("i/by-link-outside.mp4"))
	link(t, filepath.Join(parent, "links/back-again/er"), in("i/by-links-outside"))
	link(t, "../../videos/deep/er/a.mp4", in("i/by-parent.mp4"))
	link(t, "../../links/back/er/a.mp4", in("i/by-parent-outside.mp4"))
	link(t, in("i/absolute.mp4"), in("i/chain-1.mp4"))
	link(t, "chain-1.mp4", in("i/chain-2.mp4"))
	link(t, in("i/chain-2.mp4"), in("i/chain-3.mp4"))
	link(t, in("i/absolute-folder")+"/er/../../i/./chain-3.mp4", in("i/dots.mp4"))
	for i := range 20 { // os.Root follows eight
		link(t, fmt.Sprintf("%02d.mp4", i+1), in(fmt.Sprintf("i/many/%02d.mp4", i)))
	}
	link(t, "../../deep/er/a.mp4", in("i/many/20.mp4"))
	link(t, dir+"//deep/er/", in("i/slashes"))

	link(t, filepath.Join(parent, "other/a.mp4"), in("o/absolute.mp4"))
	link(t, dir+"/../other/a.mp4", in("o/above.mp4"))
	link(t, "absolute.mp4", in("o/chain.mp4"))
	link(t, filepath.Join(parent, "links/back/../../other/a.mp4"), in("o/dots.mp4"))
	link(t, filepath.Join(parent, "other"), in("o/folder"))
	link(t, filepath.Join(parent, "videos-of-others/a.mp4"), in("o/prefix.mp4"))
	link(t, "../../other/a.mp4", in("o/relative.mp4"))
	link(t, in("o/folder"), in("o/to-folder"))

	inside = []string{
		"deep/er/a.mp4", "i/absolute-folder/er/a.mp4", "i/absolute.mp4", "i/by-alias.mp4",
		"i/by-link-outside.mp4", "i/by-links-outside/a.mp4", "i/by-parent.mp4", "i/by-parent-outside.mp4",
		"i/chain-1.mp4", "i/chain-2.mp4", "i/chain-3.mp4", "i/dots.mp4",
	}
	for i := range 21 {
		inside = append(inside, fmt.Sprintf("i/many/%02d.mp4", i))
	}
	inside = append(inside, "i/slashes/a.mp4")
	return dir, inside, []string{
		"o/above.mp4", "o/absolute.mp4", "o/chain.mp4", "o/dots.mp4", "o/folder/a.mp4", "o/prefix.mp4",
		"o/relative.mp4", "o/to-folder/a.mp4",
	}
}

func TestLinks(t *testing.T) {
	dir, inside, outside := linkedFolder(t)
	closed, open := openFolder(t, dir), openLinked(t, dir)
	sorted := func(names []string) []string { return slices.Sorted(slices.Values(names)) }
	assert.Equal(t, sorted(inside), sorted(list(t, closed, 100)))
	assert.Equal(t, sorted(append(inside, outside...)), sorted(list(t, open, 100)))
	for _, name := range inside {
		assert.Equal(t, "inside", content(t, closed, name), name)
		assert.Equal(t, "inside", content(t, open, name), name)
	}
	for _, name := range outside {
		assert.Equal(t, "outside", content(t, open, name), name)
		v, err := open.Stat(t.Context(), name)
		require.NoError(t, err)
		_, err = closed.Stat(t.Context(), name)
		assert.Equal(t, video.NotFound, video.KindOf(err), name)
		_, err = closed.Open(t.Context(), v)
		assert.Equal(t, video.NotFound, video.KindOf(err), name)
	}
	// Names cannot do what links may.
	for _, folder := range []*library.Folder{closed, open} {
		for _, name := range []string{
			"../other/a.mp4", "o/folder/../../../other/a.mp4", "o/../../other/a.mp4", "o/folder/.hidden.mp4",
			filepath.Join(filepath.Dir(dir), "other/a.mp4"), "o//absolute.mp4",
			"i/absolute-folder/er/../a.mp4",
		} {
			_, err := folder.Stat(t.Context(), name)
			assert.Equal(t, video.NotFound, video.KindOf(err), name)
		}
	}
}

// A listing of links that lead in circles, or that multiply, ends.
func TestLinksInCircles(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, in("a/1.mp4"), "bytes")
	write(t, in("b/2.mp4"), "bytes")
	link(t, dir, in("a/root"))
	link(t, ".", in("a/self"))
	link(t, in("b"), in("a/to-b"))
	link(t, "../a", in("b/to-a"))
	link(t, outside, in("out"))
	link(t, dir, filepath.Join(outside, "back"))
	link(t, "loop", in("loop"))
	assert.Equal(t, []string{"a/1.mp4", "a/to-b/2.mp4", "b/2.mp4", "b/to-a/1.mp4"},
		list(t, openFolder(t, dir), 100))
	assert.Equal(t, []string{"a/1.mp4", "a/to-b/2.mp4", "b/2.mp4", "b/to-a/1.mp4"},
		list(t, openLinked(t, dir), 100))

	many := t.TempDir() // 3^10 paths
	for i := range 10 {
		for _, name := range []string{"x", "y", "z"} {
			link(t, fmt.Sprintf("../%02d", i+1), filepath.Join(many, fmt.Sprintf("%02d", i), name))
		}
	}
	write(t, filepath.Join(many, "10/a.txt"), "bytes")
	write(t, filepath.Join(many, "z.mp4"), "bytes")
	folder, log := openLogged(t, many)
	assert.Equal(t, []string{"z.mp4"}, list(t, folder, 100))
	assert.Equal(t, 1, strings.Count(log.String(), "the listing is incomplete"), log.String())
}

// While links change between a file inside and one outside, no file outside is opened.
func TestLinksThatChange(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "videos")
	write(t, filepath.Join(dir, "deep/a.mp4"), "inside")
	write(t, filepath.Join(parent, "deep/a.mp4"), "outside")
	link(t, filepath.Join(dir, "deep"), filepath.Join(dir, "link"))
	folder := openFolder(t, dir)
	targets := []string{filepath.Join(parent, "deep"), filepath.Join(dir, "deep"), "../deep", "deep"}
	done := make(chan struct{})
	var changes sync.WaitGroup
	changes.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			assert.NoError(t, os.Symlink(targets[i%len(targets)], filepath.Join(dir, "next")))
			assert.NoError(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "link")))
		}
	})
	opened := 0
	for range 4_000 {
		v, err := folder.Stat(t.Context(), "link/a.mp4")
		if err != nil {
			continue
		}
		require.EqualValues(t, len("inside"), v.Size)
		file, err := folder.Open(t.Context(), v)
		if err != nil {
			continue
		}
		var text [7]byte
		n, _ := file.ReadAt(text[:], 0)
		require.NoError(t, file.Close())
		require.Equal(t, "inside", string(text[:n]))
		opened++
	}
	close(done)
	changes.Wait()
	assert.Positive(t, opened)
}

// Names that are not UTF-8 are listed and opened as they are, beside names that look like their escaped form.
func TestNamesThatAreNotUTF8(t *testing.T) {
	dir := t.TempDir()
	names := []string{"caf%E9.mp4", "caf%25E9.mp4", "caf\xe9.mp4", "d\xff/\xc3(.mp4", "Ü.mp4"}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		write(t, filepath.Join(dir, name), name)
	}
	folder := openFolder(t, dir)
	assert.Equal(t, names, list(t, folder, 100))
	for _, name := range names {
		assert.Equal(t, name, content(t, folder, name))
	}
}
