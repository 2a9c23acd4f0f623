package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// hot is part c: one GOP is asked for again and again.
func (b *bench) hot(ctx context.Context, at progressFunc) (s section, err error) {
	s = section{
		Title: "One GOP, hot",
		About: fmt.Sprintf("wrk asks for the same GOP of an hour of mp4 again and again, for %d s each time, over 1, 16 and 256 connections. "+
			"gop runs with its defaults. nginx serves the same bytes as a file. wrk runs on the same machine and takes its share.", b.amounts.loadSeconds),
	}
	gop, err := b.startGOP(ctx, asItComes)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, gop.Stop()) }()
	dir := filepath.Join(b.scratch, "hot")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return s, err
	}
	nginx, err := b.startNginx(ctx, dir)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, nginx.Stop()) }()
	entries, err := gop.list(ctx, hourMP4)
	if err != nil {
		return s, err
	}
	path := entries[len(entries)/2].GOP.Href
	size, err := mirror(ctx, gop, nginx, dir, []string{path})
	if err != nil {
		return s, err
	}

	numbers := []int{1, 16, 256}
	for i, connections := range numbers {
		load := func(w web) func(context.Context) (round, error) {
			return func(ctx context.Context) (round, error) {
				return w.load(ctx, path, connections, b.amounts.loadSeconds)
			}
		}
		part := at.share(i, len(numbers))
		what := fmt.Sprintf("%d connections", connections)
		results, err := contest(ctx, b.options.Rounds, part, "c: one GOP hot, "+what,
			[]contender{{name: "gop", run: load(gop)}, {name: nginxStatic, run: load(nginx)}})
		if err != nil {
			return s, err
		}
		s.Comparisons = append(s.Comparisons, comparison{
			What: what, Results: results, Note: fmt.Sprintf("The GOP has %s.", bytesText(float64(size))),
		})
		if connections == 16 {
			s.Targets = append(s.Targets, atLeast("hot GOP, 16 connections: share of nginx's requests a second",
				ratio(find(results, "gop"), find(results, nginxStatic), perSecond).Median, 0.9, "times"))
		}
	}
	return s, nil
}
