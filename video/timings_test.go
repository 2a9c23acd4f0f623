package video_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestTimings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timings := new(video.Timings)
		stage := func(s video.Stage, d time.Duration, inner func()) {
			defer timings.Enter(timings.Enter(s))
			time.Sleep(d)
			inner()
			time.Sleep(d)
		}
		nothing := func() {}
		time.Sleep(time.Hour) // before the first stage
		stage(video.IndexStage, time.Second, func() {
			stage(video.OpenStage, time.Minute, func() { stage(video.OtherStage, time.Hour, nothing) })
			stage(video.IndexStage, 2*time.Second, nothing)
		})
		time.Sleep(time.Hour) // after the last stage
		stage(video.WaitStage, 5*time.Second, func() {
			assert.Equal(t, 5*time.Second, timings.Spent()[video.WaitStage], "of the stage that goes on")
		})
		assert.Equal(t, video.StageTimes{
			video.OpenStage: 2 * time.Minute, video.IndexStage: 6 * time.Second,
			video.WaitStage: 10 * time.Second,
		}, timings.Spent())
	})
}

func TestTimingsOfAContext(t *testing.T) {
	none := video.TimingsOf(t.Context())
	assert.Nil(t, none)
	none.Enter(none.Enter(video.CutStage))
	assert.Equal(t, video.StageTimes{}, none.Spent())
	timings := new(video.Timings)
	ctx, cancel := context.WithCancel(video.WithTimings(t.Context(), timings))
	defer cancel()
	assert.Same(t, timings, video.TimingsOf(ctx))
}

func TestTimingsAreSafeForConcurrentUse(t *testing.T) {
	timings := new(video.Timings)
	var users sync.WaitGroup
	for _, stage := range video.Stages {
		users.Go(func() {
			for range 1000 {
				timings.Enter(timings.Enter(stage))
				timings.Spent()
			}
		})
	}
	users.Wait()
	for _, stage := range video.Stages {
		assert.GreaterOrEqual(t, timings.Spent()[stage], time.Duration(0), stage.String())
	}
}
