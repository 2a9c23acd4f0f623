package library

import (
	"context"
	"sync"
	"time"

	"gop/video"
)

// catalog holds a summary of every video of the last listing. A summary outlives the eviction of its index.
type catalog struct {
	errorExpiry time.Duration // after which an unreadable video is indexed again
	ctx         context.Context
	cancel      context.CancelFunc
	fills       sync.WaitGroup

	mu      sync.Mutex
	entries map[string]*catalogEntry // by name
	queue   []string                 // names of videos that may be due
	filled  chan struct{}            // closed when no video is due; nil unless a goroutine fills the catalog
}

type catalogEntry struct {
	video   video.Video
	summary *video.Summary // nil if err is set, or before the video is indexed
	err     error
	updated time.Time // when summary or err was set; zero if neither was
}

func newCatalog(errorExpiry time.Duration) *catalog {
	c := &catalog{errorExpiry: errorExpiry, entries: map[string]*catalogEntry{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// close cancels the indexing in progress and waits for it.
func (c *catalog) close() {
	c.cancel()
	c.fills.Wait()
}

// due reports whether e must be indexed, for the first time or after an error that may have passed.
func (c *catalog) due(e *catalogEntry) bool {
	mayPass := e.err == nil || !isPermanent(e.err)
	return e.summary == nil && (e.updated.IsZero() || mayPass && time.Since(e.updated) >= c.errorExpiry)
}

// setVideos replaces the set of videos. Entries of unchanged videos stay.
func (c *catalog) setVideos(videos []video.Video) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make(map[string]*catalogEntry, len(videos))
	c.queue = nil
	for _, v := range videos {
		e := c.entries[v.Name]
		if e == nil || e.video.Version != v.Version {
			e = &catalogEntry{video: v}
		}
		entries[v.Name] = e
		if c.due(e) {
			c.queue = append(c.queue, v.Name)
		}
	}
	c.entries = entries
}

// update records the result of indexing v. An error that is not about the video itself leaves its entry as it
// was.
func (c *catalog) update(v video.Video, ix *video.Index, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[v.Name]
	if e == nil || e.video.Version != v.Version {
		return
	}
	e.updated = time.Now()
	switch {
	case err == nil:
		summary := ix.Summary()
		e.summary, e.err = &summary, nil
	case isVideoError(err):
		e.summary, e.err = nil, err
	}
}

// snapshot returns the entries of the given videos.
func (c *catalog) snapshot(videos []video.Video) []video.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make([]video.Entry, len(videos))
	for i, v := range videos {
		entries[i].Video = v
		if e := c.entries[v.Name]; e != nil && e.video.Version == v.Version {
			entries[i].Summary, entries[i].Err, entries[i].Pending = e.summary, e.err, e.updated.IsZero()
		}
	}
	return entries
}

// next returns the next video that is due. If there is none, it closes c.filled and reports false.
func (c *catalog) next() (v video.Video, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) > 0 {
		e := c.entries[c.queue[0]]
		c.queue = c.queue[1:]
		if c.due(e) {
			return e.video, true
		}
	}
	close(c.filled)
	c.filled = nil
	return v, false
}

// listing is a list of the source's videos.
type listing struct {
	videos []video.Video
	more   bool // the source has more videos than these
}

// Entries returns the videos ordered by name, at most Config.MaxVideos, and reports whether the source has
// more. It starts indexing videos without a summary, one at a time on an idle worker, and waits at
// most the duration within for them. Entries of videos not yet indexed are Pending.
func (l *Library) Entries(
	ctx context.Context, within time.Duration,
) (entries []video.Entry, more bool, err error) {
	found, _, err := l.listings.Do(ctx, struct{}{}, func(ctx context.Context) (listing, error) {
		videos, err := l.source.List(ctx, l.config.MaxVideos+1)
		if err != nil {
			return listing{}, err
		}
		found := listing{videos, len(videos) > l.config.MaxVideos}
		if found.more {
			found.videos = videos[:l.config.MaxVideos]
		}
		l.catalog.setVideos(found.videos)
		return found, nil
	})
	if err != nil {
		return nil, false, err
	}
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-l.fill():
	case <-limit.C:
	case <-ctx.Done():
	}
	return l.catalog.snapshot(found.videos), found.more, nil
}

// fill starts a goroutine that indexes the videos that are due, unless one is running. The returned channel
// is closed when no video is due.
func (l *Library) fill() <-chan struct{} {
	c := l.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.filled == nil {
		c.filled = make(chan struct{})
		c.fills.Go(func() {
			for v, ok := c.next(); ok && c.ctx.Err() == nil; v, ok = c.next() {
				l.summarize(v)
			}
		})
	}
	return c.filled
}

// summarize indexes v on an idle worker and updates the catalog.
func (l *Library) summarize(v video.Video) {
	key := indexKey{v.Name, v.Version, 1}
	if i, ok := l.indexes.GetIfPresent(key); ok {
		l.catalog.update(v, i.index, i.err)
		return
	}
	release, err := l.indexWorkers.AcquireIdle(l.catalog.ctx)
	if err != nil {
		return
	}
	load, joined := l.indexLoads.Join(key, func(ctx context.Context) (indexResult, error) {
		defer release()
		return l.makeIndex(ctx, v, 1)
	})
	if joined {
		release()
	}
	if i, err := load.Wait(l.catalog.ctx); err != nil {
		l.catalog.update(v, nil, err)
	} else {
		l.catalog.update(v, i.index, i.err)
	}
}
