package main

import (
	"bytes"
	"context"
	"math"

	"gop/video"
	"gop/video/cut"
)

// How far off times may be, in seconds.
const (
	tick     = 0.0011 // Matroska counts milliseconds
	syncTick = 0.005
)

// cutOut is a GOP that was cut, and read back.
type cutOut struct {
	*packets
	n      int // the GOP's number
	tracks []video.Track
	boxes  boxes
}

// checkGOP cuts GOP n and checks the cut.
func (f *fileCheck) checkGOP(ctx context.Context, n int) {
	key, err := cut.Cut{GOP: n}.Resolve(f.ix)
	if err != nil {
		f.fail(checkCut, n, "%v", err)
		return
	}
	segment, err := f.engine.Segment(ctx, f.ix, key, f.open)
	switch {
	case ctx.Err() != nil:
		return
	case video.KindOf(err) == video.TooLarge:
		f.skip(checkCut, video.Message(err))
		return
	case err != nil:
		f.fail(checkCut, n, "%v", err)
		return
	}
	f.GOPs++
	if n >= len(f.groups) {
		return // the listing fell short already
	}
	cut := f.readBack(ctx, n, segment)
	if cut == nil {
		return
	}
	g := f.groups[n]
	if f.checkPayloads(cut, g) {
		f.checkFlags(cut, g)
		f.checkTimes(cut, g)
	}
	f.checkDTS(cut, "picture", &cut.film)
	f.checkDTS(cut, "sound", &cut.sound)
	f.checkDuration(cut, g)
	f.checkSound(cut, g)
	f.checkLayout(cut)
	f.checkTracks(cut, g)
}

// cutPrefix begins the name of a cut, as a video.
const cutPrefix = "cut of "

// readBack reads a cut; nil where that fails, which is said.
func (f *fileCheck) readBack(ctx context.Context, n int, segment *video.Segment) *cutOut {
	data, err := segment.Bytes()
	if err != nil {
		f.fail(checkCut, n, "the cut cannot be read: %v", err)
		return nil
	}
	v := video.Video{Name: cutPrefix + f.Name, Version: f.ix.Video.Version, Size: int64(len(data))}
	open := func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	// The film is the first track of a cut, and its sound the second.
	packets, tracks, err := readPackets(ctx, f.engine, v, open, 0, 1, f.maxPackets)
	if err == nil {
		err = packets.ended
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		f.fail(checkCut, n, "the cut cannot be read: %v", err)
		return nil
	}
	return &cutOut{packets: packets, n: n, tracks: tracks, boxes: boxesOf(data)}
}

// inMemory is a file whose bytes are in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// checkPayloads tells whether the cut has the packets of the GOP: else there is no point in
// comparing them further.
func (f *fileCheck) checkPayloads(cut *cutOut, g group) bool {
	got := cut.film.samples
	if len(got) != len(g.samples) {
		f.fail(checkPayloads, cut.n, "the cut has %d packets, and the GOP %d", len(got), len(g.samples))
		return false
	}
	for i := range got {
		if got[i].sum != g.samples[i].sum {
			f.fail(checkPayloads, cut.n, "packet %d differs from the file's", i)
			return false
		}
	}
	f.held += len(got)
	return true
}

// checkFlags looks for keys and for hidden pictures.
func (f *fileCheck) checkFlags(cut *cutOut, g group) {
	for i, s := range cut.film.samples {
		if s.key != (i == 0) {
			f.fail(checkKeys, cut.n, "packet %d: key is %t", i, s.key)
			return
		}
		leading, known := g.isLeading(g.samples[i])
		switch {
		case !known:
			f.skip(checkKeys, "some packets have no time: whether they are hidden is not known")
		case s.hidden != leading:
			f.fail(checkKeys, cut.n, "packet %d: hidden is %t, and leading is %t", i, s.hidden, leading)
			return
		}
	}
}

