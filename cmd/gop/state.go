package main

import (
	"log/slog"
	"os"
	"path/filepath"

	"gop/store/disk"
)

// leastStateBytes is the least value of --state-bytes. A sixteenth of it holds the index of an hour.
const leastStateBytes = 2 << 20

// defaultStateDir returns a folder below the user's cache folder, or "" if the user has none.
func defaultStateDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "gop", "state")
}

// openState opens the store in --state-dir, and returns nil without one. The store is a cache: if it cannot
// be used, gop serves without it, and the log tells why. The caller closes the store.
func (s *serve) openState(log *slog.Logger) *disk.Store {
	if s.StateDir == "" {
		return nil
	}
	switch {
	case isBelow(s.StateDir, s.Dir):
		log.Warn("indexes are not kept: --state-dir is in the folder of videos", "dir", s.StateDir)
	case isBelow(s.Dir, s.writable()):
		log.Warn("indexes are not kept: the folder of videos is in --state-dir", "dir", s.StateDir)
	default:
		store, err := disk.Open(disk.Config{Dir: s.StateDir, Bytes: s.StateBytes, Log: log})
		if err == nil {
			return store
		}
		log.Warn("indexes are not kept: --state-dir cannot be used", "dir", s.StateDir, "error", err)
	}
	return nil
}

// writable returns the folder that the process writes to if it has a store.
func (s *serve) writable() string { return filepath.Join(s.StateDir, disk.Subfolder) }

// isBelow reports whether a path is that of a folder or of something in it. The last parts of the path need
// not exist.
func isBelow(path, folder string) bool {
	rel, err := filepath.Rel(realPath(folder), realPath(path))
	return err == nil && filepath.IsLocal(rel)
}

// realPath returns an absolute path without links in the parts that exist.
func realPath(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(realPath(parent), filepath.Base(path))
}
