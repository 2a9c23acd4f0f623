package disk_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/store/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a store of the given bytes, and returns what it logs.
func open(t *testing.T, dir string, size int64) (*disk.Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := disk.Open(disk.Config{Dir: dir, Bytes: size, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, &log
}

// load returns an entry that can be loaded without an error.
func load(t *testing.T, s *disk.Store, key string) []byte {
	t.Helper()
	entry, err := s.Load(t.Context(), key)
	require.NoError(t, err)
	return entry
}

// filesIn returns the names and sizes of the files of the store in dir.
func filesIn(t *testing.T, dir string) (names []string, total int64) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, disk.Subfolder))
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		names, total = append(names, e.Name()), total+info.Size()
	}
	return names, total
}

// fileOf returns the path of the only file of the store in dir.
func fileOf(t *testing.T, dir string) string {
	t.Helper()
	names, _ := filesIn(t, dir)
	require.Len(t, names, 1)
	return filepath.Join(dir, disk.Subfolder, names[0])
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	s, log := open(t, dir, 1<<20)
	assert.Nil(t, load(t, s, "a"))
	require.NoError(t, s.Save(t.Context(), "a", []byte("one")))
	require.NoError(t, s.Save(t.Context(), "b", nil))
	assert.Equal(t, []byte("one"), load(t, s, "a"))
	assert.Empty(t, load(t, s, "b"))
	assert.NotNil(t, load(t, s, "b"))
	require.NoError(t, s.Save(t.Context(), "a", []byte("another")))
	names, _ := filesIn(t, dir)
	assert.Len(t, names, 2)

	other, _ := open(t, dir, 1<<20) // of another process
	assert.Equal(t, []byte("another"), load(t, other, "a"))
	require.NoError(t, other.Save(t.Context(), "a", []byte("third")))
	assert.Equal(t, []byte("third"), load(t, s, "a"))
	assert.Empty(t, log.String())

	for path, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, disk.Subfolder): 0o700,
		filepath.Join(dir, disk.Subfolder, names[0]): 0o600,
	} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), path)
	}
}

// Every damage is noticed. The file is deleted, and the next Save replaces it.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	s, log := open(t, dir, 1<<20)
	save := func() []byte {
		require.NoError(t, s.Save(t.Context(), "key", []byte("entry")))
		data, err := os.ReadFile(fileOf(t, dir))
		require.NoError(t, err)
		return data
	}
	whole := save()
	for i := range whole {
		save()
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		for name, data := range map[string][]byte{"flipped": flipped, "truncated": whole[:i]} {
			save()
			require.NoError(t, os.WriteFile(fileOf(t, dir), data, 0o600))
			entry, err := s.Load(t.Context(), "key")
			assert.ErrorContains(t, err, "damaged", "%s at %d", name, i)
			assert.Nil(t, entry)
			names, _ := filesIn(t, dir)
			assert.Empty(t, names)
		}
	}
	save()
	require.NoError(t, os.Truncate(fileOf(t, dir), 1<<30))
	_, err := s.Load(t.Context(), "key")
	assert.ErrorContains(t, err, "damaged", "it is too large to be read")
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one warning")
	assert.Contains(t, log.String(), "level=WARN")
}

// A file under the name of another key is not used, as if two keys had the same hash.
func TestFileOfAnotherKey(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 1<<20)
	require.NoError(t, s.Save(t.Context(), "a", []byte("of a")))
	first := fileOf(t, dir)
	data, err := os.ReadFile(first)
	require.NoError(t, err)
	require.NoError(t, os.Remove(first))
	require.NoError(t, s.Save(t.Context(), "b", nil))
	require.NoError(t, os.WriteFile(fileOf(t, dir), data, 0o600))
	entry, err := s.Load(t.Context(), "b")
	assert.Error(t, err)
	assert.Nil(t, entry)
}

// A store touches only files with names of its own, and follows no link.
func TestForeignFiles(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "target")
	s, _ := open(t, dir, 1600)
	require.NoError(t, s.Save(t.Context(), "a", []byte("entry")))
	name := fileOf(t, dir)
	require.NoError(t, os.Rename(name, elsewhere))
	require.NoError(t, os.Symlink(elsewhere, name))
	assert.Nil(t, load(t, s, "a"))
	_, err := os.Lstat(name)
	assert.NoError(t, err)

	foreign := []string{"README", "new-", "x.index", strings.Repeat("g", 64) + ".index"}
	long := time.Now().Add(-1000 * time.Hour)
	for _, f := range foreign {
		path := filepath.Join(dir, disk.Subfolder, f)
		require.NoError(t, os.WriteFile(path, make([]byte, 5000), 0o600))
		require.NoError(t, os.Chtimes(path, long, long))
	}
	for i := range 50 {
		require.NoError(t, s.Save(t.Context(), fmt.Sprint(i), nil))
	}
	names, _ := filesIn(t, dir)
	for _, f := range append(foreign, filepath.Base(name)) {
		assert.Contains(t, names, f)
	}
	require.NoError(t, s.Save(t.Context(), "a", []byte("entry")))
	assert.Equal(t, []byte("entry"), load(t, s, "a"), "it replaces the link")
	assert.FileExists(t, elsewhere)
}

