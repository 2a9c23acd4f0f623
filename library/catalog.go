package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	"gop/video"
)

// catalog holds the last listing and a summary of each of its videos. A summary outlives the eviction of its
// index.
type catalog struct {
	errorExpiry time.Duration // after which an unreadable video is indexed again
	ctx         context.Context
	cancel      context.CancelFunc
	background  sync.WaitGroup

	mu       sync.Mutex
	listing  *listing                 // nil before the first
	listed   chan struct{}            // closed at the end of the listing in progress; nil if there is none
	entries  map[string]*catalogEntry // by name
	queue    []string                 // names of videos that may be due
	filled   chan struct{}            // closed when no video is due; nil unless a goroutine fills the catalog
	snapshot *video.Catalog           // nil if the listing or an entry has changed since the last one
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

// close cancels listing and indexing, and waits for both.
func (c *catalog) close() {
	c.cancel()
	c.background.Wait()
}

// due reports whether e must be indexed, for the first time or after an error that may have passed.
func (c *catalog) due(e *catalogEntry) bool {
	mayPass := e.err == nil || !isPermanent(e.err)
	return e.summary == nil && (e.updated.IsZero() || mayPass && time.Since(e.updated) >= c.errorExpiry)
}

// setListing ends the listing in progress. Entries of unchanged videos stay, and all of them if the listing
// failed.
func (c *catalog) setListing(found *listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listing != nil && found.err != nil {
		found.videos, found.more = c.listing.videos, c.listing.more
	}
	if c.listing == nil || !c.listing.isLike(found) {
		c.snapshot = nil
	}
	c.listing = found
	close(c.listed)
	c.listed = nil
	entries := make(map[string]*catalogEntry, len(found.videos))
	c.queue = nil
	for _, v := range found.videos {
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
	if e == nil || e.video.Version != v.Version || e.summary != nil && err == nil {
		return
	}
	e.updated, c.snapshot = time.Now(), nil
	switch {
	case err == nil:
		summary := ix.Summary()
		e.summary, e.err = &summary, nil
	case isVideoError(err):
		e.summary, e.err = nil, err
	}
}

// current returns the entries of the videos of the last listing. Calls return the same Catalog until that
// changes.
func (c *catalog) current() *video.Catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot != nil {
		return c.snapshot
	}
	s := &video.Catalog{Entries: make([]video.Entry, len(c.listing.videos)), More: c.listing.more}
	sum, text := sha256.New(), strconv.AppendBool(nil, s.More)
	_, _ = sum.Write(text) // a hash does not fail
	for i, v := range c.listing.videos {
		e := c.entries[v.Name]
		s.Entries[i] = video.Entry{Video: v, Summary: e.summary, Err: e.err, Pending: e.updated.IsZero()}
		text = append(append(append(text[:0], v.Name...), 0), v.Version...)
		switch {
		case e.updated.IsZero():
			s.Pending++
			text = append(text, "\x00pending"...)
		case e.err != nil:
			text = append(append(text, 0), video.Message(e.err)...)
		case e.summary != nil:
			text = append(text, "\x00ok"...)
		}
		_, _ = sum.Write(append(text, 0))
	}
	s.Version = hex.EncodeToString(sum.Sum(nil)[:16])
	c.snapshot = s
	return s
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

// Catalog returns the videos ordered by the parts of their names, at most Config.MaxVideos. Its list of
// videos is at most Config.ListInterval old, or older if listing the source takes long (see list). Catalog
// starts indexing videos without a summary, one at a time on an idle worker, and waits at most the duration
// within for them. Entries of videos not yet indexed are Pending.
func (l *Library) Catalog(ctx context.Context, within time.Duration) (*video.Catalog, error) {
	if err := l.refresh(ctx, within); err != nil {
		return nil, err
	}
	return l.catalog.current(), nil
}

// refresh lists the videos and waits at most the duration within until they are indexed.
func (l *Library) refresh(ctx context.Context, within time.Duration) error {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage))
	if err := l.list(ctx); err != nil {
		return err
	}
	if filled := l.fill(); filled != nil {
		limit := time.NewTimer(within)
		defer limit.Stop()
		select {
		case <-filled:
		case <-limit.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// fill starts a goroutine that indexes the videos that are due, unless one is running. The returned channel
// is closed when no video is due; it is nil if none is due now.
func (l *Library) fill() <-chan struct{} {
	c := l.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.filled == nil && len(c.queue) > 0 {
		c.filled = make(chan struct{})
		c.background.Go(func() {
			for v, ok := c.next(); ok && c.ctx.Err() == nil; v, ok = c.next() {
				l.summarize(v)
			}
		})
	}
	return c.filled
}

// summarize indexes v on an idle worker and updates the catalog.
func (l *Library) summarize(v video.Video) {
	key := indexKey{name: v.Name, version: v.Version, track: 1}
	if i, ok := l.indexes.GetIfPresent(key); ok {
		l.catalog.update(v, i.index, i.err)
		return
	}
	release, err := l.indexWorkers.AcquireIdle(l.catalog.ctx)
	if err != nil {
		return
	}
	load, joined := l.indexLoads.Join(key, func(ctx context.Context) (indexResult, error) {
		ctx, release := l.indexWorkers.withWorker(ctx, "", release)
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
