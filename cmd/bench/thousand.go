package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

const (
	// thousand is the number of videos that thousandVideos requests.
	thousand = 1000
	// thousandConnections keep two cores busy. A slow machine refuses requests of many more: in an overload,
	// a client may have one index waiting.
	thousandConnections = 4
)

// thousandVideos requests one GOP of each of many videos, once. Each connection has its own copy of a minute
// and its own names for it, so that it can change the copy's version before each request.
func (b *bench) thousandVideos(ctx context.Context, progress progressFunc, s *section) error {
	progress(0, "h: making 1,000 videos")
	copies, err := b.linkThousand(ctx)
	if err != nil {
		return err
	}
	var rates, growths []float64
	for n := range b.options.Rounds {
		progress(float64(n)/float64(b.options.Rounds), fmt.Sprintf("h: 1,000 videos, round %d", n+1))
		err := b.with(ctx, defaults, func(gop server) error {
			// Of another video: the pools and buffers that every process has.
			if _, err := b.getFresh(ctx, gop, minuteMP4, []string{gopPath(minuteMP4, 15)}); err != nil {
				return err
			}
			before, err := gop.Memory("VmRSS")
			if err != nil {
				return err
			}
			started := time.Now()
			if err := getThousand(ctx, gop, copies); err != nil {
				return err
			}
			rates = append(rates, thousand/time.Since(started).Seconds())
			after, err := gop.Memory("VmRSS")
			growths = append(growths, float64(after-before)/(1<<20))
			return err
		})
		if err != nil {
			return err
		}
	}
	rate, growth := stats.SpreadOf(rates), stats.SpreadOf(growths)
	s.Tables = append(s.Tables, table{
		Head: []string{"1,000 videos of 1 min, one GOP each", ""},
		Rows: [][]string{
			{"GOPs per second", spreadText(rate)}, {"growth of resident memory, MiB", spreadText(growth)},
		},
	})
	s.Targets = append(s.Targets,
		atLeast("1,000 videos of 1 min, one GOP each: GOPs per second", rate.Median, 1500, ""),
		atMost("1,000 videos of 1 min, one GOP each: growth of resident memory", growth.Max, 40, "MiB"))
	return nil
}

// gopPath returns the path of a GOP.
func gopPath(file string, n int) string {
	return fmt.Sprintf("/videos/%s/group-of-pictures/%d.mp4", file, n)
}

// thousandName returns the name of the n-th of the videos.
func thousandName(n int) string { return fmt.Sprintf("many/%04d.mp4", n) }

// linkThousand makes a copy of a minute for each connection, and the names of all videos: name n is a hard
// link to copy n modulo the number of copies.
func (b *bench) linkThousand(ctx context.Context) (copies []string, err error) {
	if err := os.Mkdir(filepath.Join(b.served, "many"), 0o755); err != nil {
		return nil, err
	}
	for n := range thousandConnections {
		path := filepath.Join(b.scratch, fmt.Sprintf("copy-%02d.mp4", n))
		if _, err := process.RunToEnd(ctx, nil, "cp", b.clip(minuteMP4), path); err != nil {
			return nil, err
		}
		copies = append(copies, path)
	}
	for n := range thousand {
		err := os.Link(copies[n%len(copies)], filepath.Join(b.served, thousandName(n)))
		if err != nil {
			return nil, err
		}
	}
	return copies, nil
}

// getThousand requests a GOP of each video, over one connection for each copy.
func getThousand(ctx context.Context, gop server, copies []string) error {
	errs := make([]error, len(copies))
	var connections sync.WaitGroup
	for i, path := range copies {
		connections.Go(func() {
			c, err := dial(ctx, gop.host)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.close()
			var paths []string
			for n := i; n < thousand; n += len(copies) {
				paths = append(paths, gopPath(thousandName(n), 15))
			}
			_, errs[i] = c.getAll(paths, func() error { return touch(path) })
		})
	}
	connections.Wait()
	return errors.Join(errs...)
}
