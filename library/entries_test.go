package library_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
)

// listSource is a source that lists one video.
type listSource struct {
	library.Source
	limit int
	err   error
}

func (s *listSource) List(_ context.Context, limit int) ([]video.Video, error) {
	s.limit = limit
	return []video.Video{{Name: "a.mp4", Version: "1"}}, s.err
}

// An entry has an error if that is about the video itself, not about the server or a change of the file.
func TestErrorsOfEntries(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		listed bool
	}{
		"unreadable":        {video.Errorf(video.Unreadable, "damaged"), true},
		"too large":         {video.Errorf(video.TooLarge, "large"), true},
		"not allowed":       {video.WrapError(video.Unreadable, fs.ErrPermission, "permission denied"), true},
		"deleted meanwhile": {video.Errorf(video.NotFound, "there is no such video"), false},
		"changed meanwhile": {video.ErrChanged, false},
		"other":             {errors.New("EIO"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := library.NewDefaultConfig()
				config.MaxVideos = 77
				source := &listSource{}
				engine := &funcEngine{work: func(context.Context, library.Opener) error { return c.err }}
				l, err := library.New(config, source, engine, nil)
				require.NoError(t, err)
				defer l.Close()
				catalog, err := l.Catalog(t.Context(), time.Second)
				require.NoError(t, err)
				entries := catalog.Entries
				require.Len(t, entries, 1)
				assert.Equal(t, "a.mp4", entries[0].Video.Name)
				assert.Nil(t, entries[0].Summary)
				if c.listed {
					assert.ErrorIs(t, entries[0].Err, c.err)
				} else {
					assert.NoError(t, entries[0].Err)
				}
				assert.Equal(t, 78, source.limit, "one more than the limit")
				assert.False(t, catalog.More)
				assert.False(t, entries[0].Pending, "the video was indexed")
			})
		})
	}
}

func TestEntriesOfAFolderThatCannotBeListed(t *testing.T) {
	broken := errors.New("EIO")
	l, err := library.New(library.NewDefaultConfig(), &listSource{err: broken}, &funcEngine{}, nil)
	require.NoError(t, err)
	defer l.Close()
	_, err = l.Catalog(t.Context(), time.Second)
	require.ErrorIs(t, err, broken)
}
