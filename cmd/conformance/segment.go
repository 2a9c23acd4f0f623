package main

import (
	"bytes"
	"context"
	"errors"
	"math"

	"gop/video"
	"gop/video/cut"
)

// Tolerances of times, in seconds.
const (
	timeTolerance = 0.0011 // Matroska stores milliseconds
	syncTolerance = 0.005
)

// segment is the mp4 of a GOP or a run of GOPs, demuxed.
type segment struct {
	*packets
	n      int       // number of the first GOP
	run    video.GOP // the GOPs as one
	tracks []video.Track
	layout layout
	side   sideData

	audioLeftOut string // why it has no audio although the listing has no reason
}

// checkGOP cuts GOP n and checks the segment.
func (f *fileCheck) checkGOP(ctx context.Context, n int) {
	key, err := cut.Cut{GOP: n}.Resolve(f.ix)
	if err != nil {
		f.fail(checkSegment, n, "%v", err)
		return
	}
	product, err := f.engine.Segment(ctx, f.ix, key, f.open)
	switch {
	case ctx.Err() != nil:
		return
	case video.KindOf(err) == video.TooLarge:
		f.skip(checkSegment, video.Message(err))
		return
	case err != nil:
		f.fail(checkSegment, n, "%v", err)
		return
	}
	f.GOPs++
	if n >= len(f.groups) {
		return // checkListing has failed already
	}
	seg := f.demux(ctx, n, product)
	if seg == nil {
		return
	}
	seg.run = f.ix.GOPs.At(n)
	g := f.groups[n]
	if f.checkPayloads(seg, g) {
		f.matched += len(g.samples)
		g.samples = joined(g.samples)
		f.checkKeyframes(seg, g)
		f.checkTimes(seg, g)
	}
	f.checkDTS(seg, "video", &seg.video)
	f.checkDTS(seg, "audio", &seg.audio)
	f.checkDuration(seg, g)
	f.checkAudio(seg, g)
	f.checkLayout(seg)
	f.checkTracks(seg, g)
	f.checkSideData(seg)
}

// segmentPrefix starts the video name of a segment.
const segmentPrefix = "segment of "

// demux reads a segment. On an error it records the failure and returns nil.
func (f *fileCheck) demux(ctx context.Context, n int, product *video.Segment) *segment {
	data, err := product.Bytes()
	if err != nil {
		f.fail(checkSegment, n, "read the segment: %v", err)
		return nil
	}
	v := video.Video{Name: segmentPrefix + f.Name, Version: f.ix.Video.Version, Size: int64(len(data))}
	open := func(context.Context) (video.File, error) { return memoryFile{bytes.NewReader(data)}, nil }
	// The first track of a segment is video, the second is audio.
	packets, tracks, err := readPackets(ctx, f.engine, v, open, 0, 1, f.maxPackets)
	if err == nil {
		err = errors.Join(packets.video.damage, packets.audio.damage)
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		f.fail(checkSegment, n, "read the segment: %v", err)
		return nil
	}
	return &segment{
		packets: packets, n: n, tracks: tracks, layout: readLayout(data), audioLeftOut: product.AudioLeftOut,
		side: sideDataOf(child(data, "moov"), 0),
	}
}

// memoryFile is a video.File in memory.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// checkPayloads reports whether the segment has the video packets of the GOP. If not, further comparison is
// pointless.
func (f *fileCheck) checkPayloads(seg *segment, g group) bool {
	got, want := seg.video.samples, joined(g.samples)
	if len(got) != len(want) {
		f.fail(checkPayloads, seg.n, "the segment has %d packets, the GOP has %d", len(got), len(want))
		return false
	}
	for i := range got {
		if !got[i].hasPayloadOf(want[i]) {
			f.fail(checkPayloads, seg.n, "packet %d differs from the file's", i)
			return false
		}
	}
	return true
}

// checkKeyframes checks which packets are keyframes and which are trimmed by the edit list.
func (f *fileCheck) checkKeyframes(seg *segment, g group) {
	for i, s := range seg.video.samples {
		if s.key != g.samples[i].key {
			f.fail(checkKeyframes, seg.n, "packet %d: key is %t", i, s.key)
			return
		}
		leading, known := g.isLeading(g.samples[i])
		switch {
		case !known:
			f.skip(checkKeyframes, "some packets have no time, so whether they are leading is unknown")
		case s.discard != (leading || g.samples[i].discard):
			f.fail(checkKeyframes, seg.n, "packet %d: trimmed is %t, leading is %t, by the file %t",
				i, s.discard, leading, g.samples[i].discard)
			return
		}
	}
}

