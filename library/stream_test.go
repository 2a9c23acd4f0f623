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

var greyStream = cut.Cut{Edit: grey.Edit, Fragmented: true}

// A piece comes when it is made; what was streamed is kept.
func TestStreamSendsPieces(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		begun := time.Now()
		var pieces []string
		var times []time.Duration
		s, err := streamOf(t.Context(), l, pictured, greyStream, func(piece []byte) error {
			pieces, times = append(pieces, string(piece)), append(times, time.Since(begun))
			return nil
		})
		require.NoError(t, err)
		assert.Nil(t, s)
		assert.Equal(t, []string{"head", "tail"}, pieces)
		assert.Equal(t, []time.Duration{0, time.Minute}, times)

		s, err = streamOf(t.Context(), l, pictured, greyStream, func([]byte) error { return errors.New("nothing is sent") })
		require.NoError(t, err)
		assert.NotNil(t, s)
		assert.EqualValues(t, 1, e.calls.Load())
		_, origin, err := segmentOf(t.Context(), l, pictured, grey)
		require.NoError(t, err)
		assert.Equal(t, video.CacheMiss, origin, "what is not streamed is other bytes")
	})
}

// A client that takes no more, or goes away, ends the encode.
func TestStreamEndsWithItsClient(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		gone := errors.New("gone")
		_, err := streamOf(t.Context(), l, pictured, greyStream, func([]byte) error { return gone })
		assert.ErrorIs(t, err, gone)
		synctest.Wait()
		assert.Zero(t, e.running.Load())

		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		_, err = streamOf(ctx, l, pictured, greyStream, func([]byte) error { return nil })
		assert.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		assert.Zero(t, e.running.Load())
		assert.Zero(t, l.State().TranscodeWorkers.Running)
	})
}

func TestStreamsAreBounded(t *testing.T) {
	encoding(t, func(c *library.Config) { c.TranscodeTimeout = 59 * time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		_, err := streamOf(t.Context(), l, pictured, greyStream, func([]byte) error { return nil })
		assert.Equal(t, video.Timeout, video.KindOf(err))
		_, err = streamOf(t.Context(), l, pictured, cut.Cut{GOP: 1000, Edit: grey.Edit, Fragmented: true}, func([]byte) error { return nil })
		assert.Equal(t, video.NotFound, video.KindOf(err))
	})
}
