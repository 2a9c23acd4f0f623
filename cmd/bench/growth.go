package main

import (
	"context"
	"fmt"
)

// lengths lists the videos of part d.
var lengths = []struct{ name, file string }{
	{"1 min", low1min}, {"10 min", low10min}, {"1 h", low1h}, {"10 h", low10h},
}

// growth is part d: the cost of longer videos.
func (b *bench) growth(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "Cost by duration",
		About: "The same minute of video at a low bit rate, repeated 1, 10, 60 and 600 times: cold GOPs " +
			"near the start and near the end (" + noSegments.String() + ").",
	}
	segments, err := b.growthSegments(ctx, progress)
	if err != nil {
		return s, err
	}
	s.Comparisons = []comparison{{What: "cold GOP", Results: segments}}
	s.Targets = []target{atMost("cold GOP: p50 at the end of 10 h / p50 at the start of 1 min",
		ratio(resultOf(segments, "10 h, end"), resultOf(segments, "1 min, start"), p50).Median, 1.2, "times")}
	return s, nil
}

// growthSegments requests GOPs near both ends of the videos.
func (b *bench) growthSegments(ctx context.Context, progress progressFunc) (results []result, err error) {
	err = b.with(ctx, noSegments, func(gop server) error {
		var contenders []contender
		for _, length := range lengths {
			entries, err := gop.list(ctx, length.file)
			if err != nil {
				return err
			}
			all := hrefs(entries)
			const near = 10
			if len(all) < 2*near+2 {
				return fmt.Errorf("%s has only %d GOPs", length.file, len(all))
			}
			// The first and the last GOP have fewer audio packets than the others, so they are left out.
			for _, end := range []struct {
				name  string
				paths []string
			}{
				{"start", all[1 : near+1]}, {"end", all[len(all)-near-1 : len(all)-1]},
			} {
				paths := make([]string, b.amounts.growthSegments)
				for i := range paths {
					paths[i] = end.paths[i%near]
				}
				contenders = append(contenders, contender{
					name: length.name + ", " + end.name,
					run:  func(ctx context.Context) (round, error) { return gop.getAll(ctx, all[:1], paths) },
				})
			}
		}
		results, err = runRounds(ctx, b.options.Rounds, progress, "d: cold GOP", contenders)
		return err
	})
	return results, err
}
