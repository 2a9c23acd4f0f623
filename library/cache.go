package library

import (
	"context"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"gop/video"
)

// newCache is a cache of values of at most so many bytes in all. Which of them stay is for W-TinyLFU
// to say, which keeps what is asked for often (https://arxiv.org/abs/1512.00727); expiry says how
// long what nobody asks for does.
func newCache[K comparable, V any](bytes int64, weigh func(V) int64, expiry otter.ExpiryCalculator[K, V]) (*otter.Cache[K, V], error) {
	return otter.New(&otter.Options[K, V]{
		MaximumWeight:    uint64(bytes),
		Weigher:          func(_ K, v V) uint32 { return uint32(min(weigh(v), math.MaxUint32)) },
		ExpiryCalculator: expiry,
	})
}

// entryBytes is about what an entry of a cache takes beside its value: its key, with the names in it,
// and the cache's own.
const entryBytes = 512

// weight is about how many bytes i takes in memory.
func (i indexed) weight() int64 {
	const gop, track = int64(unsafe.Sizeof(video.GOP{})), 512
	if i.index == nil {
		return entryBytes
	}
	return entryBytes + int64(cap(i.index.GOPs))*gop + int64(len(i.index.Tracks))*track
}

// indexExpiry keeps an index for a time after it was used last, and the reason why there is none for
// one that no use makes longer: what was in a file's way may pass.
type indexExpiry struct{ index, refusal time.Duration }

// ExpireAfterCreate, like the others, is as otter has it.
func (x indexExpiry) ExpireAfterCreate(e otter.Entry[indexKey, indexed]) time.Duration {
	if e.Value.err != nil {
		return x.refusal
	}
	return x.index
}

func (x indexExpiry) ExpireAfterUpdate(e otter.Entry[indexKey, indexed], _ indexed) time.Duration {
	return x.ExpireAfterCreate(e)
}

func (x indexExpiry) ExpireAfterRead(e otter.Entry[indexKey, indexed]) time.Duration {
	if e.Value.err != nil {
		return e.ExpiresAfter()
	}
	return x.index
}

// productCache is a cache of what the engine makes, and counts its hits and misses.
type productCache[K comparable, V any] struct {
	*otter.Cache[K, V]
	hits, misses atomic.Int64
}

// get returns the cached value of key. Otherwise it joins the load of another request, or waits for the limiter and calls
// make, which caches what it returns. At least atLeast requests may wait, whatever the limiter says.
func (c *productCache[K, V]) get(
	ctx context.Context, key K, loads *flights[K, V], limiter *jobs, atLeast int64, make func(context.Context) (V, error),
) (V, video.CacheStatus, error) {
	if v, ok := c.GetIfPresent(key); ok {
		c.hits.Add(1)
		return v, video.CacheHit, nil
	}
	c.misses.Add(1)
	v, joined, err := loads.do(ctx, key, func(ctx context.Context) (V, error) {
		// Another load may have ended since.
		if v, ok := c.GetIfPresent(key); ok {
			return v, nil
		}
		leave, err := limiter.enter(ctx, atLeast)
		if err != nil {
			var none V
			return none, err
		}
		defer leave()
		return make(ctx)
	})
	if joined {
		return v, video.CacheCollapsed, err
	}
	return v, video.CacheMiss, err
}

func (c *productCache[K, V]) state() CacheState {
	return CacheState{c.hits.Load(), c.misses.Load(), c.EstimatedSize(), int64(c.WeightedSize())}
}
