package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// lengths is the videos of part d.
var lengths = []struct{ name, file string }{
	{"1 min", low1min}, {"10 min", low10min}, {"1 h", low1h}, {"10 h", low10h},
}

// growth is part d: what longer videos cost.
func (b *bench) growth(ctx context.Context, at progressFunc) (section, error) {
	s := section{
		Title: "Cost as work grows",
		About: "The same minute at a low bit rate, once, 10, 60 and 600 times. Listings with nothing cached (" +
			strings.Join(nothingCached.flags, " ") + "), each video by a server of its own; then GOPs near the start and near the end, cold (" +
			strings.Join(noSegments.flags, " ") + ").",
	}
	listings, err := b.growingListings(ctx, at.within(0, 0.6))
	if err != nil {
		return s, err
	}
	cuts, err := b.growingCuts(ctx, at.within(0.6, 1))
	if err != nil {
		return s, err
	}
	s.Comparisons = []comparison{
		{What: "listing", Results: listings, Note: "Peak memory is that of the server while it lists."},
		{What: "cold GOP", Results: cuts},
	}
	s.Targets = []target{atMost("cold GOP at the end of 10 h: as long as one at the start of 1 min, at p50",
		ratio(find(cuts, "10 h, end"), find(cuts, "1 min, start"), p50).Median, 1.2, "times")}
	return s, nil
}

// growingListings lists the videos, each by a server of its own, whose memory is its own then.
func (b *bench) growingListings(ctx context.Context, at progressFunc) (results []result, err error) {
	var contenders []contender
	for _, length := range lengths {
		gop, startErr := b.startGOP(ctx, nothingCached)
		if startErr != nil {
			return nil, startErr
		}
		defer func() { err = errors.Join(err, gop.Stop()) }()
		contenders = append(contenders, contender{name: length.name, run: func(ctx context.Context) (round, error) {
			return gop.ask(ctx, nil, otherNames(repeat(listingPath(length.file), b.amounts.growthListings)))
		}})
	}
	return contest(ctx, b.options.Rounds, at, "d: listing", contenders)
}

// growingCuts asks for GOPs near both ends of the videos.
func (b *bench) growingCuts(ctx context.Context, at progressFunc) (results []result, err error) {
	err = b.with(ctx, noSegments, func(gop web) error {
		var contenders []contender
		for _, length := range lengths {
			entries, err := gop.list(ctx, length.file)
			if err != nil {
				return err
			}
			all := hrefs(entries)
			const near = 10
			if len(all) < 2*near+2 {
				return fmt.Errorf("%s has %d GOPs only", length.file, len(all))
			}
			// The very first GOP and the last one have less sound around them than the others.
			for _, end := range []struct {
				name  string
				paths []string
			}{
				{"start", all[1 : near+1]}, {"end", all[len(all)-near-1 : len(all)-1]},
			} {
				paths := make([]string, b.amounts.growthCuts)
				for i := range paths {
					paths[i] = end.paths[i%near]
				}
				contenders = append(contenders, contender{
					name: length.name + ", " + end.name,
					run:  func(ctx context.Context) (round, error) { return gop.ask(ctx, all[:1], paths) },
				})
			}
		}
		results, err = contest(ctx, b.options.Rounds, at, "d: cold GOP", contenders)
		return err
	})
	return results, err
}
