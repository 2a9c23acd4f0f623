package main

import (
	"context"

	"gop/cmd/internal/stats"
)

// firstTouch is part h: the first request for a version of a video.
func (b *bench) firstTouch(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "First touch",
		About: "Before each request the modification time of the video is changed. So it is a version " +
			"that gop has not seen: gop opens the file, indexes it and makes the response. gop has its " +
			"default options and no state directory. ffmpeg and ffprobe run once per response. The page " +
			"cache is warm for all. In \"listing by duration\", a new process lists each video in each " +
			"round. The first response of a new process is compared with the median of its later ones, " +
			"each for a new version. After a restart, the index comes from the state directory, and the " +
			"GOP is the first response of the process. The 1,000 videos are hard links to 4 copies of a " +
			"minute, one copy for each connection, and the copy changes its version before each request. " +
			"The client runs on the same machine and uses part of its CPU.",
	}
	for _, step := range []struct {
		until   float64
		measure func(*bench, context.Context, progressFunc, *section) error
	}{
		{0.4, (*bench).freshSegments},
		{0.7, (*bench).freshListings},
		{0.8, (*bench).newProcesses},
		{0.9, (*bench).restarts},
		{1, (*bench).thousandVideos},
	} {
		if err := step.measure(b, ctx, progress.within(step.until-0.3, step.until), &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// freshSegments measures one GOP of new versions of videos of three durations.
func (b *bench) freshSegments(ctx context.Context, progress progressFunc, s *section) error {
	const what = "one GOP, nothing cached, "
	return b.with(ctx, defaults, func(gop server) error {
		var hour result
		for _, v := range []struct {
			file    string
			ffmpegs int
		}{{minuteMP4, 1}, {hourMP4, 1}, {tenMP4, 4}} {
			c, err := b.freshSegmentsOf(ctx, progress, gop, v.file, max(b.amounts.freshRuns/v.ffmpegs, 1))
			if err != nil {
				return err
			}
			s.Comparisons = append(s.Comparisons, c)
			own, ffmpeg := resultOf(c.Results, "gop"), resultOf(c.Results, ffmpegRun)
			speedup := ratio(ffmpeg, own, p50).Median
			switch v.file {
			case minuteMP4:
				s.Targets = append(s.Targets,
					atLeast(what+"1 min mp4: speedup over ffmpeg", speedup, 60, "times"))
			case hourMP4:
				hour = own
				s.Targets = append(s.Targets,
					atLeast(what+"1 h mp4: speedup over ffmpeg", speedup, 35, "times"))
			case tenMP4:
				s.Targets = append(s.Targets,
					atMost(what+"10 h mp4 / 1 h mp4", ratio(own, hour, p50).Median, 8, "times"))
			}
		}
		return nil
	})
}

// freshSegmentsOf measures one video.
func (b *bench) freshSegmentsOf(
	ctx context.Context, progress progressFunc, gop server, file string, ffmpegs int,
) (c comparison, err error) {
	entries, err := gop.list(ctx, file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, b.amounts.freshSegments)
	// ffmpeg and the page cache get the same GOPs.
	if _, err := gop.getAll(ctx, nil, hrefs(picked)); err != nil {
		return c, err
	}
	contenders := append([]contender{
		{name: "gop", run: func(ctx context.Context) (round, error) {
			return b.getFresh(ctx, gop, file, hrefs(picked))
		}},
		{name: ffmpegRun, run: func(ctx context.Context) (round, error) {
			return b.ffmpegSegments(ctx, file, spaced(picked, ffmpegs))
		}},
	}, b.peers(file, picked, func() error { return touch(b.clip(file)) })...)
	results, err := runRounds(ctx, b.options.Rounds, progress, "h: one GOP of "+file, contenders)
	return comparison{What: "one GOP of " + file, About: aboutClip(file), Results: results}, err
}

// freshListings measures listings of new versions.
func (b *bench) freshListings(ctx context.Context, progress progressFunc, s *section) error {
	for _, v := range []struct {
		file, name string
		bound      float64
	}{{hourMP4, "1 h mp4", 120}, {hourMKV, "1 h Matroska", 16}} {
		results, err := b.freshListingsOf(ctx, progress, v.file)
		if err != nil {
			return err
		}
		speedup := ratio(resultOf(results, showPackets), resultOf(results, "gop"), p50).Median
		s.Comparisons = append(s.Comparisons,
			comparison{What: "listing of " + v.file, About: aboutClip(v.file), Results: results})
		s.Targets = append(s.Targets,
			atLeast("listing, nothing cached, "+v.name+": speedup over "+showPackets,
				speedup, v.bound, "times"))
	}
	return b.freshListingsByDuration(ctx, progress, s)
}

// freshListingsOf measures one video.
func (b *bench) freshListingsOf(
	ctx context.Context, progress progressFunc, file string,
) (results []result, err error) {
	err = b.with(ctx, defaults, func(gop server) error {
		paths := repeat(listingPath(file), b.amounts.hourListings)
		results, err = runRounds(ctx, b.options.Rounds, progress, "h: listing "+file, []contender{
			{name: "gop", run: func(ctx context.Context) (round, error) {
				return b.getFresh(ctx, gop, file, paths)
			}},
			{name: showPackets, run: func(ctx context.Context) (round, error) {
				return b.ffprobe(ctx, 1, file, "-show_entries", "packet")
			}},
		})
		return err
	})
	return results, err
}

// freshListingsByDuration compares an hour with ten. A new process lists each, so that its peak memory is
// that of one video.
func (b *bench) freshListingsByDuration(ctx context.Context, progress progressFunc, s *section) error {
	var contenders []contender
	for _, file := range []string{hourMP4, tenMP4} {
		paths := repeat(listingPath(file), b.amounts.tenListings)
		run := func(ctx context.Context) (r round, err error) {
			err = b.with(ctx, defaults, func(gop server) error {
				r, err = b.getFresh(ctx, gop, file, paths)
				return err
			})
			return r, err
		}
		contenders = append(contenders, contender{name: file, run: run})
	}
	results, err := runRounds(ctx, b.options.Rounds, progress, "h: listing by duration", contenders)
	if err != nil {
		return err
	}
	hour, ten := resultOf(results, hourMP4), resultOf(results, tenMP4)
	s.Comparisons = append(s.Comparisons, comparison{What: "listing by duration", Results: results})
	s.Targets = append(s.Targets,
		atMost("listing, nothing cached, 10 h mp4 / 1 h mp4", ratio(ten, hour, p50).Median, 10, "times"),
		atMost("listing, nothing cached, 10 h mp4: peak memory of a new process",
			stats.SpreadOf(ten.values(memory)).Max/(1<<20), 120, "MiB"))
	return nil
}
