package main

import (
	"context"
	"fmt"
	"path/filepath"

	"gop/cmd/internal/stats"
)

// newProcesses compares the first response of a new process with its later ones.
func (b *bench) newProcesses(ctx context.Context, progress progressFunc, s *section) error {
	var gops []string
	err := b.with(ctx, defaults, func(gop server) error {
		entries, err := gop.list(ctx, hourMP4)
		gops = hrefs(spaced(entries, b.amounts.freshSegments))
		return err
	})
	if err != nil {
		return err
	}
	t := table{Head: []string{"new process, " + hourMP4, "first ms", "median of later ms", "first / later"}}
	for _, one := range []struct {
		name  string
		paths []string
	}{{"listing", repeat(listingPath(hourMP4), b.amounts.hourListings)}, {"GOP", gops}} {
		var firsts, laters []float64
		for n := range b.options.Rounds {
			progress(0.5, fmt.Sprintf("h: first %s of a new process, round %d", one.name, n+1))
			first, later, err := b.newProcess(ctx, one.paths)
			if err != nil {
				return err
			}
			firsts, laters = append(firsts, first), append(laters, later)
		}
		ratios := stats.SpreadOf(stats.Ratios(firsts, laters))
		t.Rows = append(t.Rows, []string{
			one.name, spreadText(stats.SpreadOf(firsts)), spreadText(stats.SpreadOf(laters)),
			spreadText(ratios),
		})
		s.Targets = append(s.Targets,
			atMost("first "+one.name+" of a new process / median of later ones", ratios.Median, 1.3, "times"))
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// newProcess requests paths of new versions of an hour from a new process. It returns the time of the first
// response and the median of the others, in milliseconds.
func (b *bench) newProcess(ctx context.Context, paths []string) (first, later float64, err error) {
	err = b.with(ctx, defaults, func(gop server) error {
		one, err := b.getFresh(ctx, gop, hourMP4, paths[:1])
		if err != nil {
			return err
		}
		others, err := b.getFresh(ctx, gop, hourMP4, paths[1:])
		first, later = one.P50, others.P50
		return err
	})
	return first, later, err
}

// restarts measures the first GOP of a process that finds the index in the state directory.
func (b *bench) restarts(ctx context.Context, progress progressFunc, s *section) error {
	stored := mode{stateDir: filepath.Join(b.scratch, "state")}
	t := table{Head: []string{"first GOP after a restart", "ms"}}
	for _, v := range []struct {
		file, name string
		bound      float64
	}{{hourMKV, "1 h Matroska", 3}, {hourTS, "1 h MPEG-TS", 5}} {
		progress(0.5, "h: restarts with "+v.file)
		var paths []string
		err := b.with(ctx, stored, func(gop server) error {
			entries, err := gop.list(ctx, v.file)
			paths = hrefs(spaced(entries, b.options.Rounds+1))[1:] // the first GOP is a special case
			if err == nil {
				_, err = gop.getAll(ctx, nil, paths) // into the page cache
			}
			return err
		})
		if err != nil {
			return err
		}
		var firsts []float64
		for _, path := range paths {
			err := b.with(ctx, stored, func(gop server) error {
				r, err := gop.getAll(ctx, nil, []string{path})
				firsts = append(firsts, r.P50)
				return err
			})
			if err != nil {
				return err
			}
		}
		all := stats.SpreadOf(firsts)
		t.Rows = append(t.Rows, []string{v.name, spreadText(all)})
		s.Targets = append(s.Targets,
			atMost("first GOP after a restart, index stored, "+v.name, all.Median, v.bound, "ms"))
	}
	s.Tables = append(s.Tables, t)
	return nil
}
