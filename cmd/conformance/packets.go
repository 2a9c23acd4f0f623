package main

import (
	"context"
	"math"
	"slices"

	"gop/av"
	"gop/video"
)

// sample is the part of a packet that the checks compare. Times are in the track's time base.
type sample struct {
	pts, dts, duration video.Ticks
	size               int32
	hasPTS, hasDTS     bool
	key                bool
	discard            bool  // trimmed by the edit list
	width, height      int32 // of a keyframe, in pixels; 0 if unknown
	sum                av.Sum
	pos                int64    // byte offset in the file; -1 if unknown
	frames             []av.Sum // of VP9
	invisible          bool     // VP9 without a frame that is presented
}

// time returns the presentation time. A file that stores no PTS means the DTS.
func (s sample) time() (t video.Ticks, ok bool) {
	switch {
	case s.hasPTS:
		return s.pts, true
	case s.hasDTS:
		return s.dts, true
	}
	return 0, false
}

// track is the samples of one track in decode order.
type track struct {
	timeBase video.Rational
	samples  []sample
	damage   error // why reading stopped before the end of the file
}

// seconds converts a time of the track.
func (t *track) seconds(ticks video.Ticks) float64 {
	return float64(ticks) * float64(t.timeBase.Num) / float64(t.timeBase.Den)
}

// packets is a video track and an audio track as the demuxer reads them. Either may be empty.
type packets struct {
	video, audio track
}

// readPackets reads the packets of two streams, one after the other, so that damage in one does not end the
// other. audioStream may be -1. It keeps at most limit packets of each.
func readPackets(
	ctx context.Context, e engine, v video.Video, open openFunc, videoStream, audioStream, limit int,
) (p *packets, tracks []video.Track, err error) {
	p = &packets{}
	if tracks, err = p.video.read(ctx, e, v, open, videoStream, limit); err != nil {
		return nil, nil, err
	}
	if len(p.video.samples) == 0 && p.video.damage != nil {
		return nil, nil, p.video.damage
	}
	if audioStream >= 0 {
		if _, err := p.audio.read(ctx, e, v, open, audioStream, limit); err != nil {
			return nil, nil, err
		}
	}
	return p, tracks, nil
}

// read reads the packets of a stream. If the file is damaged after some of them, it sets t.damage.
func (t *track) read(
	ctx context.Context, e engine, v video.Video, open openFunc, stream, limit int,
) ([]video.Track, error) {
	tracks, err := e.Packets(ctx, v, stream, open, func(in av.Packet) error {
		if len(t.samples) >= limit {
			return video.Errorf(video.TooLarge, "a track has more than %d packets", limit)
		}
		t.timeBase = in.TimeBase
		t.samples = append(t.samples, sample{
			pts: in.PTS, dts: in.DTS, duration: in.Duration,
			size: int32(in.Size), hasPTS: in.HasPTS, hasDTS: in.HasDTS,
			key: in.Key, discard: in.Discard, sum: in.Sum, pos: in.Pos,
			frames: in.Frames, invisible: in.Invisible,
			width: int32(in.Width), height: int32(in.Height),
		})
		return nil
	})
	if err != nil && (ctx.Err() != nil || video.KindOf(err) != video.Unreadable) {
		return nil, err
	}
	t.damage = err // the packets before the damage can be served
	return tracks, nil
}

// joined returns samples as an mp4 holds them: invisible frames of VP9 and the next visible one are one
// sample with the times of the visible frame, as libav's muxer joins them (libavcodec/bsf/vp9_superframe.c).
func joined(samples []sample) []sample {
	var all []sample
	var frames []av.Sum // of the invisible samples before
	key := false
	for _, s := range samples {
		if s.frames == nil {
			return samples // of another codec
		}
		frames, key = append(frames, s.frames...), key || s.key
		if s.invisible {
			continue
		}
		s.frames, s.key = frames, key
		all, frames, key = append(all, s), nil, false
	}
	if frames != nil { // nothing is presented after them
		last := samples[len(samples)-1]
		last.frames, last.key = frames, key
		all = append(all, last)
	}
	return all
}

