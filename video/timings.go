package video

import (
	"context"
	"sync"
	"time"
)

// Stage is a part of the work for a request.
type Stage int

// The stages of a request.
const (
	OtherStage Stage = iota // is not reported
	OpenStage               // looking the file up, opening it and reading its header
	IndexStage              // making or loading the index
	CutStage                // making the segment or thumbnail
	WaitStage               // waiting in a queue, for bytes in flight, or for the load of another request
)

// Stages are the stages that are reported.
var Stages = [...]Stage{OpenStage, IndexStage, CutStage, WaitStage}

// String returns the name of the stage in responses, the log and metrics.
func (s Stage) String() string {
	return [...]string{"other", "open", "index", "cut", "wait"}[s]
}

// Timings measures how long a request spends in each stage. A request is in one stage at a time, and in
// OtherStage at first, so no time counts twice. The methods may be called concurrently. Those of a nil
// Timings do nothing.
type Timings struct {
	mu      sync.Mutex
	stage   Stage     // the current one
	entered time.Time // when the current stage began; zero in OtherStage
	spent   StageTimes
}

// StageTimes is the time that a request has spent in each stage, by Stage.
type StageTimes [len(Stages) + 1]time.Duration

type timingsKey struct{}

// WithTimings returns a context whose work is measured by t.
func WithTimings(ctx context.Context, t *Timings) context.Context {
	return context.WithValue(ctx, timingsKey{}, t)
}

// TimingsOf returns the Timings that measure the work of ctx, or nil if none do.
func TimingsOf(ctx context.Context) *Timings {
	t, _ := ctx.Value(timingsKey{}).(*Timings)
	return t
}

// Enter ends the current stage, begins another one, and returns the one that has ended. A call
//
//	defer t.Enter(t.Enter(video.CutStage))
//
// measures the rest of a function, and returns to the stage of its caller.
func (t *Timings) Enter(stage Stage) (previous Stage) {
	if t == nil {
		return OtherStage
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	previous = t.stage
	if stage == previous {
		return previous
	}
	now := time.Now()
	if previous != OtherStage {
		t.spent[previous] += now.Sub(t.entered)
	}
	t.stage, t.entered = stage, now
	return previous
}

// Spent returns the times until now, including that of the current stage.
func (t *Timings) Spent() StageTimes {
	if t == nil {
		return StageTimes{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	spent := t.spent
	if t.stage != OtherStage {
		spent[t.stage] += time.Since(t.entered)
	}
	return spent
}
