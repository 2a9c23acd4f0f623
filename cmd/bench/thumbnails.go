package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

const ffmpegThumbnail = "ffmpeg -frames:v 1"

// thumbnails is part f: thumbnails that are requested for the first time.
func (b *bench) thumbnails(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "Thumbnail, cold",
		About: "Each request is for the keyframe of another GOP as a JPEG 320 pixels wide, over one " +
			"keep-alive connection. " +
			"gop has the index and open files cached, but no thumbnails (" + noSegments.String() +
			"); with nothing cached, the modification time of the file changes before each request. " +
			"ffmpeg runs once per frame and writes a file. The page cache is warm for both.",
	}
	var err error
	s.Comparisons, err = b.each(ctx, progress, []string{minuteHD, lightHD, minuteHEVC}, b.thumbnailsOf)
	if err != nil {
		return s, err
	}
	for i, what := range []string{"1080p H.264 at 6 Mb/s", "1080p H.264 at 2 Mb/s"} {
		results := s.Comparisons[i].Results
		gop, ffmpeg := resultOf(results, "gop"), resultOf(results, ffmpegThumbnail)
		s.Targets = append(s.Targets,
			atMost("cold thumbnail of "+what+": p50", stats.SpreadOf(gop.values(p50)).Median, 15, "ms"),
			atLeast("cold thumbnail of "+what+": speedup over ffmpeg at p50",
				ratio(ffmpeg, gop, p50).Median, 10, "times"))
	}
	return s, nil
}

// thumbnailsOf measures one video.
func (b *bench) thumbnailsOf(
	ctx context.Context, progress progressFunc, file string, gop server,
) (c comparison, err error) {
	entries, err := gop.list(ctx, file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, b.amounts.thumbnails)
	paths := thumbnailPaths(picked)
	contenders := []contender{
		// The first request opens the file.
		{name: "gop", run: func(ctx context.Context) (round, error) {
			return gop.getAll(ctx, thumbnailPaths(entries[1:2]), paths)
		}},
		{name: gopUncached, run: func(ctx context.Context) (round, error) {
			return b.getFresh(ctx, gop, file, paths)
		}},
		{name: ffmpegThumbnail, run: func(ctx context.Context) (round, error) {
			return b.ffmpegThumbnails(ctx, file, spaced(picked, b.amounts.ffmpegThumbnails))
		}},
	}
	results, err := runRounds(ctx, b.options.Rounds, progress, "f: thumbnails of "+file, contenders)
	if err != nil {
		return c, err
	}
	return comparison{What: file, About: aboutClip(file), Results: results}, checkUncached(file, results)
}

// thumbnailPaths returns the paths of the thumbnails of entries.
func thumbnailPaths(entries []entry) []string {
	paths := hrefs(entries)
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(path, ".mp4") + ".jpg"
	}
	return paths
}

// ffmpegThumbnails writes thumbnails of a video into a file, with one run of ffmpeg each.
func (b *bench) ffmpegThumbnails(ctx context.Context, file string, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "thumbnail.jpg")
	return runEach(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", "-v", "error", "-nostdin", "-y",
			"-ss", entries[i].GOP.StartTime, "-i", b.clip(file), "-frames:v", "1", "-vf", "scale=320:-2", out)
	})
}
