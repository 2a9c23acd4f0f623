package main

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"gop/cmd/internal/process"
)

// The way of the original: a program is run for each request.

// programs runs a program so many times, one run after the other.
func programs(ctx context.Context, n int, run func(ctx context.Context, i int) (process.Usage, error)) (round, error) {
	took := make([]time.Duration, 0, n)
	var cpu time.Duration
	var memory int64
	for i := range n {
		u, err := run(ctx, i)
		if err != nil {
			return round{}, err
		}
		took = append(took, u.Elapsed)
		cpu += u.CPU
		memory = max(memory, u.Memory)
	}
	return newRound(took, cpu, memory), nil
}

// ffprobe lists a video n times. What it prints is read to its end.
func (b *bench) ffprobe(ctx context.Context, n int, file string, show ...string) (round, error) {
	args := append([]string{"-v", "error", "-select_streams", "v:0"}, show...)
	args = append(args, "-of", "json", filepath.Join(b.videos, file))
	return programs(ctx, n, func(ctx context.Context, _ int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffprobe", args...)
	})
}

// ffmpegCuts cuts GOPs of a video, each by an ffmpeg of its own, into a file.
func (b *bench) ffmpegCuts(ctx context.Context, file string, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "cut.mp4")
	return programs(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		g := entries[i].GOP
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", "-v", "error", "-nostdin", "-y",
			"-ss", g.StartTime, "-i", filepath.Join(b.videos, file), "-t", g.DurationTime, "-c", "copy", "-f", "mp4", out)
	})
}
