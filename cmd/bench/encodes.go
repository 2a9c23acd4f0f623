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

const ffmpegEncode = "ffmpeg -c:v libx264"

// The encoder's settings, which both sides are given: gop's defaults.
const (
	encodePreset  = "veryfast"
	largePreset   = "ultrafast" // for more than 1080p, which gop alone encodes here
	encodeQuality = "23"
	encodeThreads = "1"
	decodeThreads = "2"
	filterThreads = "1"
)

// encoding is noSegments, for GOPs that are encoded anew.
var encoding = mode{
	slices.Concat(noSegments.flags, []string{
		"--transcode-preset=" + encodePreset, "--transcode-large-preset=" + largePreset,
		"--transcode-crf=" + encodeQuality, "--transcode-threads=" + encodeThreads,
	}),
	noReadAhead,
}

// edited is what is done to the pictures of a video, for gop and for ffmpeg.
type edited struct {
	file, what    string
	width, height int
	gops          func(amounts) int
	faster        float64 // how many times at least gop is to be faster than running ffmpeg
}

var editedVideos = []edited{
	{shortSD, "GOPs of 1 s at 480p", 640, 360, func(a amounts) int { return a.encodesShort }, 1.6},
	{longHD, "GOPs of 10 s at 1080p", 640, 360, func(a amounts) int { return a.encodesLong }, 1},
}

// encodes is part g: GOPs whose pictures are filtered and encoded anew.
func (b *bench) encodes(ctx context.Context, at progressFunc) (section, error) {
	s := section{
		Title: "Filters and encodes",
		About: "Over one kept connection, each request asks for another GOP, scaled, in grey, and encoded anew as H.264; its sound stays as it is. gop has the index and open files, and no such GOP. " +
			"ffmpeg is run for each GOP, into a file, with the same filters, and the same encoder, preset (" + encodePreset + "), CRF (" + encodeQuality + ") and threads (" + encodeThreads + " of the encoder, " + decodeThreads + " of the decoder). " +
			"gop transcodes at nice 10, ffmpeg runs at nice 0, so other work on the machine slows gop more. The disk's cache is warm for both. " +
			"Below it, how many pictures of several sizes gop encodes in a second, one GOP at a time, as they are (`?codec=h264`) and scaled (`?width=640`), and when the first byte of the body comes; the videos have 25 a second. What comes out larger than 1080p is encoded with the preset " + largePreset + ".",
	}
	err := b.with(ctx, encoding, func(gop web) error {
		for i, e := range editedVideos {
			c, err := b.encodesOf(ctx, at.within(0.4*float64(i)/2, 0.4*float64(i+1)/2), e, gop)
			if err != nil {
				return err
			}
			s.Comparisons = append(s.Comparisons, c)
			s.Targets = append(s.Targets, atLeast("encoding "+e.what+": faster than running ffmpeg, at p50",
				ratio(find(c.Results, ffmpegEncode), find(c.Results, "gop"), p50).Median, e.faster, "times"))
		}
		speeds, err := b.encodeSpeeds(ctx, at.within(0.4, 1), gop)
		if err != nil {
			return err
		}
		s.Figures, s.Tables = speeds, []table{speedTable(speeds)}
		streamed := speeds[slices.IndexFunc(speeds, func(s encodeSpeed) bool { return s.Query == streamedEncode })]
		s.Targets = append(s.Targets, atMost("first byte of a streamed encode of 1080p: p50", streamed.First.Median, 300, "ms"))
		return nil
	})
	return s, err
}

// encodesOf measures one video.
func (b *bench) encodesOf(ctx context.Context, at progressFunc, e edited, gop web) (c comparison, err error) {
	entries, err := gop.list(ctx, e.file)
	if err != nil {
		return c, err
	}
	picked := spaced(entries, e.gops(b.amounts))
	paths := withQuery(picked, fmt.Sprintf("width=%d&height=%d&fit=stretch&gray=1", e.width, e.height))
	contenders := []contender{
		{name: "gop", run: func(ctx context.Context) (round, error) { return gop.ask(ctx, lossless(entries), paths) }},
		{name: ffmpegEncode, run: func(ctx context.Context) (round, error) { return b.ffmpegEncodes(ctx, e, picked) }},
	}
	results, err := contest(ctx, b.options.Rounds, at, "g: encodes of "+e.file, contenders)
	if err != nil {
		return c, err
	}
	return comparison{What: e.file, About: aboutClip(e.file), Results: results}, uncached(e.file, results)
}

