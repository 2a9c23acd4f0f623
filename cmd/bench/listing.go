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

// listing is part a: listings of videos that gop has not indexed.
func (b *bench) listing(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "Listing, nothing cached",
		About: "For each request gop opens the video, indexes it and returns the listing, over one " +
			"keep-alive connection. The modification time of the file changes before each request, so that " +
			"nothing is cached. " +
			"ffprobe runs once per listing, for the video track only, and its output is read. " +
			"For HEVC, -show_frames takes about a minute and runs once.",
	}
	err := b.with(ctx, defaults, func(gop server) error {
		idle, err := gop.getAll(ctx, nil, repeat("/healthz", 100))
		if err != nil {
			return err
		}
		for i, v := range listedVideos {
			c, first, err := b.listingOf(ctx, progress.share(i, len(listedVideos)), v, gop, idle.Read)
			if err != nil {
				return err
			}
			if err := b.checkListing(&s, &c, first); err != nil {
				return err
			}
			s.Comparisons = append(s.Comparisons, c)
		}
		return nil
	})
	return s, err
}

// listedVideo is a video of part a.
type listedVideo struct {
	file   string
	isHEVC bool
}

var listedVideos = []listedVideo{
	{file: minuteMP4},
	{file: minuteMKV},
	{file: minuteHEVC, isHEVC: true},
}

// listingOf measures one video. It also returns the first listing, which reads more than later ones.
// idleRead is the number of bytes that gop reads for a request that opens no video.
func (b *bench) listingOf(
	ctx context.Context, progress progressFunc, v listedVideo, gop server, idleRead int64,
) (c comparison, first round, err error) {
	listings, probes := b.amounts.minuteListings, b.amounts.minuteProbes
	path := listingPath(v.file)
	contenders := []contender{
		{name: "gop", run: func(ctx context.Context) (round, error) {
			r, err := b.getFresh(ctx, gop, v.file, repeat(path, listings))
			r.Read -= idleRead
			return r, err
		}},
		{name: showPackets, run: func(ctx context.Context) (round, error) {
			return b.ffprobe(ctx, probes, v.file, "-show_entries", "packet")
		}},
	}
	if !v.isHEVC || !b.options.Quick {
		contenders = append(contenders, contender{
			name: showFrames, once: v.isHEVC,
			run: func(ctx context.Context) (round, error) {
				return b.ffprobe(ctx, 1, v.file, "-show_frames")
			},
		})
	}
	if first, err = b.getFresh(ctx, gop, v.file, []string{path}); err != nil {
		return c, first, err
	}
	results, err := runRounds(ctx, b.options.Rounds, progress, "a: listing "+v.file, contenders)
	return comparison{What: v.file, About: aboutClip(v.file), Results: results}, first, err
}

// checkListing adds the bytes read and the targets. first is an earlier listing of the video; later ones
// must read about as much, or they were cached.
func (b *bench) checkListing(s *section, c *comparison, first round) error {
	gop := resultOf(c.Results, "gop")
	for _, r := range gop.Rounds {
		if float64(r.Read) < 0.9*float64(first.Read) {
			return fmt.Errorf("the listing of %s was cached: the first read %d bytes, later ones %d",
				c.What, first.Read, r.Read)
		}
	}
	read := stats.SpreadOf(gop.values(read)).Median
	c.Note = fmt.Sprintf("gop reads %s per listing", bytesText(read))
	if strings.HasSuffix(c.What, ".mp4") {
		moov, err := moovSize(b.clip(c.What))
		if err != nil {
			return err
		}
		c.Note += fmt.Sprintf("; the moov box has %s", bytesText(float64(moov)))
	}
	if c.What == minuteMP4 || c.What == minuteMKV {
		s.Targets = append(s.Targets, atLeast("listing of "+c.What+": speedup over "+showFrames+" at p50",
			ratio(resultOf(c.Results, showFrames), gop, p50).Median, 1000, "times"))
	}
	return nil
}
