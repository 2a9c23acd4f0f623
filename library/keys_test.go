package library_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video/cut"
)

// Keyframes are read once, and only for an index or an edit. A copied segment does not need them.
func TestKeysAreReadOnDemand(t *testing.T) {
	engine := &recordingEngine{unread: true, duration: time.Second}
	run(t, engine, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		_, _, err := l.Resolve(t.Context(), "a.mp4", cut.Cut{GOP: 1, NoLeading: true})
		require.NoError(t, err)
		assert.Equal(t, []string{"index v1"}, engine.recorded())
		var requests sync.WaitGroup
		for range 3 {
			requests.Go(func() {
				ix, _, err := l.ResolveListing(t.Context(), "a.mp4", cut.Cut{})
				assert.NoError(t, err)
				assert.False(t, ix.KeysUnread)
			})
		}
		requests.Wait()
		ix, _, err := l.Resolve(t.Context(), "a.mp4", cut.Cut{GOP: 1, Edit: cut.Edit{Transcode: true}})
		require.NoError(t, err)
		assert.False(t, ix.KeysUnread)
		assert.Equal(t, []string{"index v1", "keys v1"}, engine.recorded())
	})
}

func TestEditsNeedKeys(t *testing.T) {
	engine := &recordingEngine{unread: true}
	run(t, engine, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		ix, _, err := l.Resolve(t.Context(), "a.mp4", cut.Cut{Edit: cut.Edit{Gray: true}})
		require.NoError(t, err)
		assert.False(t, ix.KeysUnread)
		assert.Equal(t, []string{"index v1", "keys v1"}, engine.recorded())
	})
}

// If keyframes cannot be read, the next request tries again.
func TestKeysThatCannotBeRead(t *testing.T) {
	engine := &recordingEngine{unread: true}
	run(t, engine, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		_, _, err := l.Resolve(t.Context(), "a.mp4", cut.Cut{})
		require.NoError(t, err)
		engine.err = errors.New("read error")
		_, err = l.Index(t.Context(), "a.mp4", 1)
		require.ErrorIs(t, err, engine.err)
		engine.err = nil
		_, err = l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, []string{"index v1", "keys v1", "keys v1"}, engine.recorded())
	})
}
