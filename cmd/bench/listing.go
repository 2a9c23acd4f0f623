package main

import (
	"context"
	"fmt"
	"strings"

	"gop/cmd/internal/stats"
)

const (
	showFrames  = "ffprobe -show_frames"
	showPackets = "ffprobe -show_entries packet"
)

// listing is part a: a video's GOPs are listed, and nothing is known of it.
func (b *bench) listing(ctx context.Context, at progressFunc) (section, error) {
	s := section{
		Title: "A listing, with nothing cached",
		About: "Each request of gop opens the video, indexes it and answers with its listing (" + strings.Join(nothingCached.flags, " ") +
			"), read whole over one kept connection; each request asks by another of the file's names, so that what is about to leave a cache does not help. ffprobe is run as the original runs it, for the video track alone, and what it prints is read. " +
			"For an hour, -show_frames would take minutes each time and is left out; of HEVC it takes about one, and is run once.",
	}
	files := []struct {
		file           string
		isHour, isHEVC bool
	}{
		{file: minuteMP4},
		{file: minuteMKV},
		{file: minuteHEVC, isHEVC: true},
		{file: hourMP4, isHour: true},
		{file: hourMKV, isHour: true},
	}
	err := b.with(ctx, nothingCached, func(gop web) error {
		idle, err := gop.ask(ctx, nil, repeat("/healthz", 100))
		if err != nil {
			return err
		}
		for i, f := range files {
			listings, probes := b.amounts.minuteListings, b.amounts.minuteProbes
			if f.isHour {
				listings, probes = b.amounts.hourListings, 1
			}
			path := listingPath(f.file)
			contenders := []contender{
				{name: "gop", run: func(ctx context.Context) (round, error) {
					r, err := gop.ask(ctx, nil, otherNames(repeat(path, listings)))
					r.Read -= idle.Read
					return r, err
				}},
				{name: showPackets, run: func(ctx context.Context) (round, error) {
					return b.ffprobe(ctx, probes, f.file, "-show_entries", "packet")
				}},
			}
			if !f.isHour && !(f.isHEVC && b.options.Quick) {
				contenders = append(contenders, contender{
					name: showFrames, once: f.isHEVC,
					run: func(ctx context.Context) (round, error) {
						return b.ffprobe(ctx, 1, f.file, "-show_frames")
					},
				})
			}
			// The process' very first listing reads more than those that follow.
			first, err := gop.ask(ctx, []string{path}, []string{path})
			if err != nil {
				return err
			}
			part := at.share(i, len(files))
			results, err := contest(ctx, b.options.Rounds, part, "a: listing "+f.file, contenders)
			if err != nil {
				return err
			}
			c := comparison{What: f.file, About: aboutClip(f.file), Results: results}
			if err := b.judgeListing(&s, &c, first); err != nil {
				return err
			}
			s.Comparisons = append(s.Comparisons, c)
		}
		return nil
	})
	return s, err
}

// judgeListing notes how much gop read, and whether the targets are reached. first is an
// earlier request for the video: those that follow have to read as much.
func (b *bench) judgeListing(s *section, c *comparison, first round) error {
	gop := find(c.Results, "gop")
	for _, r := range gop.Rounds {
		if float64(r.Read) < 0.9*float64(first.Read) {
			return fmt.Errorf("the listing of %s was not made anew each time: the first one read %d bytes, later ones %d", c.What, first.Read, r.Read)
		}
	}
	read := stats.SpreadOf(gop.values(read)).Median
	c.Note = fmt.Sprintf("gop read %s a listing", bytesText(read))
	if strings.HasSuffix(c.What, ".mp4") {
		moov, err := moovSize(b.clip(c.What))
		if err != nil {
			return err
		}
		c.Note += fmt.Sprintf("; the file's moov has %s", bytesText(float64(moov)))
		if c.What == hourMP4 {
			s.Targets = append(s.Targets,
				atMost("listing of 1 h, mp4: p50", stats.SpreadOf(gop.values(p50)).Median, 60, "ms"),
				atMost("listing of 1 h, mp4: read beyond the moov", (read-float64(moov))/(1<<20), 1, "MiB"))
		}
	}
	if c.What == minuteMP4 || c.What == minuteMKV {
		s.Targets = append(s.Targets, atLeast("listing of "+c.What+": faster than "+showFrames+", at p50",
			ratio(find(c.Results, showFrames), gop, p50).Median, 1000, "times"))
	}
	return nil
}
