// Package disk stores entries as files in a folder. It is a cache: an entry that is missing, damaged or too
// large is made again by the caller. Several processes may share a folder.
package disk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// Config describes a store.
type Config struct {
	Dir   string // the store makes it and the folder Subfolder in it, unless they exist
	Bytes int64  // bound on the sizes of all files
	Log   *slog.Logger
}

// Subfolder is the folder in Config.Dir that has all files of a store.
const Subfolder = "indexes"

// parts is the number of parts of Config.Bytes. A file is at most one part, and old files are deleted after
// each part written, so that the total stays below Config.Bytes. If several processes share the folder, each
// of them may exceed that by one part.
const parts = 16

// Store is a store in a folder. Its methods may be called concurrently.
type Store struct {
	config Config
	root   *os.Root

	mu      sync.Mutex
	written int64     // bytes since the last sweep
	warned  time.Time // when the last warning was logged
}

// warningInterval is the least time between two warnings in the log.
const warningInterval = 10 * time.Minute

// Open opens the store in a folder. The caller closes it.
func Open(config Config) (*Store, error) {
	if config.Bytes < parts {
		return nil, fmt.Errorf("a store needs more than %d bytes", config.Bytes)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(config.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Mkdir(Subfolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := dir.Lstat(Subfolder)
	if err != nil {
		return nil, err
	}
	// Otherwise another user could replace indexes.
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o022 != 0 || ok && int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s is not a folder that only this user can write to", Subfolder)
	}
	root, err := dir.OpenRoot(Subfolder)
	if err != nil {
		return nil, err
	}
	// The first Save sweeps, in case that others filled the folder.
	return &Store{config: config, root: root, written: config.Bytes}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.root.Close() }

// fileLimit is the size of the largest file.
func (s *Store) fileLimit() int64 { return s.config.Bytes / parts }

// Load returns the entry of a key, or nil if there is none. It deletes a damaged one.
func (s *Store) Load(_ context.Context, key string) ([]byte, error) {
	name := fileName(key)
	data, info, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, s.failed("read", err)
	}
	entry, ok := decode(data, key)
	if !ok {
		_ = s.root.Remove(name) // it is not used again in any case
		return nil, s.failed("read", fmt.Errorf("%s is damaged", name))
	}
	// The modification time is that of the last use. It need not be exact.
	if now := time.Now(); now.Sub(info.ModTime()).Abs() > time.Minute {
		_ = s.root.Chtimes(name, now, now) // fails on a read-only file system
	}
	return entry, nil
}

// read reads a file. It returns no data of a file that is too large to be one of this store.
func (s *Store) read(name string) ([]byte, fs.FileInfo, error) {
	info, err := s.root.Lstat(name)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fs.ErrNotExist
	case info.Size() > s.fileLimit():
		return nil, info, nil
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, nil, err
	}
	return data, info, nil
}

// Save stores an entry, in place of the one that the key has. It deletes the entries that were not used for
// the longest time to make room.
func (s *Store) Save(_ context.Context, key string, entry []byte) error {
	data := encode(key, entry)
	if int64(len(data)) > s.fileLimit() {
		return nil
	}
	if err := s.makeRoom(int64(len(data))); err != nil {
		return s.failed("sweep", err)
	}
	if err := s.write(fileName(key), data); err != nil {
		return s.failed("write", err)
	}
	return nil
}

// write replaces a file at once, so that no process reads a part of it. After a crash of the machine the file
// may be damaged: the checksum tells.
func (s *Store) write(name string, data []byte) error {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // never fails
	aside := asidePrefix + hex.EncodeToString(random)
	f, err := s.root.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = s.root.Rename(aside, name)
	}
	if err != nil {
		_ = s.root.Remove(aside)
	}
	return err
}

// failed logs an error, once in a while, and returns it.
func (s *Store) failed(what string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.warned.IsZero() || now.Sub(s.warned) >= warningInterval {
		s.warned = now
		s.config.Log.Warn("the store of indexes failed", "dir", s.config.Dir, "call", what, "error", err)
	}
	return fmt.Errorf("%s a stored index: %w", what, err)
}

// fileName returns the name of the file of a key.
func fileName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]) + fileSuffix
}
