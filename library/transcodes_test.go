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

// pictured is an index whose pictures have a size, so that they can be edited.
var pictured = &video.Index{
	Video:        video.Video{Name: "a.mp4", Version: "v1"},
	Tracks:       []video.Track{{Kind: video.VideoTrack, Width: 640, Height: 360}},
	DefaultAudio: -1, GOPs: make([]video.GOP, 100),
}

var (
	lossless = cut.Cut{}
	grey     = cut.Cut{Edit: cut.Edit{Gray: true}}
)

// encoding runs a test over a library that has one encode of a minute at a time.
func encoding(t *testing.T, change func(*library.Config), test func(*testing.T, *library.Library, *handmade)) {
	t.Helper()
	limited(t, func(c *library.Config) {
		c.Transcodes, c.TranscodeQueue, c.TranscodeTimeout = 1, 100, time.Hour
		if change != nil {
			change(c)
		}
	}, test)
}

// askCut asks for a GOP of pictured in the background, as askFor does; kind is Internal where it is made.
func askCut(t *testing.T, callers *sync.WaitGroup, l *library.Library, of cut.Cut, n int, kind video.Kind, after time.Duration) {
	t.Helper()
	of.GOP = n
	askInBackground(t, callers, n, kind, after, func() error {
		_, _, err := segmentOf(t.Context(), l, pictured, of)
		return err
	})
}

// askThumbnail asks for a thumbnail of pictured like askCut.
func askThumbnail(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, n int, kind video.Kind, after time.Duration,
) {
	t.Helper()
	askInBackground(t, callers, n, kind, after, func() error {
		of := cut.Thumbnail{GOP: n, Format: video.JPEG, Edit: cut.Edit{Gray: true}}
		_, _, err := thumbnailOf(t.Context(), l, pictured, of)
		return err
	})
}

func askInBackground(
	t *testing.T, callers *sync.WaitGroup, n int, kind video.Kind, after time.Duration, ask func() error,
) {
	t.Helper()
	start := time.Now()
	callers.Go(func() {
		err := ask()
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
	encoding(t, nil, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askCut(t, &callers, l, grey, 0, video.Internal, time.Minute)
		askCut(t, &callers, l, grey, 1, video.Internal, 2*time.Minute)
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 1}, l.State().TranscodeWorkers)
		assert.Equal(t, library.LimiterState{}, l.State().Workers)
		askCut(t, &callers, l, lossless, 0, video.Internal, time.Minute)
		askThumbnail(t, &callers, l, 0, video.Internal, time.Minute)
		assert.Equal(t, library.LimiterState{Running: 1}, l.State().Workers)
		assert.Equal(t, library.LimiterState{Running: 1}, l.State().ThumbnailWorkers)
		callers.Wait()
	})
}

// Each of them takes so long that all who wait are a burst, however long they stand there.
func TestQueueOfTranscodes(t *testing.T) {
	encoding(t, func(c *library.Config) { c.TranscodeQueue = 3 }, func(t *testing.T, l *library.Library, e *handmade) {
		var callers sync.WaitGroup
		for n := range 4 {
			askCut(t, &callers, l, grey, n, video.Internal, time.Duration(n+1)*time.Minute)
		}
		askCut(t, &callers, l, grey, 4, video.Unavailable, 0)
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 3, Refused: 1}, l.State().TranscodeWorkers)
		time.Sleep(61 * time.Second)
		askCut(t, &callers, l, grey, 5, video.Internal, 4*time.Minute-time.Second)
		callers.Wait()
		assert.EqualValues(t, 1, e.most.Load())
	})
	encoding(t, func(c *library.Config) { c.SlowQueueTimeout = 10 * time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askCut(t, &callers, l, grey, 0, video.Internal, time.Minute)
		askCut(t, &callers, l, grey, 1, video.Unavailable, 10*time.Second)
		callers.Wait()
	})
}

func TestTranscodesHaveTheirOwnTimeout(t *testing.T) {
	encoding(t, func(c *library.Config) { c.TranscodeTimeout = 59 * time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askCut(t, &callers, l, grey, 0, video.Timeout, 59*time.Second)
		askCut(t, &callers, l, lossless, 0, video.Internal, time.Minute)
		callers.Wait()
	})
	encoding(t, func(c *library.Config) { c.SegmentTimeout = 59 * time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askCut(t, &callers, l, grey, 0, video.Internal, time.Minute)
		askCut(t, &callers, l, lossless, 0, video.Timeout, 59*time.Second)
		callers.Wait()
	})
}

// What means the same is encoded once, for all who ask at the same time and for those who come later.
func TestTranscodesAreShared(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		same := cut.Cut{NoLeading: true, Edit: cut.Edit{Saturation: cut.Factor{Given: true}, Transcode: true}}
		var callers sync.WaitGroup
		askCut(t, &callers, l, grey, 0, video.Internal, time.Minute)
		askCut(t, &callers, l, same, 0, video.Internal, time.Minute)
		callers.Wait()
		_, origin, err := segmentOf(t.Context(), l, pictured, same)
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, origin)
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

func TestTranscodesAreNotPrefetched(t *testing.T) {
	encoding(t, func(c *library.Config) { c.Workers, c.Transcodes = 8, 8 }, func(t *testing.T, l *library.Library, e *handmade) {
		for n := range 3 {
			_, _, err := segmentOf(t.Context(), l, pictured, cut.Cut{GOP: n, Edit: grey.Edit})
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 3, e.calls.Load())
	})
}

func TestTranscodeIsCanceledWhenItsLastCallerLeaves(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		ctx, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, _, err := segmentOf(ctx, l, pictured, grey)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		assert.EqualValues(t, 1, e.running.Load())
		leave()
		synctest.Wait()
		assert.Zero(t, e.running.Load(), "the engine was told to stop")
		assert.Zero(t, l.State().TranscodeWorkers.Running)
		callers.Wait()
	})
}

func TestNoTranscodeStartsWhileMemoryIsShort(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		l.SetOutOfMemory(true)
		_, _, err := segmentOf(t.Context(), l, pictured, grey)
		assert.Equal(t, "the server is short of memory", video.Message(err))
		assert.Zero(t, e.calls.Load())
		l.SetOutOfMemory(false)
		_, _, err = segmentOf(t.Context(), l, pictured, grey)
		assert.NoError(t, err)
	})
}

// What cannot be done to a picture is told before anything waits or runs.
func TestEditsBeyondThePictureAreRefused(t *testing.T) {
	encoding(t, nil, func(t *testing.T, l *library.Library, e *handmade) {
		_, _, err := segmentOf(t.Context(), l, pictured, cut.Cut{Edit: cut.Edit{Width: 642}})
		assert.Equal(t, video.Invalid, video.KindOf(err))
		assert.Zero(t, e.calls.Load())
	})
}
