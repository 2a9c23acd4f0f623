package library

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gop/video"
)

// Store keeps encoded indexes when the program ends. Entries may disappear at any time. Its methods may be
// called concurrently.
type Store interface {
	// Load returns the entry of a key, or nil if there is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Save stores an entry, in place of the one that the key has. It must not retain the bytes.
	Save(ctx context.Context, key string, entry []byte) error
}

const (
	// saveQueue is the number of indexes that wait to be saved. More are dropped.
	saveQueue = 64
	// loadTime is the longest time that a request waits for the store. Making most indexes takes less.
	loadTime = time.Second
	// loadCalls is the number of loads at a time, also of those that hang.
	loadCalls = 32
)

// storedIndexes loads indexes from a store, and saves them in the background. A nil *storedIndexes has none.
type storedIndexes struct {
	store  Store
	engine string   // the engine's version
	calls  *storage // the store may be on a file system that hangs

	queue  chan savedIndex
	closed chan struct{} // closed when all of queue are saved

	hits, misses, errors, dropped atomic.Int64
}

// savedIndex is an index to save under a key.
type savedIndex struct {
	key   string
	index *video.Index
}

// newStoredIndexes starts the goroutine that saves. The caller closes the result.
func newStoredIndexes(store Store, engine string) *storedIndexes {
	s := &storedIndexes{
		store: store, engine: engine, calls: newStorage(loadCalls),
		queue: make(chan savedIndex, saveQueue), closed: make(chan struct{}),
	}
	go s.saveAll()
	return s
}

// close waits until the waiting indexes are saved. No save may follow.
func (s *storedIndexes) close() {
	if s != nil {
		close(s.queue)
		<-s.closed
	}
}

// key returns the key of the index of a video's n-th track. The version is the same for all processes that
// serve the file. The name, which is last because it may have any bytes, keeps apart files of other file
// systems that happen to have the same inode, size and time.
func (s *storedIndexes) key(v video.Video, n int) string {
	return fmt.Sprintf("%d %d %q %q %s", video.IndexFormat, n, s.engine, v.Version, v.Name)
}

// load returns the stored index of the n-th video track of v, or nil if there is none that can be used.
func (s *storedIndexes) load(ctx context.Context, v video.Video, n int) *video.Index {
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	key := s.key(v, n)
	load := func() ([]byte, error) { return s.store.Load(ctx, key) }
	entry, err := callStorage(ctx, s.calls, key, load, nil)
	ix := &video.Index{Video: v}
	if err == nil && entry != nil {
		err = ix.UnmarshalBinary(entry)
	}
	if err != nil {
		s.errors.Add(1)
	}
	if err != nil || entry == nil {
		s.misses.Add(1)
		return nil
	}
	s.hits.Add(1)
	return ix
}

// save saves the index of a video's n-th track in the background, in place of an earlier one. It never waits.
func (s *storedIndexes) save(ix *video.Index, n int) {
	if s == nil {
		return
	}
	select {
	case s.queue <- savedIndex{s.key(ix.Video, n), ix}:
	default:
		s.dropped.Add(1)
	}
}

// saveAll saves the indexes of the queue until it is closed.
func (s *storedIndexes) saveAll() {
	defer close(s.closed)
	for saved := range s.queue {
		entry, err := saved.index.MarshalBinary()
		if err == nil {
			err = s.store.Save(context.Background(), saved.key, entry)
		}
		if err != nil {
			s.errors.Add(1)
		}
	}
}

func (s *storedIndexes) state() StoreState {
	if s == nil {
		return StoreState{}
	}
	return StoreState{s.hits.Load(), s.misses.Load(), s.errors.Load(), s.dropped.Load()}
}
