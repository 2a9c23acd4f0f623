package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gop/cmd/internal/process"
)

// recipe is the version of the clips. Changing it makes them again.
const recipe = "1"

// clip is a video that the benchmark makes once.
type clip struct {
	file  string // name in the folder of videos
	about string
	parts string   // letters of the parts that use it, or a clip that is made from it
	args  []string // for ffmpeg; %DIR% is the folder of videos
}

// File names of the clips. Those with a low bit rate are for part d.
const (
	minuteMP4  = "minute.mp4"
	hourMP4    = "hour.mp4"
	minuteMKV  = "minute.mkv"
	hourMKV    = "hour.mkv"
	hourTS     = "hour.ts"
	tenMP4     = "ten.mp4"
	minuteHEVC = "minute-hevc.mp4"
	minuteHD   = "minute-1080p.mp4"
	lightHD    = "light-1080p.mp4"
	shortSD    = "short-480p.mp4"
	longHD     = "long-1080p.mp4"

	low1min  = "low-1min.mp4"
	low10min = "low-10min.mp4"
	low1h    = "low-1h.mp4"
	low10h   = "low-10h.mp4"
)

// clips lists all clips, each after the clip that it is made from. Noise keeps the bit rate up.
var clips = []clip{
	{minuteMP4, "60 s, H.264 720p at 4 Mb/s, GOPs of 2 s with B-frames, AAC", "abcegh", join(
		source("1280x720", "25", 60),
		"-c:v libx264 -preset veryfast -b:v 4M -maxrate 4M -bufsize 8M -g 50 -keyint_min 50 -sc_threshold "+
			"0 -bf 2",
		"-c:a aac -b:a 128k -movflags +faststart")},
	{hourMP4, "1 h of the same", "bceh", loop(minuteMP4, 60)},
	{tenMP4, "10 h of the same", "h", loop(hourMP4, 10)},
	{hourTS, "1 h of the same as MPEG-TS", "h", remux(hourMP4)},
	{minuteMKV, "60 s of the same as Matroska", "a", remux(minuteMP4)},
	{hourMKV, "1 h of the same as Matroska", "bh", remux(hourMP4)},
	{"ten-hevc.mp4", "", "abfg", join(
		source("3840x2160", "25", 10),
		"-c:v libx265 -preset ultrafast -b:v 20M -x265-params "+
			"keyint=50:min-keyint=50:scenecut=0:vbv-maxrate=20000:vbv-bufsize=40000:log-level=error",
		"-tag:v hvc1 -c:a aac -b:a 128k -movflags +faststart")},
	{minuteHEVC, "60 s, HEVC 2160p at 20 Mb/s, GOPs of 2 s, AAC", "abfg", loop("ten-hevc.mp4", 6)},
	// The middle bit rate for 1080p of the HLS Authoring Specification for Apple Devices.
	{minuteHD, "60 s, H.264 1080p at 6 Mb/s, GOPs of 2 s with B-frames, AAC", "fg", join(
		source("1920x1080", "25", 60),
		"-c:v libx264 -preset veryfast -b:v 6M -maxrate 6M -bufsize 12M -g 50 -keyint_min 50 -sc_threshold "+
			"0 -bf 2",
		"-c:a aac -b:a 128k -movflags +faststart")},
	{lightHD, "60 s, H.264 1080p at 2 Mb/s, GOPs of 2 s with B-frames", "f", join(
		source("1920x1080", "25", 60),
		"-map 0:v -c:v libx264 -preset veryfast -b:v 2M -maxrate 2M -bufsize 4M -g 50 -keyint_min 50 "+
			"-sc_threshold 0 -bf 2",
		"-movflags +faststart")},
	{shortSD, "60 s, H.264 480p at 1.5 Mb/s, GOPs of 1 s with B-frames, AAC", "g", join(
		source("854x480", "25", 60),
		"-c:v libx264 -preset veryfast -b:v 1500k -maxrate 1500k -bufsize 3M -g 25 -keyint_min 25 "+
			"-sc_threshold 0 -bf 2",
		"-c:a aac -b:a 128k -movflags +faststart")},
	{longHD, "30 s, H.264 1080p at 6 Mb/s, GOPs of 10 s with B-frames, AAC", "g", join(
		source("1920x1080", "25", 30),
		"-c:v libx264 -preset veryfast -b:v 6M -maxrate 6M -bufsize 12M -g 250 -keyint_min 250 "+
			"-sc_threshold 0 -bf 2",
		"-c:a aac -b:a 128k -movflags +faststart")},
	{low1min, "1 min, H.264 180p at 320 kb/s in all, GOPs of 2 s with B-frames, AAC", "d", join(
		source("320x180", "25", 60),
		"-c:v libx264 -preset veryfast -b:v 256k -maxrate 256k -bufsize 512k -g 50 -keyint_min 50 "+
			"-sc_threshold 0 -bf 2",
		"-c:a aac -b:a 64k -movflags +faststart")},
	{low10min, "10 min of the same", "d", loop(low1min, 10)},
	{low1h, "1 h of the same", "d", loop(low1min, 60)},
	{low10h, "10 h of the same", "d", loop(low1min, 600)},
}

func join(args ...string) []string { return strings.Fields(strings.Join(args, " ")) }

// source returns arguments for a test video with noise and a tone.
func source(size, rate string, seconds int) string {
	return fmt.Sprintf("-f lavfi -i "+
		"testsrc2=size=%s:rate=%s:duration=%d,noise=alls=20:allf=t,format=yuv420p "+
		"-f lavfi -i sine=frequency=440:sample_rate=48000:duration=%d", size, rate, seconds, seconds)
}

// loop returns arguments that repeat a clip.
func loop(file string, times int) []string {
	return join(fmt.Sprintf("-stream_loop %d -i %%DIR%%/%s -c copy -movflags +faststart", times-1, file))
}

// remux returns arguments that remux a clip.
func remux(file string) []string { return join("-i %DIR%/" + file + " -c copy") }

// clips returns the clips of the selected parts.
func (b *bench) clips() (selected []clip) {
	for _, c := range clips {
		if slices.ContainsFunc(strings.Split(c.parts, ""), b.options.selected) {
			selected = append(selected, c)
		}
	}
	return selected
}

// makeClips makes those of the clips that are missing in dir. It writes them in scratch, which must be on the
// same file system, and renames them when they are complete.
func makeClips(
	ctx context.Context, clips []clip, dir, scratch string, progress progressFunc,
) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create the folder of videos: %w", err)
	}
	for i, c := range clips {
		path := filepath.Join(dir, c.file)
		if _, err := os.Stat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for a video: %w", err)
		}
		progress(float64(i)/float64(len(clips)), "making "+c.file)
		if err := c.make(ctx, path, scratch); err != nil {
			return fmt.Errorf("make the video %s: %w", c.file, err)
		}
	}
	return nil
}

func (c clip) make(ctx context.Context, path, scratch string) error {
	partial := filepath.Join(scratch, c.file)
	args := []string{"-v", "error", "-nostdin", "-y"}
	for _, a := range c.args {
		args = append(args, strings.Replace(a, "%DIR%", filepath.Dir(path), 1))
	}
	if _, err := process.RunToEnd(ctx, nil, "ffmpeg", append(args, partial)...); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// aboutClip returns the description of a clip.
func aboutClip(file string) string {
	for _, c := range clips {
		if c.file == file {
			return c.about
		}
	}
	return ""
}
