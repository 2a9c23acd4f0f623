package library

import (
	"context"
	"sync"
)

// worker is a limiter's worker that a call of the engine holds. The call yields it while it waits for slow
// storage, and resumes when the storage responds. A nil worker does nothing.
type worker struct {
	limiter *limiter
	client  string // that the call is for

	mu      sync.Mutex
	release func() // nil while it is yielded
}

type workerKey struct{}

// workerOf returns the worker that the call with ctx holds, or nil.
func workerOf(ctx context.Context) *worker {
	w, _ := ctx.Value(workerKey{}).(*worker)
	return w
}

// withWorker returns a context for a client's call that holds the worker that release frees, and a function
// that frees the worker unless it is yielded.
func (l *limiter) withWorker(
	ctx context.Context, client string, release func(),
) (context.Context, func()) {
	w := &worker{limiter: l, client: client, release: release}
	return context.WithValue(ctx, workerKey{}, w), w.yield
}

// yield frees the worker, if it is held.
func (w *worker) yield() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.release != nil {
		w.release()
		w.release = nil
	}
}

// resume waits for a worker, if it was yielded.
func (w *worker) resume(ctx context.Context) (err error) {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.release == nil {
		w.release, err = w.limiter.Reacquire(ctx, w.client)
	}
	return err
}
