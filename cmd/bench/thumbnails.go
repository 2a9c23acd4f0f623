package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

const ffmpegPicture = "ffmpeg -frames:v 1"

// stills is part f: the key picture of a GOP that was not asked for before.
func (b *bench) stills(ctx context.Context, at progressFunc) (section, error) {
	s := section{
		Title: "One key picture, cold",
		About: "Over one kept connection, each request asks for the key picture of another GOP, as a JPEG of 320 pixels. gop has the index and open files, and no picture (" +
			strings.Join(noSegments.flags, " ") + "); with nothing warm it has neither (" + strings.Join(nothingCached.flags, " ") +
			"). ffmpeg is run for each picture, into a file. The disk's cache is warm for both.",
	}
	var err error
	s.Comparisons, err = b.warmAndNothing(ctx, at, []string{minuteHD, lightHD, minuteHEVC}, b.stillsOf)
	if err != nil {
		return s, err
	}
	for i, what := range []string{"1080p H.264 at 6 Mb/s", "1080p H.264 at 2 Mb/s"} {
		results := s.Comparisons[i].Results
		gop, ffmpeg := find(results, "gop"), find(results, ffmpegPicture)
		s.Targets = append(s.Targets,
			atMost("cold key picture of "+what+": p50", stats.SpreadOf(gop.values(p50)).Median, 15, "ms"),
			atLeast("cold key picture of "+what+": faster than running ffmpeg, at p50", ratio(ffmpeg, gop, p50).Median, 10, "times"))
	}
	return s, nil
}

// stillsOf measures one video.
func (b *bench) stillsOf(ctx context.Context, at progressFunc, file string, warm, nothing web) (c comparison, err error) {
	entries, err := warm.list(ctx, file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, b.amounts.stills)
	paths := pictures(picked)
	contenders := []contender{
		// The first one opens the file, where it is not open.
		{name: "gop", run: func(ctx context.Context) (round, error) { return warm.ask(ctx, pictures(entries[1:2]), paths) }},
		{name: gopFromNothing, run: func(ctx context.Context) (round, error) { return nothing.ask(ctx, nil, otherNames(paths)) }},
		{name: ffmpegPicture, run: func(ctx context.Context) (round, error) {
			return b.ffmpegStills(ctx, file, spaced(picked, b.amounts.ffmpegStills))
		}},
	}
	results, err := contest(ctx, b.options.Rounds, at, "f: one key picture of "+file, contenders)
	if err != nil {
		return c, err
	}
	return comparison{What: file, About: aboutClip(file), Results: results}, uncached(file, results)
}

// pictures is where the key pictures of some entries lie.
func pictures(entries []entry) []string {
	paths := hrefs(entries)
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(path, ".mp4") + ".jpg"
	}
	return paths
}

// ffmpegStills takes pictures of a video, each by an ffmpeg of its own, into a file.
func (b *bench) ffmpegStills(ctx context.Context, file string, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "still.jpg")
	return programs(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", "-v", "error", "-nostdin", "-y",
			"-ss", entries[i].GOP.StartTime, "-i", filepath.Join(b.videos, file), "-frames:v", "1", "-vf", "scale=320:-2", out)
	})
}