// checkTimes checks presentation times.
func (f *fileCheck) checkTimes(seg *segment, g group) {
	first := seg.video.samples[0]
	own := group{track: &seg.video, samples: seg.video.samples}
	if zero, ok := own.start(); !ok || !first.hasPTS || math.Abs(seg.video.seconds(zero)) > timeTolerance {
		f.fail(checkStart, seg.n, "the first frame is presented at %.4f s", seg.video.seconds(zero))
	}
	start, ok := g.key()
	if !ok {
		f.skip(checkPTS, "some keyframes have no time")
		return
	}
	for i, s := range seg.video.samples {
		t, ok := g.samples[i].time()
		if !ok || !g.samples[i].hasPTS && i > 0 {
			f.skip(checkPTS, "some packets have no time")
			continue
		}
		want, got := g.track.seconds(t-start), seg.video.seconds(s.pts-first.pts)
		if !s.hasPTS || math.Abs(want-got) > timeTolerance {
			f.fail(checkPTS, seg.n, "packet %d is presented %.4f s after the keyframe, in the file %.4f s",
				i, got, want)
			return
		}
	}
}

// checkDTS checks that decode times increase.
func (f *fileCheck) checkDTS(seg *segment, kind string, t *track) {
	for i, s := range t.samples {
		if !s.hasDTS || i > 0 && s.dts <= t.samples[i-1].dts {
			f.fail(checkDTS, seg.n, "%s packet %d is not decoded after the packet before it", kind, i)
			return
		}
	}
}

// checkDuration compares the listed duration with the file's, and the segment's with the listed one.
func (f *fileCheck) checkDuration(seg *segment, g group) {
	listed := g.track.seconds(f.ix.GOPs.At(seg.n).Duration())
	var next *group // that is presented after g
	for i := seg.n + 1; i < len(f.groups) && next == nil && !g.trimmed; i++ {
		if !f.groups[i].trimmed {
			next = &f.groups[i]
		}
	}
	end, frame, ok := g.end(next)
	start, started := g.start()
	if !ok || !started {
		f.skip(checkDuration, "some keyframes have no time")
		return
	}
	if rate := f.ix.Track().FrameRate; rate.Known() {
		one := float64(rate.Den) / float64(rate.Num)
		frame = max(frame, video.Ticks(one*float64(g.track.timeBase.Den)/float64(g.track.timeBase.Num)))
	}
	tolerance := g.track.seconds(frame) + timeTolerance
	if want := g.track.seconds(end - start); math.Abs(listed-want) > tolerance {
		f.fail(checkDuration, seg.n, "the listing has %.4f s, the GOP lasts %.4f s", listed, want)
	}
	if math.Abs(seg.layout.seconds-listed) > tolerance {
		f.fail(checkDuration, seg.n, "the segment lasts %.4f s, the listing has %.4f s",
			seg.layout.seconds, listed)
	}
}

// checkTracks compares the segment's video track with the file's.
func (f *fileCheck) checkTracks(seg *segment, g group) {
	want, got := f.ix.Track(), seg.tracks[0]
	if got.Codec != want.Codec {
		f.fail(checkTracks, seg.n, "the codec is %s, in the file %s", got.Codec, want.Codec)
	}
	// The file's track has the size of its first frames; later ones may have another.
	first, key := f.groups[0].samples[0], g.samples[0]
	if key.width > 0 && (key.width != first.width || key.height != first.height) {
		want.Width, want.Height = int(key.width), int(key.height)
	}
	if width, height := seg.layout.width, seg.layout.height; width != want.Width || height != want.Height {
		f.fail(checkTracks, seg.n, "the size is %dx%d, in the file %dx%d",
			width, height, want.Width, want.Height)
	}
	if squareIfUnknown(got.SampleAspect) != squareIfUnknown(want.SampleAspect) {
		f.fail(checkTracks, seg.n, "the sample aspect ratio is %v, in the file %v",
			got.SampleAspect, want.SampleAspect)
	}
	if got.Rotation != want.Rotation || got.Flipped != want.Flipped {
		f.fail(checkTracks, seg.n, "the rotation is %d, flipped: %t, in the file %d, flipped: %t",
			got.Rotation, got.Flipped, want.Rotation, want.Flipped)
	}
}

// squareIfUnknown replaces an unknown sample aspect ratio by 1:1, as players do.
func squareIfUnknown(r video.Rational) video.Rational {
	if !r.Known() {
		return video.Rational{Num: 1, Den: 1}
	}
	return r
}
