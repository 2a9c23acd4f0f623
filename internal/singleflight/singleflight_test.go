package singleflight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/internal/singleflight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a load that takes a fixed time and returns how many loads have started.
type counter struct {
	takes  time.Duration
	starts atomic.Int64
}

func (c *counter) load(ctx context.Context) (int64, error) {
	n := c.starts.Add(1)
	select {
	case <-time.After(c.takes):
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func TestCallersShareALoadPerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.Group[string, int64]{Timeout: time.Hour}
		c := counter{takes: time.Minute}
		var shares atomic.Int64
		var callers sync.WaitGroup
		for range 10 {
			for _, key := range []string{"a", "b"} {
				callers.Go(func() {
					_, shared, err := g.Do(t.Context(), key, c.load)
					assert.NoError(t, err)
					if shared {
						shares.Add(1)
					}
				})
			}
		}
		synctest.Wait()
		assert.True(t, g.InFlight("a"))
		assert.False(t, g.InFlight("c"))
		callers.Wait()
		assert.EqualValues(t, 2, c.starts.Load())
		assert.EqualValues(t, 18, shares.Load())
		assert.False(t, g.InFlight("a"))
	})
}

func TestLoadIsCanceledWhenItsLastCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.Group[string, int64]{Timeout: time.Hour}
		c := counter{takes: time.Minute}
		var callers sync.WaitGroup
		start := time.Now()
		for _, patience := range []time.Duration{time.Second, 2 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			callers.Go(func() {
				_, _, err := g.Do(ctx, "a", c.load)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, patience, time.Since(start))
			})
		}
		callers.Wait()
		g.Wait()
		assert.Equal(t, 2*time.Second, time.Since(start))
		n, shared, err := g.Do(t.Context(), "a", c.load)
		require.NoError(t, err)
		assert.False(t, shared, "a canceled load is not joined")
		assert.EqualValues(t, 2, n)
	})
}

func TestTimeoutEndsALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := singleflight.Group[string, int64]{Timeout: time.Second}
		start := time.Now()
		_, _, err := g.Do(t.Context(), "a", (&counter{takes: time.Minute}).load)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestCanceledCallerStartsNothing(t *testing.T) {
	g := singleflight.Group[string, int64]{Timeout: time.Second}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := g.Do(ctx, "a", func(context.Context) (int64, error) {
		t.Error("started")
		return 0, nil
	})
	require.ErrorIs(t, err, context.Canceled)
	g.Wait()
}

func TestErrorsAndPanicsReachTheCaller(t *testing.T) {
	g := singleflight.Group[string, int64]{Timeout: time.Second}
	failure := errors.New("EIO")
	_, _, err := g.Do(t.Context(), "a", func(context.Context) (int64, error) { return 0, failure })
	require.ErrorIs(t, err, failure)
	_, _, err = g.Do(t.Context(), "a", func(context.Context) (int64, error) { panic("index out of range") })
	require.ErrorContains(t, err, "panic: index out of range\n")
	require.ErrorContains(t, err, "singleflight_test.go", "the stack")
}
