package library

import (
	"context"
	"sync"
	"time"

	"gop/video"
)

// catalog is what is known in short of the videos that were listed last. It stays when their indexes have
// made room for others.
type catalog struct {
	refusal time.Duration // after which one that cannot be read is looked at again
	ctx     context.Context
	cancel  context.CancelFunc
	working sync.WaitGroup

	mu      sync.Mutex
	entries map[string]*cataloged // by name
	queue   []string              // names of those that may be due
	filled  chan struct{}         // closed when nothing is due any more; nil where nobody fills
}

type cataloged struct {
	video   video.Video
	summary *video.Summary
	err     error     // why there is none
	noted   time.Time // when either became known; zero where neither is
}

func newCatalog(refusal time.Duration) *catalog {
	c := &catalog{refusal: refusal, entries: map[string]*cataloged{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// close gives up what is under way.
func (c *catalog) close() {
	c.cancel()
	c.working.Wait()
}

// due tells whether e is to be looked at: for the first time, or again, where this version may do better than before.
func (c *catalog) due(e *cataloged) bool {
	mayDoBetter := e.err == nil || !isLasting(e.err)
	return e.summary == nil && (e.noted.IsZero() || mayDoBetter && time.Since(e.noted) >= c.refusal)
}

// list takes over which videos there are, and forgets all others.
func (c *catalog) list(videos []video.Video) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make(map[string]*cataloged, len(videos))
	c.queue = nil
	for _, v := range videos {
		e := c.entries[v.Name]
		if e == nil || e.video.Version != v.Version {
			e = &cataloged{video: v}
		}
		entries[v.Name] = e
		if c.due(e) {
			c.queue = append(c.queue, v.Name)
		}
	}
	c.entries = entries
}

// note takes over what became known of a video. An error that is not about the video leaves what was known
// of it before.
func (c *catalog) note(v video.Video, ix *video.Index, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[v.Name]
	if e == nil || e.video.Version != v.Version {
		return
	}
	e.noted = time.Now()
	switch {
	case err == nil:
		sum := ix.Summary()
		e.summary, e.err = &sum, nil
	case isOfVideo(err):
		e.summary, e.err = nil, err
	}
}

// snapshot is what is known of those videos.
func (c *catalog) snapshot(videos []video.Video) []video.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make([]video.Entry, len(videos))
	for i, v := range videos {
		entries[i].Video = v
		if e := c.entries[v.Name]; e != nil && e.video.Version == v.Version {
			entries[i].Summary, entries[i].Err, entries[i].Pending = e.summary, e.err, e.noted.IsZero()
		}
	}
	return entries
}

// next is the next video that is due.
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

// listing is which videos there are.
type listing struct {
	videos []video.Video
	more   bool // than these
}

// Entries is the videos in the order of their names, at most as many as the Config allows, and whether there
// are more. What is not known of them becomes known, one video after the other, when nothing else is to be
// done; that is waited for until within is over.
func (l *Library) Entries(ctx context.Context, within time.Duration) (entries []video.Entry, more bool, err error) {
	found, _, err := l.listings.Do(ctx, struct{}{}, func(ctx context.Context) (listing, error) {
		videos, err := l.source.List(ctx, l.config.MaxVideos+1)
		if err != nil {
			return listing{}, err
		}
		found := listing{videos, len(videos) > l.config.MaxVideos}
		if found.more {
			found.videos = videos[:l.config.MaxVideos]
		}
		l.catalog.list(found.videos)
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

// fill has what is due indexed, if nobody does already; what it returns is closed when nothing is any more.
func (l *Library) fill() <-chan struct{} {
	c := l.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.filled == nil {
		c.filled = make(chan struct{})
		c.working.Go(func() {
			for v, ok := c.next(); ok && c.ctx.Err() == nil; v, ok = c.next() {
				l.lookAt(v)
			}
		})
	}
	return c.filled
}

// lookAt makes the index of a video when nothing else is to be done. Whatever comes of it is noted.
func (l *Library) lookAt(v video.Video) {
	key := indexKey{v.Name, v.Version, 1}
	if i, ok := l.indexes.GetIfPresent(key); ok {
		l.catalog.note(v, i.index, i.err)
		return
	}
	leave, err := l.jobs.awaitIdle(l.catalog.ctx)
	if err != nil {
		return
	}
	load, joined := l.indexLoads.Join(key, func(ctx context.Context) (indexed, error) {
		defer leave()
		return l.makeIndex(ctx, v, 1)
	})
	if joined {
		leave()
	}
	if i, err := load.Wait(l.catalog.ctx); err != nil {
		l.catalog.note(v, nil, err)
	} else {
		l.catalog.note(v, i.index, i.err)
	}
}
