package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// linkClips makes the folder that gop serves, with hard links to the clips of the selected parts.
func (b *bench) linkClips() error {
	b.served = filepath.Join(b.scratch, "videos")
	if err := os.Mkdir(b.served, 0o755); err != nil {
		return err
	}
	for _, c := range b.clips() {
		if err := os.Link(b.clip(c.file), filepath.Join(b.served, c.file)); err != nil {
			return err
		}
	}
	return nil
}

// touch makes a file a new version of itself: gop and other servers that cache by version have nothing of it.
func touch(path string) error {
	now := time.Now()
	return os.Chtimes(path, now, now)
}

// getFresh is getAll of paths of a video that has a new version for each of them. It fails if a response
// comes from a cache.
func (b *bench) getFresh(ctx context.Context, s server, file string, paths []string) (round, error) {
	r, err := s.getEach(ctx, nil, paths, func() error { return touch(b.clip(file)) })
	if err == nil && r.Hits > 0 {
		err = fmt.Errorf("%d responses for new versions of %s came from a cache", r.Hits, file)
	}
	return r, err
}

// repeat returns a slice with path n times.
func repeat(path string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = path
	}
	return all
}
