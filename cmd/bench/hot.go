package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// hot is part c: repeated requests for one GOP.
func (b *bench) hot(ctx context.Context, progress progressFunc) (s section, err error) {
	s = section{
		Title: "One GOP, hot",
		About: fmt.Sprintf("wrk requests the same GOP of a 1 h mp4 repeatedly for %d s over 1, 16 and 256 "+
			"connections. "+
			"gop runs with its defaults. nginx serves the same bytes as a static file. wrk runs on the "+
			"same machine and uses part of its CPU.", b.amounts.loadSeconds),
	}
	gop, err := b.startGOP(ctx, defaults)
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

	levels := []int{1, 16, 256}
	for i, connections := range levels {
		load := func(s server) func(context.Context) (round, error) {
			return func(ctx context.Context) (round, error) {
				return s.load(ctx, path, connections, b.amounts.loadSeconds)
			}
		}
		part := progress.share(i, len(levels))
		what := fmt.Sprintf("connections: %d", connections)
		results, err := runRounds(ctx, b.options.Rounds, part, "c: one GOP hot, "+what,
			[]contender{{name: "gop", run: load(gop)}, {name: nginxStatic, run: load(nginx)}})
		if err != nil {
			return s, err
		}
		s.Comparisons = append(s.Comparisons, comparison{
			What: what, Results: results, Note: fmt.Sprintf("The GOP has %s.", bytesText(float64(size))),
		})
		gop, nginx := resultOf(results, "gop"), resultOf(results, nginxStatic)
		switch connections {
		case 1:
			s.Targets = append(s.Targets, atMost("hot GOP, 1 connection: p50 of gop / of nginx",
				ratio(gop, nginx, p50).Median, 1.25, "times"))
		case 16:
			s.Targets = append(s.Targets, atLeast("hot GOP, 16 connections: requests per second of gop / "+
				"of nginx", ratio(gop, nginx, perSecond).Median, 1, "times"))
		}
	}
	return s, nil
}