// hasPayloadOf reports whether two samples have the same payload.
func (s sample) hasPayloadOf(other sample) bool {
	if s.frames != nil || other.frames != nil {
		return slices.Equal(s.frames, other.frames)
	}
	return s.sum == other.sum
}

// group is a group of pictures: a key packet and the packets up to the next one, in decode order.
type group struct {
	track   *track
	first   int // index in track.samples
	samples []sample
	trimmed bool // see findTrimmed
}

// groupsOf splits a video track into groups and counts the packets before the first.
func groupsOf(t *track) (groups []group, beforeFirstKey int) {
	for i, s := range t.samples {
		switch last := len(groups) - 1; {
		case s.key:
			groups = append(groups, group{track: t, first: i, samples: t.samples[i : i+1]})
		case last < 0:
			beforeFirstKey++
		default:
			groups[last].samples = t.samples[groups[last].first : i+1]
		}
	}
	return groups, beforeFirstKey
}

// findTrimmed marks the groups without a frame that the edit list presents. The segment of such a group
// presents all its frames.
func findTrimmed(groups []group) {
	for i := range groups {
		g := &groups[i]
		if _, ok := g.presentedStart(); ok {
			continue
		}
		g.trimmed, g.samples = true, slices.Clone(g.samples)
		for j := range g.samples {
			g.samples[j].discard = false
		}
	}
}

// key returns the presentation time of the keyframe. It is unknown if the file has only a DTS, as AVI: how
// much later the frame is presented depends on its codec.
func (g group) key() (video.Ticks, bool) { return g.samples[0].pts, g.samples[0].hasPTS }

// start returns the presentation time of the keyframe, or of the first frame after it if the edit list trims
// the keyframe.
func (g group) start() (video.Ticks, bool) {
	if !g.samples[0].discard {
		return g.key()
	}
	return g.presentedStart()
}

// presentedStart returns the time of the first frame that the edit list presents from the keyframe on. A
// keyframe without a time counts as presented.
func (g group) presentedStart() (start video.Ticks, found bool) {
	key, ok := g.key()
	if !ok {
		return 0, true
	}
	for _, s := range g.samples {
		if t, known := s.time(); known && !s.discard && t >= key && (!found || t < start) {
			start, found = t, true
		}
	}
	return start, found
}

// isLeading reports whether a frame of the group is presented before the keyframe. known is false if the
// file has no times for them.
func (g group) isLeading(s sample) (leading, known bool) {
	key, ok := g.key()
	return s.pts < key, ok && s.hasPTS
}

func (g group) bytes() (n int64) {
	for _, s := range g.samples {
		n += int64(s.size)
	}
	return n
}

// end returns when the last presented frame of the group ends: at the next frame, which is in the next
// group, or after its own duration, or after the average duration of the group. frame is about the duration
// of one frame.
func (g group) end(next *group) (end, frame video.Ticks, ok bool) {
	first, last, presented := video.Ticks(0), sample{}, 0
	trimmed := video.Ticks(math.MinInt64) // time of the last trimmed packet
	for _, s := range g.samples {
		t, known := s.time()
		if s.discard && known {
			trimmed = max(trimmed, t)
		}
		if !known || s.discard {
			continue
		}
		if s.hasPTS = true; presented == 0 || t < first {
			first = t
		}
		if s.pts = t; presented == 0 || t >= last.pts {
			last = s
		}
		presented++
	}
	if presented == 0 {
		return 0, 0, false
	}
	frame = max(last.duration, 0)
	if presented > 1 {
		frame = max(frame, (last.pts-first)/video.Ticks(presented-1))
	}
	end, found := last.pts+max(last.duration, 0), false
	if last.duration <= 0 {
		end = last.pts + frame
	}
	if next != nil && trimmed < last.pts {
		for _, s := range next.samples {
			if s.hasPTS && !s.discard && s.pts > last.pts && (!found || s.pts < end) {
				end, found = s.pts, true
			}
		}
	}
	return end, frame, true
}
