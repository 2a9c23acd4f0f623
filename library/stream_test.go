package library_test

import (
	"context"
	"errors"
	"sync/atomic"
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
		streamed, err := streamOf(t.Context(), l, editable, grayStream, func(f video.Fragment) error {
			fragments, times = append(fragments, string(f.Data)), append(times, time.Since(start))
			return nil
		})
		require.NoError(t, err)
		assert.True(t, streamed)
		assert.Equal(t, []string{"head", "tail"}, fragments)
		assert.Equal(t, []time.Duration{0, time.Minute}, times)

		streamed, err = streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error {
			return errors.New("a cached segment is not streamed")
		})
		require.NoError(t, err)
		assert.False(t, streamed)
		_, status, err := segmentOf(t.Context(), l, editable, grayStream)
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, status)
		assert.EqualValues(t, 1, e.calls.Load())
		_, status, err = segmentOf(t.Context(), l, editable, gray)
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

// fragmentEngine streams fragments of a size in bytes.
type fragmentEngine struct {
	funcEngine
	fragments, size int
	emitted         atomic.Int64
}

func (e *fragmentEngine) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	for range e.fragments {
		if err := emit(video.Fragment{Data: make([]byte, e.size)}); err != nil {
			return nil, err
		}
		e.emitted.Add(1)
	}
	return e.Segment(ctx, ix, key.Segment(), open)
}

// The encoder is ahead of its client by what fits the bytes in flight, and by one fragment while memory is
// short.
func TestStreamWaitsForItsClient(t *testing.T) {
	for budget, most := range map[int64]int64{1 << 30: 20, 64 << 20: 20, 8 << 20: 7, 1: 1} {
		synctest.Test(t, func(t *testing.T) {
			e := &fragmentEngine{fragments: 20, size: 1 << 20}
			l := newLibrary(t, e, func(c *library.Config) { c.InFlightBytes = budget })
			received, ahead := int64(0), int64(0)
			streamed, err := streamOf(t.Context(), l, editable, grayStream, func(f video.Fragment) error {
				assert.Len(t, f.Data, e.size)
				synctest.Wait()
				ahead = max(ahead, e.emitted.Load()-received)
				assert.Equal(t, (e.emitted.Load()-received)<<20, l.State().InFlight.Bytes)
				time.Sleep(time.Second)
				received++
				return nil
			})
			require.NoError(t, err)
			assert.True(t, streamed)
			assert.EqualValues(t, e.fragments, received)
			assert.Equal(t, most, ahead, "budget %d", budget)
			assert.Zero(t, l.State().InFlight.Bytes)
		})
	}
}

// A client that leaves, or that is slower than the transcode may take, stops the encoder that waits for it.
func TestWaitingStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fragmentEngine{fragments: 20, size: 1 << 20}
		l := newLibrary(t, e, func(c *library.Config) {
			c.TranscodeTimeout, c.InFlightBytes = 5*time.Second, 1
		})
		gone := errors.New("gone")
		_, err := streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error {
			time.Sleep(time.Second)
			return gone
		})
		require.ErrorIs(t, err, gone)
		_, err = streamOf(t.Context(), l, editable, grayStream, func(video.Fragment) error {
			time.Sleep(time.Second)
			return nil
		})
		assert.Equal(t, video.Timeout, video.KindOf(err))
		synctest.Wait()
		assert.Zero(t, l.State().TranscodeWorkers.Running)
		assert.Zero(t, l.State().InFlight.Bytes)
	})
}
