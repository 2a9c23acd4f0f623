package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// The other contenders of part b.
const (
	gopUncached = "gop, nothing cached"
	ffmpegRun   = "ffmpeg -c copy"
	nginxStatic = "nginx, static file"
)

// cold is part b: GOPs that are requested for the first time.
func (b *bench) cold(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "One GOP, cold",
		About: "Each request is for another GOP, over one keep-alive connection. gop has the index and " +
			"open files cached, but no segments (" + noSegments.String() + "). ffmpeg runs once per GOP " +
			"and writes a file. nginx serves the same bytes as static files to the same client. " +
			"The page cache is warm for all.",
	}
	var err error
	s.Comparisons, err = b.each(ctx, progress, []string{hourMP4, hourMKV, minuteHEVC}, b.coldOf)
	if err != nil {
		return s, err
	}
	for _, c := range s.Comparisons {
		gop, ffmpeg := resultOf(c.Results, "gop"), resultOf(c.Results, ffmpegRun)
		nginx := resultOf(c.Results, nginxStatic)
		switch c.What {
		case hourMP4:
			s.Targets = append(s.Targets,
				atMost("cold GOP of mp4: p50 of gop / p50 of nginx's static file",
					ratio(gop, nginx, p50).Median, 2, "times"),
				atLeast("cold GOP of mp4: speedup over ffmpeg at p50",
					ratio(ffmpeg, gop, p50).Median, 150, "times"),
				atLeast("cold GOP of mp4: speedup over ffmpeg at p99",
					ratio(ffmpeg, gop, p99).Median, 50, "times"))
		case hourMKV:
			s.Targets = append(s.Targets,
				atLeast("cold GOP of Matroska: speedup over ffmpeg at p50",
					ratio(ffmpeg, gop, p50).Median, 60, "times"))
		}
	}
	return s, nil
}

// measureFunc measures one file with a server.
type measureFunc func(
	ctx context.Context, progress progressFunc, file string, gop server,
) (comparison, error)

// each calls measure for each file with a server that caches the index and open files only.
func (b *bench) each(
	ctx context.Context, progress progressFunc, files []string, measure measureFunc,
) (comparisons []comparison, err error) {
	err = b.with(ctx, noSegments, func(gop server) error {
		for i, file := range files {
			c, err := measure(ctx, progress.share(i, len(files)), file, gop)
			if err != nil {
				return err
			}
			comparisons = append(comparisons, c)
		}
		return nil
	})
	return comparisons, err
}

// coldOf measures one video.
func (b *bench) coldOf(
	ctx context.Context, progress progressFunc, file string, gop server,
) (c comparison, err error) {
	progress(0, "b: fetching GOPs of "+file+" for nginx")
	entries, err := gop.list(ctx, file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, b.amounts.segments)
	dir, err := os.MkdirTemp(b.scratch, "static-")
	if err != nil {
		return c, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	nginx, err := b.startNginx(ctx, dir)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, nginx.Stop()) }()
	paths := hrefs(picked)
	size, err := mirror(ctx, gop, nginx, dir, paths)
	if err != nil {
		return c, err
	}

	// The first request opens the file.
	warmUp := []string{entries[len(entries)-1].GOP.Href}
	contenders := []contender{
		{name: "gop", run: func(ctx context.Context) (round, error) {
			return gop.getAll(ctx, warmUp, paths)
		}},
		{name: ffmpegRun, run: func(ctx context.Context) (round, error) {
			return b.ffmpegSegments(ctx, file, spaced(picked, b.amounts.ffmpegSegments))
		}},
		{name: nginxStatic, run: func(ctx context.Context) (round, error) {
			return nginx.getAll(ctx, nil, paths)
		}},
	}
	contenders = append(contenders, b.peers(file, picked, nil)...)
	results, err := runRounds(ctx, b.options.Rounds, progress, "b: one GOP of "+file, contenders)
	if err != nil {
		return c, err
	}
	return comparison{
		What: file, About: aboutClip(file), Results: results,
		Note: fmt.Sprintf("The average GOP has %s.", bytesText(float64(size)/float64(len(paths)))),
	}, checkUncached(file, results)
}

// mirror saves gop's responses for paths in the folder that nginx serves, checks that nginx serves the same
// bytes, and returns their total size.
func mirror(ctx context.Context, gop, nginx server, dir string, paths []string) (size int64, err error) {
	from, err := dial(ctx, gop.host)
	if err != nil {
		return 0, err
	}
	defer from.close()
	to, err := dial(ctx, nginx.host)
	if err != nil {
		return 0, err
	}
	defer to.close()
	var want, have bytes.Buffer
	for _, path := range paths {
		want.Reset()
		have.Reset()
		if _, err := from.get(path, &want); err != nil {
			return size, err
		}
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return size, err
		}
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			return size, err
		}
		if _, err := to.get(path, &have); err != nil {
			return size, err
		}
		if !bytes.Equal(want.Bytes(), have.Bytes()) {
			return size, fmt.Errorf("nginx and gop serve different bytes at %s", path)
		}
		size += int64(want.Len())
	}
	syscall.Sync() // so that no writeback runs during the measurement
	return size, nil
}
