package library

import (
	"context"
	"slices"
	"sync"
	"time"

	"gop/video"
)

// budget bounds the bytes in flight: the memory of segments, thumbnails and fragments that responses are
// sending. It counts a product once, however many responses share it, even if the cache holds it too.
//
// Bytes fit if they are at most half of those that are free, so that large responses leave room for smaller
// ones. While an eighth of the budget or less is in use, any number of bytes fits. A response that holds at
// most smallResponse, such as that of a zero-copy segment, is always admitted.
type budget struct {
	limit      int64         // bytes
	maxWaiting int           // calls
	timeout    time.Duration // longest wait

	mu      sync.Mutex
	used    int64 // bytes
	shares  map[any]*share
	waiting []*waitingBytes // in order of arrival
	refused int64           // in total
}

// share is a product in flight.
type share struct {
	bytes     int64
	responses int
}

// waitingBytes is a call that waits for bytes.
type waitingBytes struct {
	bytes int64
	taken chan struct{} // closed when the call has its bytes
}

// smallResponse is the size in bytes of a response that is always admitted. The limit on connections bounds
// their number.
const smallResponse = 64 << 10

var errBytesInFlight = video.Errorf(video.Unavailable, "the responses in flight take too much memory")

func newBudget(limit int64, maxWaiting int, timeout time.Duration) *budget {
	return &budget{limit: limit, maxWaiting: maxWaiting, timeout: timeout, shares: map[any]*share{}}
}

// product is a result of the engine.
type product interface {
	comparable
	// Memory estimates the memory of the product in bytes.
	Memory() int64
}

// whileHeld gets a product and passes it to send. The product counts as in flight until send returns. If it
// does not fit, whileHeld drops it, waits for its size, and gets it again: waiting requests hold no memory.
func whileHeld[V product](
	ctx context.Context, b *budget, get func() (V, video.CacheStatus, error),
	send func(V, video.CacheStatus) error,
) error {
	for reserved := int64(0); ; {
		v, status, err := get()
		if err != nil {
			b.release(reserved)
			return err
		}
		bytes := v.Memory()
		if b.hold(v, bytes, reserved) {
			defer b.drop(v)
			return send(v, status)
		}
		if err := b.reserve(ctx, bytes); err != nil {
			return err
		}
		reserved = bytes
	}
}

// hold counts a product for one more response. It takes the bytes from those that the caller has reserved. If
// they do not fit, it releases the reserved ones and reports false.
func (b *budget) hold(key any, bytes, reserved int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= reserved
	defer b.admit()
	if s := b.shares[key]; s != nil {
		s.responses++
		return true
	}
	if bytes > max(reserved, smallResponse) && !b.fits(bytes) {
		return false
	}
	b.used += bytes
	b.shares[key] = &share{bytes, 1}
	return true
}

// drop ends one response's use of a product. The last one to end releases the product's bytes.
func (b *budget) drop(key any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shares[key]
	if s.responses--; s.responses == 0 {
		delete(b.shares, key)
		b.used -= s.bytes
		b.admit()
	}
}

// reserve waits until bytes fit and takes them. The caller passes them to hold or to release.
func (b *budget) reserve(ctx context.Context, bytes int64) error {
	b.mu.Lock()
	if b.fits(bytes) {
		b.used += bytes
		b.mu.Unlock()
		return nil
	}
	if len(b.waiting) >= b.maxWaiting {
		b.refused++
		b.mu.Unlock()
		return errBytesInFlight
	}
	call := &waitingBytes{bytes, make(chan struct{})}
	b.waiting = append(b.waiting, call)
	b.mu.Unlock()

	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage))
	wait, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	select {
	case <-call.taken:
		return nil
	case <-wait.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.waiting, call)
	if i < 0 {
		return nil // it got its bytes meanwhile
	}
	b.waiting = slices.Delete(b.waiting, i, i+1)
	if err := ctx.Err(); err != nil {
		return err
	}
	b.refused++
	return errBytesInFlight
}

// tryReserve takes bytes if they fit.
func (b *budget) tryReserve(bytes int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.fits(bytes) {
		return false
	}
	b.used += bytes
	return true
}

// take takes bytes even if they do not fit.
func (b *budget) take(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += bytes
}

// release returns bytes that were taken.
func (b *budget) release(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= bytes
	b.admit()
}

// fits reports whether bytes can be taken. The caller holds b.mu.
func (b *budget) fits(bytes int64) bool {
	return b.used <= b.limit/8 || bytes <= (b.limit-b.used)/2
}

// admit admits, in order of arrival, each waiting call whose bytes fit. The caller holds b.mu.
func (b *budget) admit() {
	b.waiting = slices.DeleteFunc(b.waiting, func(call *waitingBytes) bool {
		if !b.fits(call.bytes) {
			return false
		}
		b.used += call.bytes
		close(call.taken)
		return true
	})
}

// state returns the current counts.
func (b *budget) state() BudgetState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return BudgetState{b.used, len(b.waiting), b.refused}
}
