package library

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"gop/internal/singleflight"
	"gop/video"
)

// newCache returns a cache whose values weigh at most the given number of bytes in total. W-TinyLFU selects
// the values to evict, by recency and frequency (https://arxiv.org/abs/1512.00727).
func newCache[K comparable, V any](
	bytes int64, weigh func(V) int64, expiry otter.ExpiryCalculator[K, V],
) (*otter.Cache[K, V], error) {
	return otter.New(&otter.Options[K, V]{
		MaximumWeight:    uint64(bytes),
		Weigher:          func(_ K, v V) uint32 { return uint32(min(weigh(v), math.MaxUint32)) },
		ExpiryCalculator: expiry,
	})
}

// entryOverhead estimates the memory of a cache entry without its value: the key and the cache's bookkeeping.
const entryOverhead = 512

// weight estimates the memory of i, in bytes.
func (i indexResult) weight() int64 {
	const track = 512
	if i.index == nil {
		return entryOverhead
	}
	return entryOverhead + i.index.GOPs.Memory() + int64(len(i.index.Tracks))*track +
		i.index.Description.Memory()
}

// indexExpiry keeps an index until it was unused for a time. An error expires at a fixed time after it was
// made, however often it is read, because its cause may pass.
type indexExpiry struct{ index, err time.Duration }

// ExpireAfterCreate implements otter.ExpiryCalculator.
func (x indexExpiry) ExpireAfterCreate(e otter.Entry[indexKey, indexResult]) time.Duration {
	if e.Value.err != nil {
		return x.err
	}
	return x.index
}

// ExpireAfterUpdate implements otter.ExpiryCalculator.
func (x indexExpiry) ExpireAfterUpdate(e otter.Entry[indexKey, indexResult], _ indexResult) time.Duration {
	return x.ExpireAfterCreate(e)
}

// ExpireAfterRead implements otter.ExpiryCalculator.
func (x indexExpiry) ExpireAfterRead(e otter.Entry[indexKey, indexResult]) time.Duration {
	if e.Value.err != nil {
		return e.ExpiresAfter()
	}
	return x.index
}

// productCache caches results of the engine by key, and counts hits and misses.
type productCache[K comparable, V any] struct {
	*otter.Cache[K, V]
	hits, misses atomic.Int64
}

// get returns the cached value of key, if there is one. Otherwise it joins the load of another request, or
// waits for the limiter and calls load, which caches what it returns.
func (c *productCache[K, V]) get(
	ctx context.Context, key K, loads *singleflight.Group[K, V], limiter *limiter,
	load func(context.Context) (V, error),
) (V, video.CacheStatus, error) {
	if v, ok := c.GetIfPresent(key); ok {
		c.hits.Add(1)
		return v, video.CacheHit, nil
	}
	c.misses.Add(1)
	client, timings := video.ClientOf(ctx), video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage)) // load enters others
	v, joined, err := loads.Do(ctx, key, func(ctx context.Context) (V, error) {
		// Another load may have filled the cache since.
		if v, ok := c.GetIfPresent(key); ok {
			return v, nil
		}
		ctx = video.WithTimings(ctx, timings)
		release, err := limiter.Acquire(ctx, client)
		if err != nil {
			var zero V
			return zero, err
		}
		ctx, release = limiter.withWorker(ctx, client, release)
		defer release()
		return load(ctx)
	})
	if joined {
		return v, video.CacheCollapsed, err
	}
	return v, video.CacheMiss, err
}

func (c *productCache[K, V]) state() CacheState {
	return CacheState{c.hits.Load(), c.misses.Load(), c.EstimatedSize(), int64(c.WeightedSize())}
}
