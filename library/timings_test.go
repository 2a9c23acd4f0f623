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

// measured returns the times that a call spends in each stage.
func measured(t *testing.T, call func(context.Context) error) video.StageTimes {
	t.Helper()
	timings := new(video.Timings)
	require.NoError(t, call(video.WithTimings(t.Context(), timings)))
	return timings.Spent()
}

// runTimed runs a test over an engine whose calls open the file for a minute and then work for a second.
func runTimed(t *testing.T, change configure, test func(*testing.T, *library.Library)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		work := func(ctx context.Context, open library.Opener) error {
			timings := video.TimingsOf(ctx)
			previous := timings.Enter(video.OpenStage)
			err := takes(time.Minute)(ctx, open)
			timings.Enter(previous)
			if err != nil {
				return err
			}
			return takes(time.Second)(ctx, open)
		}
		test(t, newLibrary(t, &funcEngine{work: work}, func(c *library.Config) {
			c.Prefetch, c.IndexTimeout, c.SegmentTimeout, c.QueueTimeout = 0, time.Hour, time.Hour, time.Hour
			if change != nil {
				change(c)
			}
		}))
	})
}

func indexCall(l *library.Library) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := l.Index(ctx, "a.mp4", 1)
		return err
	}
}

func segmentCall(l *library.Library, n int) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := segmentOf(ctx, l, first, cut.Cut{GOP: n})
		return err
	}
}

func thumbnailCall(l *library.Library) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := thumbnailOf(ctx, l, first, cut.Thumbnail{})
		return err
	}
}

func TestTimingsOfLoads(t *testing.T) {
	runTimed(t, nil, func(t *testing.T, l *library.Library) {
		for name, test := range map[string]struct {
			call func(context.Context) error
			want video.StageTimes
		}{
			"index":     {indexCall(l), video.StageTimes{video.IndexStage: time.Second}},
			"segment":   {segmentCall(l, 7), video.StageTimes{video.CutStage: time.Second}},
			"thumbnail": {thumbnailCall(l), video.StageTimes{video.CutStage: time.Second}},
		} {
			test.want[video.OpenStage] = time.Minute
			assert.Equal(t, test.want, measured(t, test.call), name)
			assert.Equal(t, video.StageTimes{}, measured(t, test.call), "cached %s", name)
		}
	})
}

// A call that shares the load of another one has only the time that it waits itself.
func TestTimingsOfASharedLoad(t *testing.T) {
	for name, call := range map[string]func(*library.Library) func(context.Context) error{
		"index":   indexCall,
		"segment": func(l *library.Library) func(context.Context) error { return segmentCall(l, 7) },
	} {
		runTimed(t, nil, func(t *testing.T, l *library.Library) {
			var callers sync.WaitGroup
			callers.Go(func() {
				assert.Zero(t, measured(t, call(l))[video.WaitStage], name)
			})
			time.Sleep(20 * time.Second)
			want := video.StageTimes{video.WaitStage: 41 * time.Second}
			assert.Equal(t, want, measured(t, call(l)), name)
			callers.Wait()
		})
	}
}

func TestTimingsOfWaitingForAWorker(t *testing.T) {
	one := func(c *library.Config) { c.Workers = 1 }
	runTimed(t, one, func(t *testing.T, l *library.Library) {
		var callers sync.WaitGroup
		callers.Go(func() { assert.NoError(t, segmentCall(l, 1)(t.Context())) })
		synctest.Wait()
		assert.Equal(t, video.StageTimes{
			video.OpenStage: time.Minute, video.CutStage: time.Second, video.WaitStage: 61 * time.Second,
		}, measured(t, segmentCall(l, 2)))
		callers.Wait()
	})
}

func TestTimingsOfWaitingForMemory(t *testing.T) {
	runInFlight(t, nil, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		for n := range 6 {
			sendGOP(t, &callers, l, n, 5*time.Second, served(t, 5*time.Second))
		}
		assert.Equal(t, video.StageTimes{video.WaitStage: 5 * time.Second}, measured(t, segmentCall(l, 6)))
		callers.Wait()
	})
}

// The first fragment of a stream is sent before the segment is complete.
func TestTimingsOfAStream(t *testing.T) {
	runTranscoding(t, nil, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var cuts []time.Duration
		total := measured(t, func(ctx context.Context) error {
			_, err := streamOf(ctx, l, editable, grayStream, func(video.Fragment) error {
				cuts = append(cuts, video.TimingsOf(ctx).Spent()[video.CutStage])
				return nil
			})
			return err
		})
		assert.Equal(t, []time.Duration{0, time.Minute}, cuts)
		assert.Equal(t, video.StageTimes{video.CutStage: time.Minute}, total)
	})
}

func TestTimingsOfTheCatalog(t *testing.T) {
	runTimed(t, nil, func(t *testing.T, l *library.Library) {
		assert.Equal(t, video.StageTimes{video.WaitStage: 3 * time.Second}, measured(t,
			func(ctx context.Context) error {
				_, err := l.Catalog(ctx, 3*time.Second)
				return err
			}))
	})
}
