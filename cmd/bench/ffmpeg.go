package main

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"gop/cmd/internal/process"
)

// runEach runs a program n times, one run after another, as a server that starts a program per request does.
func runEach(
	ctx context.Context, n int, run func(ctx context.Context, i int) (process.Usage, error),
) (round, error) {
	elapsed := make([]time.Duration, 0, n)
	var cpu time.Duration
	var memory int64
	for i := range n {
		u, err := run(ctx, i)
		if err != nil {
			return round{}, err
		}
		elapsed = append(elapsed, u.Elapsed)
		cpu += u.CPU
		memory = max(memory, u.Memory)
	}
	return newRound(elapsed, cpu, memory), nil
}

// ffprobe lists a video n times and reads the whole output.
func (b *bench) ffprobe(ctx context.Context, n int, file string, show ...string) (round, error) {
	args := append([]string{"-v", "error", "-select_streams", "v:0"}, show...)
	args = append(args, "-of", "json", b.clip(file))
	return runEach(ctx, n, func(ctx context.Context, _ int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffprobe", args...)
	})
}

// ffmpegSegments remuxes GOPs of a video into a file, with one run of ffmpeg each.
func (b *bench) ffmpegSegments(ctx context.Context, file string, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "segment.mp4")
	return runEach(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		g := entries[i].GOP
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", "-v", "error", "-nostdin", "-y",
			"-ss", g.StartTime, "-i", b.clip(file), "-t", g.DurationTime, "-c", "copy", "-f", "mp4", out)
	})
}
