package library

import (
	"context"
	"slices"
	"time"

	"gop/internal/singleflight"
	"gop/video"
)

const (
	// listWait is how long a call waits for a new listing while there is an expired one.
	listWait = time.Second

	// listRest is the least time between two listings as a multiple of the duration of the first, so that
	// listing takes at most a fifth of the time of a core.
	listRest = 4
)

// listing is the result of listing the source's videos.
type listing struct {
	videos  []video.Video
	more    bool // the source has more videos than these
	err     error
	expires time.Time
}

// isLike reports whether both listings have the same versions of the same videos.
func (l *listing) isLike(other *listing) bool {
	return l.more == other.more && slices.EqualFunc(l.videos, other.videos, func(a, b video.Video) bool {
		return a.Name == b.Name && a.Version == b.Version
	})
}

// list updates the catalog's listing if that has expired, and returns the listing's error. One listing is in
// progress at a time. The call that starts it waits for its end, but at most listWait if there is an expired
// listing. Other calls use the expired listing, and wait only if there is none.
func (l *Library) list(ctx context.Context) error {
	c := l.catalog
	c.mu.Lock()
	last, listed, starts := c.listing, c.listed, false
	if listed == nil && (last == nil || !time.Now().Before(last.expires)) {
		listed, starts = make(chan struct{}), true
		c.listed = listed
		c.background.Go(l.listSource)
	}
	c.mu.Unlock()
	switch {
	case last == nil:
		select {
		case <-listed:
		case <-ctx.Done():
			return ctx.Err()
		}
	case starts:
		limit := time.NewTimer(listWait)
		defer limit.Stop()
		select {
		case <-listed:
		case <-limit.C:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listing.err
}

// listSource lists the source's videos and updates the catalog.
func (l *Library) listSource() {
	ctx, cancel := context.WithTimeout(l.catalog.ctx, l.config.IndexTimeout)
	defer cancel()
	start := time.Now()
	videos, err := singleflight.Recover(ctx, func(ctx context.Context) ([]video.Video, error) {
		return l.source.List(ctx, l.config.MaxVideos+1)
	})
	found := &listing{videos: videos, err: err}
	if len(videos) > l.config.MaxVideos {
		found.videos, found.more = videos[:l.config.MaxVideos], true
	}
	end := time.Now()
	found.expires = end.Add(l.config.ListInterval)
	if rested := end.Add(listRest * end.Sub(start)); err == nil && rested.After(found.expires) {
		found.expires = rested
	}
	l.catalog.setListing(found)
}
