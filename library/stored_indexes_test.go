package library_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video/cut"
)

// fakeStore is a library.Store in memory.
type fakeStore struct {
	saving  chan struct{} // a Save waits until it can receive, if set
	loading chan struct{} // a Load waits until it can receive, if set
	err     error         // result of all calls

	mu      sync.Mutex
	entries map[string][]byte
}

func (s *fakeStore) Load(_ context.Context, key string) ([]byte, error) {
	if s.loading != nil {
		<-s.loading
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[key], s.err
}

func (s *fakeStore) Save(_ context.Context, key string, entry []byte) error {
	if s.saving != nil {
		<-s.saving
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.entries[key] = slices.Clone(entry)
	}
	return s.err
}

// edit replaces every entry.
func (s *fakeStore) edit(entry []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.entries {
		s.entries[key] = entry
	}
}

// process runs a library over a store, as a new process would. Close has returned when it returns.
func process(
	t *testing.T, store library.Store, m *recordingEngine, change configure,
	test func(l *library.Library, s *fakeSource),
) {
	t.Helper()
	config := library.NewDefaultConfig()
	if change != nil {
		change(&config)
	}
	source := &fakeSource{versions: map[string]string{"a.mp4": "v1", "bad.mp4": "v1"}}
	l, err := library.New(config, source, m, store)
	require.NoError(t, err)
	test(l, source)
	l.Close()
}

// indexes requests the index of a.mp4.
func indexes(t *testing.T, l *library.Library) {
	t.Helper()
	ix, err := l.Index(t.Context(), "a.mp4", 1)
	require.NoError(t, err)
	assert.Equal(t, 3, ix.GOPs.Len())
	assert.Equal(t, "a.mp4", ix.Video.Name)
}

func TestIndexesSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{}, &fakeStore{entries: map[string][]byte{}}
		process(t, store, m, nil, func(l *library.Library, _ *fakeSource) {
			indexes(t, l)
			assert.Equal(t, library.StoreState{Misses: 1}, l.State().Store)
		})
		require.Len(t, store.entries, 1)
		process(t, store, m, nil, func(l *library.Library, s *fakeSource) {
			indexes(t, l)
			indexes(t, l) // from memory
			assert.Equal(t, library.StoreState{Hits: 1}, l.State().Store)
			assert.Equal(t, []string{"index v1"}, m.recorded())
			s.change("a.mp4", "v2")
			indexes(t, l)
			assert.Equal(t, library.StoreState{Hits: 1, Misses: 1}, l.State().Store)
		})
		assert.Equal(t, []string{"index v1", "index v2"}, m.recorded())
		assert.Len(t, store.entries, 2)
	})
}

// An index is used for the same track of the same file and the same engine only. An error is not stored.
func TestKeysOfStoredIndexes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{}, &fakeStore{entries: map[string][]byte{}}
		for i, engine := range []string{"7.1.5", "7.1.6"} {
			configured := func(c *library.Config) { c.EngineVersion = engine }
			process(t, store, m, configured, func(l *library.Library, s *fakeSource) {
				s.change("b.mp4", "v1")
				for _, name := range []string{"a.mp4", "b.mp4"} {
					for _, track := range []int{1, 2} {
						_, err := l.Index(t.Context(), name, track)
						require.NoError(t, err)
					}
				}
				_, err := l.Index(t.Context(), "bad.mp4", 1)
				assert.ErrorContains(t, err, "bad")
			})
			assert.Equal(t, 4*(i+1), m.count())
			assert.Len(t, store.entries, 4*(i+1), "%v", slices.Collect(maps.Keys(store.entries)))
		}
	})
}

// An entry that is no index is replaced.
func TestDamagedStoredIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{}, &fakeStore{entries: map[string][]byte{}}
		get := func(l *library.Library, _ *fakeSource) { indexes(t, l) }
		process(t, store, m, nil, get)
		for _, damaged := range [][]byte{{}, []byte("damaged")} {
			store.edit(damaged)
			process(t, store, m, nil, func(l *library.Library, _ *fakeSource) {
				indexes(t, l)
				assert.Equal(t, library.StoreState{Misses: 1, Errors: 1}, l.State().Store)
			})
			process(t, store, m, nil, func(l *library.Library, _ *fakeSource) {
				indexes(t, l)
				assert.Equal(t, library.StoreState{Hits: 1}, l.State().Store)
			})
		}
		assert.Equal(t, 3, m.count())
	})
}

// An index whose keyframes were read later takes the place of the first one.
func TestStoredIndexWithUnreadKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{unread: true}, &fakeStore{entries: map[string][]byte{}}
		resolve := func(l *library.Library, _ *fakeSource) {
			_, _, err := l.Resolve(t.Context(), "a.mp4", cut.Cut{GOP: 1})
			require.NoError(t, err)
		}
		get := func(l *library.Library, _ *fakeSource) { indexes(t, l) }
		for _, use := range []func(*library.Library, *fakeSource){resolve, resolve, get, get, resolve} {
			process(t, store, m, nil, use)
			assert.Len(t, store.entries, 1)
		}
		assert.Equal(t, []string{"index v1", "keys v1"}, m.recorded())
	})
}

// A store that fails changes no response.
func TestFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{}, &fakeStore{err: errors.New("ENOSPC")}
		process(t, store, m, nil, func(l *library.Library, _ *fakeSource) {
			indexes(t, l)
			synctest.Wait()
			assert.Equal(t, library.StoreState{Misses: 1, Errors: 2}, l.State().Store)
		})
	})
}

// A store that does not save delays no response. Indexes for which its queue has no place are dropped.
func TestSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const videos = 100
		store := &fakeStore{entries: map[string][]byte{}, saving: make(chan struct{})}
		process(t, store, &recordingEngine{}, nil, func(l *library.Library, s *fakeSource) {
			start := time.Now()
			for i := range videos {
				name := fmt.Sprintf("%d.mp4", i)
				s.change(name, "v1")
				_, err := l.Index(t.Context(), name, 1)
				require.NoError(t, err)
				synctest.Wait()
			}
			assert.Zero(t, time.Since(start))
			assert.EqualValues(t, videos-65, l.State().Store.Dropped, "one is being saved and 64 wait")
			close(store.saving)
		})
		assert.Len(t, store.entries, 65, "Close waits for them")
	})
}

// A store that does not respond delays a request by a second.
func TestHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := &recordingEngine{}, &fakeStore{entries: map[string][]byte{}, loading: make(chan struct{})}
		process(t, store, m, nil, func(l *library.Library, _ *fakeSource) {
			start := time.Now()
			indexes(t, l)
			assert.Equal(t, time.Second, time.Since(start))
			assert.Equal(t, library.StoreState{Misses: 1, Errors: 1}, l.State().Store)
			close(store.loading)
		})
		assert.Equal(t, 1, m.count())
	})
}
