package main

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"gop/video"
	"gop/video/cut"
)

// All runs of the first GOPs of a file are cut, and some exact clips.
const (
	runGOPs   = 7
	clipCount = 20
)

// alone returns a fileCheck that records in a result of its own.
func (f *fileCheck) alone() *fileCheck {
	one := *f
	one.result, one.audioStart = newResult(f.Name, conforms), 0
	return &one
}

// checkRuns cuts all runs of the first GOPs and checks each like a GOP.
func (f *fileCheck) checkRuns(ctx context.Context) {
	count := min(f.ix.GOPs.Len(), len(f.groups), runGOPs)
	for first := range count {
		for last := first + 1; last < count && ctx.Err() == nil; last++ {
			one := f.alone()
			one.checkRun(ctx, first, last)
			for _, failed := range one.Failures {
				f.fail(checkRuns, first, "to GOP %d, %s: %s", last, failed.Check, failed.Detail)
			}
		}
	}
}

// checkRun cuts the run of GOPs from first to last and checks it.
func (f *fileCheck) checkRun(ctx context.Context, first, last int) {
	seg := f.cut(ctx, first, cut.Cut{GOP: first, More: last - first})
	if seg == nil {
		return
	}
	seg.run = f.ix.Run(first, last)
	g := f.runOf(first, last)
	if f.checkPayloads(seg, g) {
		g.samples = joined(g.samples)
		f.checkKeyframes(seg, g)
		f.checkTimes(seg, g)
	}
	f.checkDTS(seg, "video", &seg.video)
	f.checkDTS(seg, "audio", &seg.audio)
	f.checkAudio(seg, g)
	f.checkLayout(seg)
	f.checkTracks(seg, g)
	f.checkSideData(seg)
}

// cut makes a segment and demuxes it. It returns nil if there is none: on an error, which it records, or if
// one mp4 cannot hold the GOPs.
func (f *fileCheck) cut(ctx context.Context, n int, c cut.Cut) *segment {
	key, err := c.Resolve(f.ix)
	if err == nil {
		var product *video.Segment
		if product, err = f.engine.Segment(ctx, f.ix, key, f.open); err == nil {
			return f.demux(ctx, n, product)
		}
	}
	switch kind := video.KindOf(err); {
	case ctx.Err() != nil:
	case kind == video.TooLarge, kind == video.Unreadable && key.More > 0, key == video.SegmentKey{}:
		f.skip(checkSegment, video.Message(err))
	default:
		f.fail(checkSegment, n, "%v", err)
	}
	return nil
}

// runOf returns the groups from first to last as one.
func (f *fileCheck) runOf(first, last int) group {
	end := f.groups[last].first + len(f.groups[last].samples)
	g := group{track: &f.source.video, first: f.groups[first].first, trimmed: true}
	g.samples = f.source.video.samples[g.first:end]
	for _, part := range f.groups[first : last+1] {
		g.trimmed = g.trimmed && part.trimmed
	}
	if g.trimmed { // all frames are presented
		g.samples = slices.Clone(g.samples)
		for i := range g.samples {
			g.samples[i].discard = false
		}
	}
	return g
}

// checkClips cuts exact clips at random times, which are the same in each run of the program.
func (f *fileCheck) checkClips(ctx context.Context) {
	presented := f.ix.Presented()
	if len(presented) == 0 || f.restarts || len(f.groups) != f.ix.GOPs.Len() {
		f.skip(checkClips, "the file has no continuous presentation")
		return
	}
	hash := fnv.New64()
	_, _ = hash.Write([]byte(f.Name)) // a hash does not fail
	random, base := rand.New(rand.NewPCG(hash.Sum64(), 1)), f.ix.Track().TimeBase
	whole := f.ix.Run(presented[0], presented[len(presented)-1])
	start, end := whole.Start.Micros(base), whole.End.Micros(base)
	const shortest, longest = 100_000, 20_000_000 // microseconds
	if end-start <= shortest {
		f.skip(checkClips, "the file is too short")
		return
	}
	for range clipCount {
		from := start + random.Int64N(end-start-shortest)
		to := from + shortest + random.Int64N(min(end-from-shortest, longest)+1)
		if ctx.Err() != nil {
			return
		}
		one := f.alone()
		one.checkClip(ctx, cut.Clip{From: from, To: to, Exact: true})
		for _, failed := range one.Failures {
			f.fail(checkClips, failed.GOP, "clip from %.6f to %.6f s, %s: %s",
				float64(from)/1e6, float64(to)/1e6, failed.Check, failed.Detail)
		}
	}
}

// checkClip cuts an exact clip and checks it. libav's demuxer gives audio no times if its last packet begins
// before the clip.
func (f *fileCheck) checkClip(ctx context.Context, c cut.Clip) {
	key, err := cut.Cut{Clip: c}.Resolve(f.ix)
	if err != nil {
		f.skip(checkSegment, video.Message(err))
		return
	}
	seg := f.cut(ctx, key.GOP, cut.Cut{Clip: c})
	if seg == nil {
		return
	}
	covered := f.ix.Covered(key)
	covered.From, covered.To = covered.From-f.ix.Shift, covered.To-f.ix.Shift
	f.checkPresented(seg, f.runOf(key.GOP, key.LastGOP()), covered)
	f.checkDTS(seg, "video", &seg.video)
	f.checkLayout(seg)
	if slices.ContainsFunc(seg.audio.samples, func(s sample) bool { return !s.discard }) {
		f.checkDTS(seg, "audio", &seg.audio)
	}
}

// checkPresented checks that a segment presents the frames that are on screen during an interval of the
// file, from the one at its start on, at their times.
func (f *fileCheck) checkPresented(seg *segment, g group, during video.Interval) {
	want, ok := inOrder(joined(g.samples), g)
	if !ok {
		f.skip(checkPTS, "some packets have no time")
		return
	}
	got := slices.DeleteFunc(slices.Clone(seg.video.samples), func(s sample) bool { return s.discard })
	slices.SortStableFunc(got, func(a, b sample) int { return cmp.Compare(a.pts, b.pts) })
	first := 0
	for i, s := range want {
		if s.pts <= during.From {
			first = i
		}
	}
	want = want[min(first, len(want)):]
	if after := slices.IndexFunc(want, func(s sample) bool { return s.pts >= during.To }); after > 0 {
		want = want[:after]
	}
	if len(got) != len(want) {
		f.fail(checkPayloads, seg.n, "the clip presents %d frames, the file %d", len(got), len(want))
		return
	}
	for i, s := range want {
		at := g.track.seconds(max(s.pts-during.From, 0))
		switch {
		case !got[i].hasPayloadOf(s):
			f.fail(checkPayloads, seg.n, "frame %d differs from the file's", i)
			return
		case math.Abs(seg.video.seconds(got[i].pts)-at) > timeTolerance:
			f.fail(checkPTS, seg.n, "frame %d is presented at %.4f s, in the file %.4f s after the start", i,
				seg.video.seconds(got[i].pts), at)
			return
		}
	}
}

// inOrder returns the samples of a group that the file presents from its keyframe on, in their order. It
// reports false if some have no time.
func inOrder(samples []sample, g group) (presented []sample, ok bool) {
	for _, s := range samples {
		if !s.hasPTS {
			return nil, false
		}
		if leading, _ := g.isLeading(s); !leading && !s.discard {
			presented = append(presented, s)
		}
	}
	slices.SortStableFunc(presented, func(a, b sample) int { return cmp.Compare(a.pts, b.pts) })
	return presented, true
}
