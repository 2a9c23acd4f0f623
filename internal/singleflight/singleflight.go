// Package singleflight coalesces concurrent loads of the same key.
package singleflight

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Group runs one load per key at a time and gives its result to every caller that asks for the key meanwhile.
//
// A load runs on a goroutine of its own. Its context is independent of the callers' contexts: it ends after
// Timeout, or when the last waiting caller returns. A Group is ready for use once Timeout is set.
type Group[K comparable, V any] struct {
	Timeout time.Duration // limits each load; must be positive

	mu       sync.Mutex
	inFlight map[K]*Call[K, V]
	loads    sync.WaitGroup
}

// Call is a load in flight, or a finished one.
type Call[K comparable, V any] struct {
	group   *Group[K, V]
	key     K
	cancel  context.CancelFunc
	waiting int           // callers in or before Wait; guarded by group.mu
	done    chan struct{} // closed after value and err are set
	value   V
	err     error
}

// Do returns the result of load for key. If a load of key is in flight, Do waits for that one instead and
// reports shared. Do returns ctx's error as soon as ctx ends.
func (g *Group[K, V]) Do(
	ctx context.Context, key K, load func(context.Context) (V, error),
) (_ V, shared bool, _ error) {
	if err := ctx.Err(); err != nil {
		var zero V
		return zero, false, err
	}
	call, shared := g.Join(key, load)
	value, err := call.Wait(ctx)
	return value, shared, err
}

// Join returns the call in flight for key and reports shared, or starts load. The caller must call Wait once.
func (g *Group[K, V]) Join(key K, load func(context.Context) (V, error)) (call *Call[K, V], shared bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	call, shared = g.inFlight[key]
	if !shared {
		call = g.start(key, load)
	}
	call.waiting++
	return call, shared
}

// Wait returns the result of the load. If ctx ends first, Wait returns ctx's error, and the load is canceled
// unless another caller still waits for it.
func (c *Call[K, V]) Wait(ctx context.Context) (V, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
	}
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	if c.waiting--; c.waiting == 0 {
		// A later caller must not join a canceled load.
		c.cancel()
		c.group.forget(c)
	}
	var zero V
	return zero, ctx.Err()
}

// InFlight reports whether a load of key is in flight.
func (g *Group[K, V]) InFlight(key K) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inFlight[key] != nil
}

// Wait blocks until no load is in flight. Canceled loads count until they return.
func (g *Group[K, V]) Wait() { g.loads.Wait() }

// start starts load. The caller holds g.mu.
func (g *Group[K, V]) start(key K, load func(context.Context) (V, error)) *Call[K, V] {
	ctx, cancel := context.WithTimeout(context.Background(), g.Timeout)
	call := &Call[K, V]{group: g, key: key, cancel: cancel, done: make(chan struct{})}
	if g.inFlight == nil {
		g.inFlight = map[K]*Call[K, V]{}
	}
	g.inFlight[key] = call
	g.loads.Go(func() {
		defer cancel()
		call.value, call.err = Recover(ctx, load)
		g.mu.Lock()
		g.forget(call)
		g.mu.Unlock()
		close(call.done)
	})
	return call
}

// forget removes call from the calls in flight, unless another one has taken its place. The caller holds
// g.mu.
func (g *Group[K, V]) forget(call *Call[K, V]) {
	if g.inFlight[call.key] == call {
		delete(g.inFlight, call.key)
	}
}

// Recover calls load and returns its panic, if any, as an error with the stack. Without it, a panic on a
// goroutine that no HTTP handler started ends the process.
func Recover[V any](ctx context.Context, load func(context.Context) (V, error)) (value V, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return load(ctx)
}
