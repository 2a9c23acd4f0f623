package library

import (
	"context"
	"fmt"

	"gop/video"
)

// Index returns the index of the n-th video track of the named video after its keyframes were read; n counts
// from 1. Its errors are those of the source and the engine, video.Unavailable if too many requests wait
// already, video.Timeout past the configured time, and video.ErrChanged if the file changes while it is
// indexed.
func (l *Library) Index(ctx context.Context, name string, n int) (*video.Index, error) {
	ix, err := l.index(ctx, name, n)
	if err != nil {
		return nil, err
	}
	return l.withKeys(ctx, ix, n)
}

// index is Index, but the keyframes may be unread.
func (l *Library) index(ctx context.Context, name string, n int) (*video.Index, error) {
	v, err := l.stat(ctx, name)
	if err != nil {
		return nil, err
	}
	key := indexKey{name: v.Name, version: v.Version, track: n}
	index := func(ctx context.Context) (indexResult, error) { return l.makeIndex(ctx, v, n) }
	i, _, err := l.indexes.get(ctx, key, &l.indexLoads, l.indexWorkers, index)
	if err != nil {
		return nil, err
	}
	return i.index, i.err
}

// withKeys returns ix, the index of a video's n-th video track, after its keyframes were read.
func (l *Library) withKeys(ctx context.Context, ix *video.Index, n int) (*video.Index, error) {
	if !ix.KeysUnread {
		return ix, nil
	}
	key := indexKey{ix.Video.Name, ix.Video.Version, n, true}
	i, _, err := l.indexes.get(ctx, key, &l.indexLoads, l.indexWorkers,
		func(ctx context.Context) (indexResult, error) { return l.readKeys(ctx, ix, n) })
	return i.index, err
}

// readKeys completes ix and caches the result in its place.
func (l *Library) readKeys(ctx context.Context, ix *video.Index, n int) (indexResult, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.IndexStage))
	read, err := l.engine.ReadKeys(ctx, ix, l.opener(ix.Video))
	if err == nil {
		err = l.checkVersion(ctx, ix.Video.Name, ix.Video.Version)
	}
	if err != nil {
		return indexResult{}, fmt.Errorf("read keyframes of %s: %w", video.PrintableName(ix.Video.Name), err)
	}
	l.stored.save(read, n)
	i := indexResult{read, nil}
	l.indexes.Set(indexKey{name: ix.Video.Name, version: ix.Video.Version, track: n}, i)
	return i, nil
}

// makeIndex takes a video's index from the store or makes it, and caches the result: the index, or the reason
// why there is none.
func (l *Library) makeIndex(ctx context.Context, v video.Video, n int) (indexResult, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.IndexStage))
	ix, err := l.stored.load(ctx, v, n), error(nil)
	if ix == nil {
		if ix, err = l.engine.Index(ctx, v, n, l.opener(v)); err == nil {
			err = l.checkVersion(ctx, v.Name, v.Version)
		}
		if err == nil {
			l.stored.save(ix, n)
		}
	}
	if n == 1 {
		l.catalog.update(v, ix, err)
	}
	if err != nil && !isPermanent(err) {
		return indexResult{}, fmt.Errorf("index %s: %w", video.PrintableName(v.Name), err)
	}
	i := indexResult{ix, err}
	l.indexes.Set(indexKey{name: v.Name, version: v.Version, track: n}, i)
	return i, nil
}