// checkTimes looks when pictures are shown.
func (f *fileCheck) checkTimes(cut *cutOut, g group) {
	first := cut.film.samples[0]
	if zero := cut.film.seconds(first.pts); !first.hasPTS || math.Abs(zero) > tick {
		f.fail(checkZero, cut.n, "the key is shown at %.4f s", zero)
	}
	start, ok := g.start()
	if !ok {
		f.skip(checkPTS, "some keys have no time")
		return
	}
	for i, s := range cut.film.samples {
		at, ok := g.samples[i].time()
		if !ok || !g.samples[i].hasPTS && i > 0 {
			f.skip(checkPTS, "some packets have no time")
			continue
		}
		want, got := g.film.seconds(at-start), cut.film.seconds(s.pts-first.pts)
		if !s.hasPTS || math.Abs(want-got) > tick {
			f.fail(checkPTS, cut.n, "packet %d is shown %.4f s after the key, and in the file %.4f s", i, got, want)
			return
		}
	}
}

// checkDTS looks when packets are decoded.
func (f *fileCheck) checkDTS(cut *cutOut, what string, t *track) {
	for i, s := range t.samples {
		if !s.hasDTS || i > 0 && s.dts <= t.samples[i-1].dts {
			f.fail(checkDTS, cut.n, "%s packet %d is not decoded after the one before", what, i)
			return
		}
	}
}

// checkDuration holds the listed duration against the file's, and the cut's against the listed one.
func (f *fileCheck) checkDuration(cut *cutOut, g group) {
	listed := g.film.seconds(f.ix.GOPs[cut.n].Duration())
	var next *group
	if cut.n+1 < len(f.groups) {
		next = &f.groups[cut.n+1]
	}
	end, frame, ok := g.end(next)
	start, started := g.start()
	if !ok || !started {
		f.skip(checkDuration, "the file does not tell the time of every key")
		return
	}
	if rate := f.ix.Track().FrameRate; rate.Known() {
		one := float64(rate.Den) / float64(rate.Num)
		frame = max(frame, video.Ticks(one*float64(g.film.base.Den)/float64(g.film.base.Num)))
	}
	allowed := g.film.seconds(frame) + tick
	if want := g.film.seconds(end - start); math.Abs(listed-want) > allowed {
		f.fail(checkDuration, cut.n, "%.4f s are listed, and in the file it lasts %.4f s", listed, want)
	}
	if math.Abs(cut.boxes.seconds-listed) > allowed {
		f.fail(checkDuration, cut.n, "the cut lasts %.4f s, and %.4f s are listed", cut.boxes.seconds, listed)
	}
}

// checkTracks holds what the cut says of its film against what the file says.
func (f *fileCheck) checkTracks(cut *cutOut, g group) {
	want, got := f.ix.Track(), cut.tracks[0]
	if got.Codec != want.Codec {
		f.fail(checkTracks, cut.n, "the codec is %s, and in the file %s", got.Codec, want.Codec)
	}
	// The file's track tells the size of its first pictures, which may change.
	first, key := f.groups[0].samples[0], g.samples[0]
	if key.width > 0 && (key.width != first.width || key.height != first.height) {
		want.Width, want.Height = int(key.width), int(key.height)
	}
	if width, height := cut.boxes.width, cut.boxes.height; width != want.Width || height != want.Height {
		f.fail(checkTracks, cut.n, "the size is %dx%d, and in the file %dx%d", width, height, want.Width, want.Height)
	}
	if squareUnlessKnown(got.SampleAspect) != squareUnlessKnown(want.SampleAspect) {
		f.fail(checkTracks, cut.n, "the sample aspect is %v, and in the file %v", got.SampleAspect, want.SampleAspect)
	}
	if got.Rotation != want.Rotation {
		f.fail(checkTracks, cut.n, "the rotation is %d, and in the file %d", got.Rotation, want.Rotation)
	}
}

// squareUnlessKnown is what players make of a sample aspect.
func squareUnlessKnown(r video.Rational) video.Rational {
	if !r.Known() {
		return video.Rational{Num: 1, Den: 1}
	}
	return r
}
