package library_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// editable is an index whose frames have a size, so that they can be edited.
var editable = &video.Index{
	Video:        video.Video{Name: "a.mp4", Version: "v1"},
	Tracks:       []video.Track{{Kind: video.VideoTrack, Width: 640, Height: 360}},
	DefaultAudio: -1, GOPs: video.NewGOPList(make([]video.GOP, 100)...),
}

var (
	remuxed = cut.Cut{}
	gray    = cut.Cut{Edit: cut.Edit{Gray: true}}
)

// runTranscoding runs a test over a library with one transcode of a minute at a time.
func runTranscoding(
	t *testing.T, change configure, test func(*testing.T, *library.Library, *funcEngine),
) {
	t.Helper()
	runLimited(t, func(c *library.Config) {
		c.Transcodes, c.TranscodeQueue, c.TranscodeTimeout = 1, 100, time.Hour
		if change != nil {
			change(c)
		}
	}, test)
}

// requestCut requests a GOP of editable in the background. It expects a result after a time: an error of the
// given kind, or none if kind is Internal.
func requestCut(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, of cut.Cut, n int, kind video.Kind,
	after time.Duration,
) {
	t.Helper()
	of.GOP = n
	requestInBackground(t, callers, n, kind, after, func() error {
		_, _, err := segmentOf(t.Context(), l, editable, of)
		return err
	})
}

// requestThumbnail requests a thumbnail of editable like requestCut.
func requestThumbnail(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, n int, kind video.Kind, after time.Duration,
) {
	t.Helper()
	requestInBackground(t, callers, n, kind, after, func() error {
		of := cut.Thumbnail{GOP: n, Format: video.JPEG, Edit: cut.Edit{Gray: true}}
		_, _, err := thumbnailOf(t.Context(), l, editable, of)
		return err
	})
}

func requestInBackground(
	t *testing.T, callers *sync.WaitGroup, n int, kind video.Kind, after time.Duration, request func() error,
) {
	t.Helper()
	start := time.Now()
	callers.Go(func() {
		err := request()
		if kind == video.Internal {
			assert.NoError(t, err)
		} else {
			assert.Equal(t, kind, video.KindOf(err))
		}
		assert.Equal(t, after, time.Since(start), "GOP %d", n)
	})
	synctest.Wait()
}

func TestNoRequestWaitsForTranscodes(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestCut(t, &callers, l, gray, 0, video.Internal, time.Minute)
		requestCut(t, &callers, l, gray, 1, video.Internal, 2*time.Minute)
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 1}, l.State().TranscodeWorkers)
		assert.Equal(t, library.LimiterState{}, l.State().SegmentWorkers)
		requestCut(t, &callers, l, remuxed, 0, video.Internal, time.Minute)
		requestThumbnail(t, &callers, l, 0, video.Internal, time.Minute)
		assert.Equal(t, library.LimiterState{Running: 1}, l.State().SegmentWorkers)
		assert.Equal(t, library.LimiterState{Running: 1}, l.State().ThumbnailWorkers)
		callers.Wait()
	})
}

// Transcodes wait for the queue timeout, even in an overload.
func TestQueueOfTranscodes(t *testing.T) {
	runTranscoding(t, func(c *library.Config) {
		c.TranscodeQueue = 3
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		var callers sync.WaitGroup
		for n := range 4 {
			requestCut(t, &callers, l, gray, n, video.Internal, time.Duration(n+1)*time.Minute)
		}
		requestCut(t, &callers, l, gray, 4, video.Unavailable, 0)
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 3, Refused: 1}, l.State().TranscodeWorkers)
		time.Sleep(61 * time.Second)
		requestCut(t, &callers, l, gray, 5, video.Internal, 4*time.Minute-time.Second)
		callers.Wait()
		assert.EqualValues(t, 1, e.maxRunning.Load())
	})
	runTranscoding(t, func(c *library.Config) {
		c.QueueTimeout = 10 * time.Second
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestCut(t, &callers, l, gray, 0, video.Internal, time.Minute)
		requestCut(t, &callers, l, gray, 1, video.Unavailable, 10*time.Second)
		callers.Wait()
	})
}

func TestTranscodesHaveTheirOwnTimeout(t *testing.T) {
	runTranscoding(t, func(c *library.Config) {
		c.TranscodeTimeout = 59 * time.Second
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestCut(t, &callers, l, gray, 0, video.Timeout, 59*time.Second)
		requestCut(t, &callers, l, remuxed, 0, video.Internal, time.Minute)
		callers.Wait()
	})
	runTranscoding(t, func(c *library.Config) {
		c.SegmentTimeout = 59 * time.Second
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestCut(t, &callers, l, gray, 0, video.Internal, time.Minute)
		requestCut(t, &callers, l, remuxed, 0, video.Timeout, 59*time.Second)
		callers.Wait()
	})
}

// Equivalent requests share one transcode, at the same time and from the cache.
func TestTranscodesAreShared(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		same := cut.Cut{NoLeading: true, Edit: cut.Edit{Saturation: cut.Factor{Given: true}, Transcode: true}}
		var callers sync.WaitGroup
		requestCut(t, &callers, l, gray, 0, video.Internal, time.Minute)
		requestCut(t, &callers, l, same, 0, video.Internal, time.Minute)
		callers.Wait()
		_, status, err := segmentOf(t.Context(), l, editable, same)
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, status)
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

func TestTranscodesAreNotPrefetched(t *testing.T) {
	runTranscoding(t, func(c *library.Config) {
		c.Workers, c.Transcodes = 8, 8
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		for n := range 3 {
			_, _, err := segmentOf(t.Context(), l, editable, cut.Cut{GOP: n, Edit: gray.Edit})
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 3, e.calls.Load())
	})
}

func TestTranscodeIsCanceledWithItsLastCaller(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, _, err := segmentOf(ctx, l, editable, gray)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		assert.EqualValues(t, 1, e.running.Load())
		cancel()
		synctest.Wait()
		assert.Zero(t, e.running.Load(), "the engine call was canceled")
		assert.Zero(t, l.State().TranscodeWorkers.Running)
		callers.Wait()
	})
}

func TestNoTranscodeStartsWhileMemoryIsShort(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		l.SetOutOfMemory(true)
		_, _, err := segmentOf(t.Context(), l, editable, gray)
		assert.Equal(t, "the server is short of memory", video.Message(err))
		assert.Zero(t, e.calls.Load())
		l.SetOutOfMemory(false)
		_, _, err = segmentOf(t.Context(), l, editable, gray)
		assert.NoError(t, err)
	})
}

// An edit that does not fit the frame is refused before the engine is called.
func TestEditsBeyondTheFrame(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		_, _, err := segmentOf(t.Context(), l, editable, cut.Cut{Edit: cut.Edit{Width: 642}})
		assert.Equal(t, video.Invalid, video.KindOf(err))
		assert.Zero(t, e.calls.Load())
	})
}
