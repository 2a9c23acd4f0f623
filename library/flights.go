package library

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// flights makes one load of many that ask for the same at the same time. A load has a deadline of
// its own, and goes on as long as anybody waits for it; each who waits obeys its own context.
type flights[K comparable, V any] struct {
	time time.Duration // that a load may take

	mu     sync.Mutex
	flying map[K]*flight[V]
	done   sync.WaitGroup
}

type flight[V any] struct {
	waiting int // guarded by flights.mu
	cancel  context.CancelFunc
	landed  chan struct{} // closed when value and err are set
	value   V
	err     error
}

// do returns what load returns for key, joining a load that is under way.
func (f *flights[K, V]) do(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	var none V
	if err := ctx.Err(); err != nil {
		return none, err
	}
	f.mu.Lock()
	current, ok := f.flying[key]
	if !ok {
		current = f.start(key, load)
	}
	current.waiting++
	f.mu.Unlock()

	select {
	case <-current.landed:
		return current.value, current.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if current.waiting--; current.waiting == 0 {
		// Who comes from now on must not join what is being given up.
		current.cancel()
		if f.flying[key] == current {
			delete(f.flying, key)
		}
	}
	return none, ctx.Err()
}

// start begins a load; f.mu is held.
func (f *flights[K, V]) start(key K, load func(context.Context) (V, error)) *flight[V] {
	ctx, cancel := context.WithTimeout(context.Background(), f.time)
	started := &flight[V]{cancel: cancel, landed: make(chan struct{})}
	if f.flying == nil {
		f.flying = map[K]*flight[V]{}
	}
	f.flying[key] = started
	f.done.Go(func() {
		defer cancel()
		started.value, started.err = guarded(ctx, load)
		f.mu.Lock()
		if f.flying[key] == started {
			delete(f.flying, key)
		}
		f.mu.Unlock()
		close(started.landed)
	})
	return started
}

// guarded makes a panic of load its error. A load runs on a goroutine of its own, where no handler
// recovers: one odd file would end the whole program.
func guarded[V any](ctx context.Context, load func(context.Context) (V, error)) (value V, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return load(ctx)
}

// wait returns when no load is under way any more.
func (f *flights[K, V]) wait() { f.done.Wait() }
