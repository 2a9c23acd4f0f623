package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

const ffmpegTranscode = "ffmpeg -c:v libx264"

// Encoder settings of both contenders: gop's defaults.
const (
	transcodePreset = "veryfast"
	largePreset     = "ultrafast" // above 1080p, where only gop is measured
	transcodeCRF    = "23"
	encoderThreads  = "1"
	decoderThreads  = "2"
	filterThreads   = "1"
)

// transcodeMode is noSegments with the encoder settings.
var transcodeMode = mode{
	flags: slices.Concat(noSegments.flags, []string{
		"--transcode-preset=" + transcodePreset, "--transcode-large-preset=" + largePreset,
		"--transcode-crf=" + transcodeCRF, "--transcode-threads=" + encoderThreads,
	}),
	env: noPrefetch,
}

// transcodedVideo is a video whose GOPs gop and ffmpeg transcode.
type transcodedVideo struct {
	file, what    string
	width, height int
	gops          func(amounts) int
	faster        float64 // minimum speedup over ffmpeg
}

var transcodedVideos = []transcodedVideo{
	{shortSD, "GOPs of 1 s at 480p", 640, 360, func(a amounts) int { return a.transcodesShort }, 1.6},
	{longHD, "GOPs of 10 s at 1080p", 640, 360, func(a amounts) int { return a.transcodesLong }, 1},
}

// transcodes is part g: filtered and transcoded GOPs.
func (b *bench) transcodes(ctx context.Context, progress progressFunc) (section, error) {
	s := section{
		Title: "Filters and transcodes",
		About: "Each request is for another GOP, scaled, in gray and transcoded to H.264, over one " +
			"keep-alive connection; the audio is copied. " +
			"gop has the index and open files cached, but no segments. " +
			"ffmpeg runs once per GOP and writes a file, with the same filters, encoder, " +
			"preset (" + transcodePreset + "), CRF (" + transcodeCRF + ") and threads (encoder " +
			encoderThreads + ", decoder " + decoderThreads + "). " +
			"gop transcodes at nice 10 and ffmpeg at nice 0, so other load on the machine slows down gop " +
			"more. The page cache is warm for both. " +
			"The second table is the speed of gop alone for several frame sizes, one GOP at a time, " +
			"unscaled (`?codec=h264`) and scaled (`?width=640`), " +
			"with the time to the first byte of the body. The videos have 25 frames per second. Output " +
			"above 1080p uses the preset " + largePreset + ".",
	}
	err := b.with(ctx, transcodeMode, func(gop server) error {
		for i, e := range transcodedVideos {
			c, err := b.transcodesOf(ctx, progress.within(0.4*float64(i)/2, 0.4*float64(i+1)/2), e, gop)
			if err != nil {
				return err
			}
			s.Comparisons = append(s.Comparisons, c)
			s.Targets = append(s.Targets, atLeast("transcoding "+e.what+": speedup over ffmpeg at p50",
				ratio(resultOf(c.Results, ffmpegTranscode), resultOf(c.Results, "gop"),
					p50).Median, e.faster, "times"))
		}
		speeds, err := b.transcodeSpeeds(ctx, progress.within(0.4, 1), gop)
		if err != nil {
			return err
		}
		s.Figures, s.Tables = speeds, []table{speedTable(speeds)}
		i := slices.IndexFunc(speeds, func(s transcodeSpeed) bool { return s.Query == streamedQuery })
		streamed := speeds[i]
		s.Targets = append(s.Targets,
			atMost("first byte of a streamed transcode of 1080p: p50", streamed.First.Median, 300, "ms"))
		return nil
	})
	return s, err
}

// transcodesOf measures one video.
func (b *bench) transcodesOf(
	ctx context.Context, progress progressFunc, e transcodedVideo, gop server,
) (c comparison, err error) {
	entries, err := gop.list(ctx, e.file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, e.gops(b.amounts))
	paths := withQuery(picked, fmt.Sprintf("width=%d&height=%d&fit=stretch&gray=1", e.width, e.height))
	contenders := []contender{
		{name: "gop", run: func(ctx context.Context) (round, error) {
			return gop.getAll(ctx, lastSegment(entries), paths)
		}},
		{name: ffmpegTranscode, run: func(ctx context.Context) (round, error) {
			return b.ffmpegTranscodes(ctx, e, picked)
		}},
	}
	results, err := runRounds(ctx, b.options.Rounds, progress, "g: transcodes of "+e.file, contenders)
	if err != nil {
		return c, err
	}
	c = comparison{What: e.file, About: aboutClip(e.file), Results: results}
	return c, checkUncached(e.file, results)
}