// withQuery is where some entries' GOPs lie, with a query.
func withQuery(entries []entry, query string) []string {
	paths := hrefs(entries)
	for i := range paths {
		paths[i] += "?" + query
	}
	return paths
}

// lossless is what is asked for first, so that the file is open: the last GOP, as it is.
func lossless(entries []entry) []string { return hrefs(entries[len(entries)-1:]) }

// ffmpegEncodes does what gop is asked for, each GOP by an ffmpeg of its own, into a file.
func (b *bench) ffmpegEncodes(ctx context.Context, e edited, entries []entry) (round, error) {
	out := filepath.Join(b.scratch, "encoded.mp4")
	return programs(ctx, len(entries), func(ctx context.Context, i int) (process.Usage, error) {
		return process.RunToEnd(ctx, io.Discard, "ffmpeg", encodeArgs(e, entries[i], b.clip(e.file), out)...)
	})
}

// encodeArgs is what ffmpeg is told. The GOP has the one key picture, as gop's has.
func encodeArgs(e edited, of entry, in, out string) []string {
	const everLasting = "536870912"
	return []string{
		"-v", "error", "-nostdin", "-y", "-threads", decodeThreads, "-ss", of.GOP.StartTime, "-i", in, "-t", of.GOP.DurationTime,
		"-filter_threads", filterThreads, "-vf", fmt.Sprintf("scale=%d:%d:flags=bicubic+accurate_rnd,hue=s=0", e.width, e.height),
		"-c:v", "libx264", "-preset", encodePreset, "-crf", encodeQuality, "-threads", encodeThreads,
		"-g", everLasting, "-keyint_min", everLasting, "-c:a", "copy", "-f", "mp4", out,
	}
}

// wholeEncodes is what is asked of videos of several sizes; streamedEncode comes as it is made.
var wholeEncodes = []string{"codec=h264", "width=640"}

const streamedEncode = "codec=h264&stream=1"

// encodeSpeed is how fast gop encodes a video.
type encodeSpeed struct {
	File     string       `json:"file"`
	Size     string       `json:"size"`
	Query    string       `json:"query"`
	First    stats.Spread `json:"first_byte_p50_ms"`
	Frames   stats.Spread `json:"frames_per_second"`
	RealTime stats.Spread `json:"times_real_time"`
}

// encodeSpeeds measures gop alone.
func (b *bench) encodeSpeeds(ctx context.Context, at progressFunc, gop web) ([]encodeSpeed, error) {
	var speeds []encodeSpeed
	var contenders []contender
	var perRequest []float64 // pictures
	var seconds []float64    // of video a request
	for _, v := range []struct {
		file, size string
		queries    []string
	}{
		{shortSD, "480p H.264", wholeEncodes},
		{minuteMP4, "720p H.264", wholeEncodes},
		{minuteHD, "1080p H.264", append(slices.Clone(wholeEncodes), streamedEncode)},
		{minuteHEVC, "2160p HEVC", wholeEncodes},
	} {
		entries, err := gop.list(ctx, v.file)
		if err != nil {
			return nil, err
		}
		picked := spaced(entries, b.amounts.encodeSpeeds)
		frames, duration, err := extent(picked)
		if err != nil {
			return nil, err
		}
		for _, query := range v.queries {
			paths := withQuery(picked, query)
			speeds = append(speeds, encodeSpeed{File: v.file, Size: v.size, Query: query})
			perRequest = append(perRequest, float64(frames)/float64(len(picked)))
			seconds = append(seconds, duration/float64(len(picked)))
			contenders = append(contenders, contender{name: v.file + "?" + query, run: func(ctx context.Context) (round, error) {
				return gop.ask(ctx, lossless(entries), paths)
			}})
		}
	}
	results, err := contest(ctx, b.options.Rounds, at, "g: pictures a second", contenders)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		speeds[i].First = stats.SpreadOf(r.values(first))
		speeds[i].Frames = stats.SpreadOf(r.values(func(one round) float64 { return one.PerSecond * perRequest[i] }))
		speeds[i].RealTime = stats.SpreadOf(r.values(func(one round) float64 { return one.PerSecond * seconds[i] }))
	}
	return speeds, uncached("the videos", results)
}

// speedTable has a row for each size, and each query.
func speedTable(speeds []encodeSpeed) table {
	t := table{Head: []string{"gop encodes", "of", "with", "frames a second", "times real time", "first byte ms"}}
	for _, s := range speeds {
		t.Rows = append(t.Rows, []string{s.Size, s.File, "?" + s.Query, spreadText(s.Frames), spreadText(s.RealTime), spreadText(s.First)})
	}
	return t
}
