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

// listed is a source that only lists.
type listed struct {
	library.Source
	limit int
	err   error
}

func (s *listed) List(_ context.Context, limit int) ([]video.Video, error) {
	s.limit = limit
	return []video.Video{{Name: "a.mp4", Version: "1"}}, s.err
}

// An entry has the error that is about its video. What is about the moment says nothing of it.
func TestErrorsOfEntries(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		shown bool
	}{
		"unreadable":        {video.Errorf(video.Unreadable, "damaged"), true},
		"too large":         {video.Errorf(video.TooLarge, "large"), true},
		"not allowed":       {video.WrapError(video.Unreadable, fs.ErrPermission, "the server may not read the file"), true},
		"deleted meanwhile": {video.Errorf(video.NotFound, "there is no such video"), false},
		"changed meanwhile": {video.ErrChanged, false},
		"a fault":           {errors.New("EIO"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := library.NewDefaultConfig()
				config.MaxVideos = 77
				source := &listed{}
				l, err := library.New(config, source, &handmade{work: func(context.Context, func() (video.File, error)) error { return c.err }})
				require.NoError(t, err)
				defer l.Close()
				entries, more, err := l.Entries(t.Context(), time.Second)
				require.NoError(t, err)
				require.Len(t, entries, 1)
				assert.Equal(t, "a.mp4", entries[0].Video.Name)
				assert.Nil(t, entries[0].Summary)
				if c.shown {
					assert.ErrorIs(t, entries[0].Err, c.err)
				} else {
					assert.NoError(t, entries[0].Err)
				}
				assert.Equal(t, 78, source.limit, "one more tells whether there are more")
				assert.False(t, more)
				assert.False(t, entries[0].Pending, "it was looked at")
			})
		})
	}
}

func TestEntriesOfAFolderThatCannotBeListed(t *testing.T) {
	broken := errors.New("EIO")
	l, err := library.New(library.NewDefaultConfig(), &listed{err: broken}, &handmade{})
	require.NoError(t, err)
	defer l.Close()
	_, _, err = l.Entries(t.Context(), time.Second)
	require.ErrorIs(t, err, broken)
}
