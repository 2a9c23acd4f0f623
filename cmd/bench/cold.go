package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The contenders of part b besides gop itself.
const (
	gopFromNothing = "gop, nothing warm"
	ffmpegRun      = "ffmpeg -c copy"
	nginxStatic    = "nginx, static file"
)

// cold is part b: one GOP is asked for that was not asked for before.
func (b *bench) cold(ctx context.Context, at progressFunc) (section, error) {
	s := section{
		Title: "One GOP, cold",
		About: "Over one kept connection, each request asks for another GOP and reads it whole. gop has the index and open files, and no cut (" +
			strings.Join(noSegments.flags, " ") + "); with nothing warm it has neither (" + strings.Join(nothingCached.flags, " ") +
			"). ffmpeg is run for each GOP as the original runs it, into a file. nginx serves the same bytes as files, to the same client. " +
			"The disk's cache is warm for all.",
	}
	var err error
	s.Comparisons, err = b.warmAndNothing(ctx, at, []string{hourMP4, hourMKV, minuteHEVC}, b.coldOf)
	if err != nil {
		return s, err
	}
	for _, c := range s.Comparisons {
		gop, ffmpeg, nginx := find(c.Results, "gop"), find(c.Results, ffmpegRun), find(c.Results, nginxStatic)
		switch c.What {
		case hourMP4:
			s.Targets = append(s.Targets,
				atMost("cold GOP of mp4: as long as nginx's static file, at p50", ratio(gop, nginx, p50).Median, 2.5, "times"),
				atLeast("cold GOP of mp4: faster than running ffmpeg, at p50", ratio(ffmpeg, gop, p50).Median, 150, "times"),
				atLeast("cold GOP of mp4: faster than running ffmpeg, at p99", ratio(ffmpeg, gop, p99).Median, 50, "times"))
		case hourMKV:
			s.Targets = append(s.Targets,
				atLeast("cold GOP of Matroska: faster than running ffmpeg, at p50", ratio(ffmpeg, gop, p50).Median, 60, "times"))
		}
	}
	return s, nil
}

// warmAndNothing measures videos one after the other, beside a gop that has the index and open files, and one that has
// neither.
func (b *bench) warmAndNothing(ctx context.Context, at progressFunc, files []string,
	of func(ctx context.Context, at progressFunc, file string, warm, nothing web) (comparison, error),
) (comparisons []comparison, err error) {
	err = b.with(ctx, noSegments, func(warm web) error {
		return b.with(ctx, nothingCached, func(nothing web) error {
			for i, file := range files {
				c, err := of(ctx, at.share(i, len(files)), file, warm, nothing)
				if err != nil {
					return err
				}
				comparisons = append(comparisons, c)
			}
			return nil
		})
	})
	return comparisons, err
}

// coldOf measures one video.
func (b *bench) coldOf(ctx context.Context, at progressFunc, file string, warm, nothing web) (c comparison, err error) {
	at(0, "b: fetching the GOPs of "+file+" for nginx")
	entries, err := warm.list(ctx, file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, b.amounts.cuts)
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
	size, err := mirror(ctx, warm, nginx, dir, paths)
	if err != nil {
		return c, err
	}

	// Opens the file, where it is not open.
	warming := []string{entries[len(entries)-1].GOP.Href}
	contenders := []contender{
		{name: "gop", run: func(ctx context.Context) (round, error) { return warm.ask(ctx, warming, paths) }},
		{name: gopFromNothing, run: func(ctx context.Context) (round, error) {
			return nothing.ask(ctx, nil, otherNames(hrefs(spaced(picked, b.amounts.cutsFromNothing))))
		}},
		{name: ffmpegRun, run: func(ctx context.Context) (round, error) {
			return b.ffmpegCuts(ctx, file, spaced(picked, b.amounts.ffmpegCuts))
		}},
		{name: nginxStatic, run: func(ctx context.Context) (round, error) { return nginx.ask(ctx, nil, paths) }},
	}
	results, err := contest(ctx, b.options.Rounds, at, "b: one GOP of "+file, contenders)
	if err != nil {
		return c, err
	}
	return comparison{
		What: file, About: aboutClip(file), Results: results,
		Note: fmt.Sprintf("A GOP has %s on average.", bytesText(float64(size)/float64(len(paths)))),
	}, uncached(file, results)
}

// mirror writes what gop answers for some paths into a folder that nginx serves, sees that nginx
// answers the same, and tells how many bytes that is.
func mirror(ctx context.Context, gop, nginx web, dir string, paths []string) (size int64, err error) {
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
			return size, fmt.Errorf("nginx does not serve what gop serves at %s", path)
		}
		size += int64(want.Len())
	}
	syscall.Sync() // so that nothing is written while it is measured
	return size, nil
}
