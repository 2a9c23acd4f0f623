package disk

import (
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	fileSuffix  = ".index"
	asidePrefix = "new-"
)

// ownName matches the names of files that a store writes. It touches no others.
var ownName = regexp.MustCompile(`^(?:[0-9a-f]{64}\.index|new-[0-9a-f]{16})$`)

// asideAge is the age from which a file that was written aside is the rest of a crash.
const asideAge = time.Hour

// sweepBatch is the number of entries of the folder that are read at a time.
const sweepBatch = 1024

// makeRoom sweeps if a file of the given size completes the part of the bound that was written since the last
// sweep.
func (s *Store) makeRoom(size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.written += size; s.written <= s.fileLimit() {
		return nil
	}
	if err := s.sweep(); err != nil {
		return err
	}
	s.written = size
	return nil
}

// stored is a file of the store.
type stored struct {
	name string
	size int64
	used time.Time
}

// sweep deletes the rests of crashes, and the files that were not used for the longest time, until there is
// room for a part of the bound. Another process may sweep at the same time.
func (s *Store) sweep() error {
	files, total, err := s.files()
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b stored) int { return a.used.Compare(b.used) })
	limit := s.config.Bytes - s.fileLimit()
	for _, f := range files {
		isRest := strings.HasPrefix(f.name, asidePrefix) && time.Since(f.used) > asideAge
		if total <= limit && !isRest {
			continue
		}
		if err := s.root.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		total -= f.size
	}
	return nil
}

// files returns the store's files and their total size.
func (s *Store) files() (files []stored, total int64, err error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = dir.Close() }()
	for {
		entries, err := dir.ReadDir(sweepBatch)
		for _, e := range entries {
			if !ownName.MatchString(e.Name()) || !e.Type().IsRegular() {
				continue
			}
			info, err := s.root.Lstat(e.Name())
			if errors.Is(err, fs.ErrNotExist) {
				continue // another process deleted it
			}
			if err != nil {
				return nil, 0, err
			}
			files = append(files, stored{e.Name(), info.Size(), info.ModTime()})
			total += info.Size()
		}
		if err == io.EOF {
			return files, total, nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}