// The total stays below the bound. Entries that were used last are kept longest.
func TestEviction(t *testing.T) {
	dir := t.TempDir()
	const bound = 64 << 10
	s, log := open(t, dir, bound)
	entry, age := make([]byte, 2000), 1000*time.Hour
	aged := map[string]bool{}
	for i := range 100 {
		require.NoError(t, s.Save(t.Context(), fmt.Sprint(i), entry))
		names, total := filesIn(t, dir)
		require.LessOrEqual(t, total, int64(bound))
		for _, name := range names { // each file is an hour younger than the one before
			if !aged[name] {
				age -= time.Hour
				at := time.Now().Add(-age)
				require.NoError(t, os.Chtimes(filepath.Join(dir, disk.Subfolder, name), at, at))
				aged[name] = true
			}
		}
		if i >= 10 {
			require.NotNil(t, load(t, s, "10"), "it is used often")
		}
	}
	left := 0
	for i := range 100 {
		if load(t, s, fmt.Sprint(i)) != nil {
			left++
			assert.True(t, i == 10 || i > 65, "%d is left", i)
		}
	}
	assert.Greater(t, left, 25)
	assert.Empty(t, log.String())
}

func TestLargeEntries(t *testing.T) {
	dir := t.TempDir()
	s, log := open(t, dir, 16<<10)
	require.NoError(t, s.Save(t.Context(), "small", make([]byte, 900)))
	require.NoError(t, s.Save(t.Context(), "large", make([]byte, 1100)))
	assert.NotNil(t, load(t, s, "small"))
	assert.Nil(t, load(t, s, "large"))
	assert.Empty(t, log.String())
}

// Files that a crash left behind are deleted. Another process may still be writing recent ones.
func TestRestsOfCrashes(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 1<<20)
	long := time.Now().Add(-2 * time.Hour)
	for name, at := range map[string]time.Time{
		"new-0000000000000000": long, "new-0000000000000001": time.Now(),
	} {
		path := filepath.Join(dir, disk.Subfolder, name)
		require.NoError(t, os.WriteFile(path, []byte("part"), 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}
	require.NoError(t, s.Save(t.Context(), "a", nil))
	names, _ := filesIn(t, dir)
	assert.NotContains(t, names, "new-0000000000000000")
	assert.Contains(t, names, "new-0000000000000001")
}

// A store that loses its folder, or cannot write to it, fails with a warning once in ten minutes.
func TestUnusableFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s, log := open(t, dir, 1<<20)
		require.NoError(t, os.Remove(filepath.Join(dir, disk.Subfolder)))
		for range 3 {
			require.ErrorIs(t, s.Save(t.Context(), "a", nil), fs.ErrNotExist)
			assert.Nil(t, load(t, s, "a"))
			assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())
		}
		time.Sleep(10 * time.Minute)
		require.Error(t, s.Save(t.Context(), "a", nil))
		assert.Equal(t, 2, strings.Count(log.String(), "level=WARN"), log.String())
	})
}

// A full disk leaves nothing behind and harms no other entry.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("mounting a file system needs root: ", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, 0)) })
	s, log := open(t, dir, 1<<20)
	defer func() { _ = s.Close() }()
	require.NoError(t, s.Save(t.Context(), "small", []byte("entry")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 40<<10), 0o600))
	require.ErrorIs(t, s.Save(t.Context(), "large", make([]byte, 50<<10)), syscall.ENOSPC)
	names, _ := filesIn(t, dir)
	assert.Len(t, names, 1)
	assert.Equal(t, []byte("entry"), load(t, s, "small"))
	assert.Contains(t, log.String(), "no space left on device")
	require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
	require.NoError(t, s.Save(t.Context(), "large", make([]byte, 40<<10)))
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	linked := filepath.Join(dir, "linked")
	require.NoError(t, os.Mkdir(linked, 0o700))
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(linked, disk.Subfolder)))
	shared := filepath.Join(dir, "shared")
	require.NoError(t, os.MkdirAll(filepath.Join(shared, disk.Subfolder), 0o700))
	require.NoError(t, os.Chmod(filepath.Join(shared, disk.Subfolder), 0o777))
	for name, config := range map[string]disk.Config{
		"no bytes":                  {Dir: dir},
		"a file":                    {Dir: file, Bytes: 1 << 20},
		"below a file":              {Dir: filepath.Join(file, "dir"), Bytes: 1 << 20},
		"a link":                    {Dir: linked, Bytes: 1 << 20},
		"others can write to it":    {Dir: shared, Bytes: 1 << 20},
		"in a folder of the kernel": {Dir: "/proc/gop", Bytes: 1 << 20},
	} {
		_, err := disk.Open(config)
		assert.Error(t, err, name)
	}
}

// Stores of the same folder, as of two processes, save, load and sweep at the same time. Each
// entry that they load is one that a store saved.
func TestSharedFolder(t *testing.T) {
	dir := t.TempDir()
	const bound = 32 << 10
	var group sync.WaitGroup
	for range 2 {
		s, log := open(t, dir, bound)
		for n := range uint64(2) {
			group.Go(func() {
				random := rand.New(rand.NewPCG(n, 0))
				for range 300 {
					key := fmt.Sprint(random.IntN(40))
					entry := bytes.Repeat([]byte(key+","), 300)
					if random.IntN(2) == 0 {
						assert.NoError(t, s.Save(t.Context(), key, entry))
						continue
					}
					got, err := s.Load(t.Context(), key)
					assert.NoError(t, err)
					assert.True(t, got == nil || bytes.Equal(entry, got))
				}
			})
		}
		defer func() { assert.Empty(t, log.String()) }()
	}
	group.Wait()
	_, total := filesIn(t, dir)
	assert.LessOrEqual(t, total, int64(bound+bound/8), "each may exceed the bound by a part")
}
