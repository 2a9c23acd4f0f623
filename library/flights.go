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

// do returns what load returns for key, or what another load returns that it joined, since that was
// under way.
func (f *flights[K, V]) do(ctx context.Context, key K, load func(context.Context) (V, error)) (_ V, joined bool, _ error) {
	if err := ctx.Err(); err != nil {
		var none V
		return none, false, err
	}
	current, joined := f.join(key, load)
	value, err := f.await(ctx, key, current)
	return value, joined, err
}

// join begins a load, or joins one that is under way; who did awaits it.
func (f *flights[K, V]) join(key K, load func(context.Context) (V, error)) (current *flight[V], joined bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	current, joined = f.flying[key]
	if !joined {
		current = f.start(key, load)
	}
	current.waiting++
	return current, joined
}

// await returns what a load returns. Where ctx ends before, and nobody else waits, it is given up.
func (f *flights[K, V]) await(ctx context.Context, key K, current *flight[V]) (V, error) {
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
	var none V
	return none, ctx.Err()
}

// isFlying tells whether a load of key is under way.
func (f *flights[K, V]) isFlying(key K) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flying[key] != nil
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
