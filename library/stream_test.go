package library_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

var grayStream = cut.Cut{Edit: gray.Edit, Fragmented: true}

// Stream sends each fragment as soon as it is complete, and caches the segment.
func TestStreamSendsFragments(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		start := time.Now()
		var fragments []string
		var times []time.Duration
		s, err := streamOf(t.Context(), l, editable, grayStream, func(f video.Fragment) error {
			fragments, times = append(fragments, string(f.Data)), append(times, time.Since(start))
			return nil
		})
		require.NoError(t, err)
		assert.Nil(t, s)
		assert.Equal(t, []string{"head", "tail"}, fragments)
		assert.Equal(t, []time.Duration{0, time.Minute}, times)

		s, err = streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error {
			return errors.New("a cached segment is returned, not sent")
		})
		require.NoError(t, err)
		assert.NotNil(t, s)
		assert.EqualValues(t, 1, e.calls.Load())
		_, status, err := segmentOf(t.Context(), l, editable, gray)
		require.NoError(t, err)
		assert.Equal(t, video.CacheMiss, status, "the segment that is not fragmented has its own key")
	})
}

// An error of send and a canceled context each stop the transcode.
func TestStreamEndsWithItsClient(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		gone := errors.New("gone")
		_, err := streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error { return gone })
		assert.ErrorIs(t, err, gone)
		synctest.Wait()
		assert.Zero(t, e.running.Load())

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = streamOf(ctx, l, editable, grayStream, func(video.Fragment) error { return nil })
		assert.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		assert.Zero(t, e.running.Load())
		assert.Zero(t, l.State().TranscodeWorkers.Running)
	})
}

func TestStreamsAreBounded(t *testing.T) {
	runTranscoding(t, func(c *library.Config) {
		c.TranscodeTimeout = 59 * time.Second
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		_, err := streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error { return nil })
		assert.Equal(t, video.Timeout, video.KindOf(err))
		none := cut.Cut{GOP: 1000, Edit: gray.Edit, Fragmented: true}
		_, err = streamOf(t.Context(), l, editable, none, func(video.Fragment) error { return nil })
		assert.Equal(t, video.NotFound, video.KindOf(err))
	})
}