// withQuery returns the paths of the GOPs of entries with a query.
func withQuery(entries []entry, query string) []string {
	paths := hrefs(entries)
	for i := range paths {
		paths[i] += "?" + query
	}
	return paths
}

// lastSegment returns the path of the last GOP. A request for it opens the file.
func lastSegment(entries []entry) []string { return hrefs(entries[len(entries)-1:]) }

// ffmpegTranscodes transcodes GOPs into a file, with one run of ffmpeg each.
func (b *bench) ffmpegTranscodes(ctx context.Context, e transcodedVideo, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "transcoded.mp4")
	return runEach(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", ffmpegArgs(e, entries[i], b.clip(e.file), out)...)
	})
}

// ffmpegArgs returns the arguments for ffmpeg. The output has one keyframe, as gop's has.
func ffmpegArgs(e transcodedVideo, of entry, in, out string) []string {
	const infinite = "536870912" // frames
	return []string{
		"-v", "error", "-nostdin", "-y",
		"-threads", decoderThreads, "-ss", of.GOP.StartTime, "-i", in, "-t", of.GOP.DurationTime,
		"-filter_threads", filterThreads,
		"-vf", fmt.Sprintf("scale=%d:%d:flags=bicubic+accurate_rnd,hue=s=0", e.width, e.height),
		"-c:v", "libx264", "-preset", transcodePreset, "-crf", transcodeCRF, "-threads", encoderThreads,
		"-g", infinite, "-keyint_min", infinite, "-c:a", "copy", "-f", "mp4", out,
	}
}

// finishedQueries lists queries for finished segments; streamedQuery is a query for a streamed one.
var finishedQueries = []string{"codec=h264", "width=640"}

const streamedQuery = "codec=h264&stream=1"

// transcodeSpeed is the speed at which gop transcodes a video.
type transcodeSpeed struct {
	File     string       `json:"file"`
	Size     string       `json:"size"`
	Query    string       `json:"query"`
	First    stats.Spread `json:"first_byte_p50_ms"`
	Frames   stats.Spread `json:"frames_per_second"`
	RealTime stats.Spread `json:"times_real_time"`
}

// transcodeSpeeds measures the speed of gop alone.
func (b *bench) transcodeSpeeds(
	ctx context.Context, progress progressFunc, gop server,
) ([]transcodeSpeed, error) {
	var speeds []transcodeSpeed
	var contenders []contender
	var perRequest []float64 // frames per request
	var seconds []float64    // of video per request
	for _, v := range []struct {
		file, size string
		queries    []string
	}{
		{shortSD, "480p H.264", finishedQueries},
		{minuteMP4, "720p H.264", finishedQueries},
		{minuteHD, "1080p H.264", append(slices.Clone(finishedQueries), streamedQuery)},
		{minuteHEVC, "2160p HEVC", finishedQueries},
	} {
		entries, err := gop.list(ctx, v.file)
		if err != nil {
			return nil, err
		}
		picked := spaced(entries, b.amounts.transcodeSpeeds)
		frames, duration, err := totals(picked)
		if err != nil {
			return nil, err
		}
		for _, query := range v.queries {
			paths := withQuery(picked, query)
			speeds = append(speeds, transcodeSpeed{File: v.file, Size: v.size, Query: query})
			perRequest = append(perRequest, float64(frames)/float64(len(picked)))
			seconds = append(seconds, duration/float64(len(picked)))
			run := func(ctx context.Context) (round, error) {
				return gop.getAll(ctx, lastSegment(entries), paths)
			}
			contenders = append(contenders, contender{name: v.file + "?" + query, run: run})
		}
	}
	results, err := runRounds(ctx, b.options.Rounds, progress, "g: frames per second", contenders)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		speeds[i].First = stats.SpreadOf(r.values(first))
		speeds[i].Frames = stats.SpreadOf(r.values(func(one round) float64 {
			return one.PerSecond * perRequest[i]
		}))
		speeds[i].RealTime = stats.SpreadOf(r.values(func(one round) float64 {
			return one.PerSecond * seconds[i]
		}))
	}
	return speeds, checkUncached("the videos", results)
}

// speedTable returns a table with a row for each video and query.
func speedTable(speeds []transcodeSpeed) table {
	t := table{Head: []string{
		"source", "file", "query", "frames per second", "times real time", "first byte ms",
	}}
	for _, s := range speeds {
		t.Rows = append(t.Rows, []string{
			s.Size, s.File, "?" + s.Query,
			spreadText(s.Frames), spreadText(s.RealTime), spreadText(s.First),
		})
	}
	return t
}
