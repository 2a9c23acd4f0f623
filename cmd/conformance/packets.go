package main

import (
	"context"

	"gop/av"
	"gop/video"
)

// sample is what is kept of a packet. Its times are in the time base of its track.
type sample struct {
	pts, dts, duration video.Ticks
	size               int32
	hasPTS, hasDTS     bool
	key, hidden        bool
	width, height      int32 // of a key's picture; 0 where not known
	sum                av.Sum
}

// time is when the sample is shown, as far as that is known: a file that tells only the dts means
// that they are the same.
func (s sample) time() (at video.Ticks, ok bool) {
	switch {
	case s.hasPTS:
		return s.pts, true
	case s.hasDTS:
		return s.dts, true
	}
	return 0, false
}

// track is the samples of one track, in decode order.
type track struct {
	base    video.Rational
	samples []sample
}

// seconds is a time of the track.
func (t *track) seconds(at video.Ticks) float64 {
	return float64(at) * float64(t.base.Num) / float64(t.base.Den)
}

// packets is a film and its sound, as the plain reader gives them. Either may be empty.
type packets struct {
	film, sound track
	ended       error // what ended the reading before the file's end
}

// readPackets reads the packets of two streams, of which sound may be -1. It keeps at most limit of
// each.
func readPackets(ctx context.Context, e engine, v video.Video, open func() (video.File, error), film, sound, limit int) (*packets, []video.Track, error) {
	p := &packets{}
	tracks, err := e.Packets(ctx, v, open, func(in av.Packet) error {
		into := &p.film
		switch {
		case in.Stream == film:
		case in.Stream == sound:
			into = &p.sound
		default:
			return nil
		}
		if len(into.samples) >= limit {
			return video.Errorf(video.TooLarge, "a track has more than %d packets", limit)
		}
		into.base = in.TimeBase
		into.samples = append(into.samples, sample{
			pts: in.PTS, dts: in.DTS, duration: in.Duration,
			size: int32(in.Size), hasPTS: in.HasPTS, hasDTS: in.HasDTS,
			key: in.Key, hidden: in.Hidden, sum: in.Sum,
			width: int32(in.Width), height: int32(in.Height),
		})
		return nil
	})
	switch {
	case err != nil && (ctx.Err() != nil || len(p.film.samples) == 0 || video.KindOf(err) != video.Unreadable):
		return nil, nil, err
	case err != nil:
		p.ended = err // what stands before the damage can be served
	}
	return p, tracks, nil
}

// group is a GOP by its definition: a key packet and all up to the next, in decode order.
type group struct {
	film    *track
	from    int // in film.samples
	samples []sample
}

// groupsOf is a film's GOPs, and how many packets stand before the first.
func groupsOf(film *track) (groups []group, leadIn int) {
	for i, s := range film.samples {
		switch n := len(groups) - 1; {
		case s.key:
			groups = append(groups, group{film: film, from: i, samples: film.samples[i : i+1]})
		case n < 0:
			leadIn++
		default:
			groups[n].samples = film.samples[groups[n].from : i+1]
		}
	}
	return groups, leadIn
}

// start is when the key is shown.
func (g group) start() (video.Ticks, bool) { return g.samples[0].time() }

// isLeading tells whether a packet of the GOP is shown before the key; known is false where the
// file does not tell.
func (g group) isLeading(s sample) (leading, known bool) {
	start, ok := g.start()
	return s.pts < start, ok && s.hasPTS
}

func (g group) bytes() (n int64) {
	for _, s := range g.samples {
		n += int64(s.size)
	}
	return n
}

// end is when the GOP's last picture gives way: to the next picture, which is among those of the
// next GOP, or after its own duration, or after that of the GOP's others. frame is how long one
// picture lasts, more or less.
func (g group) end(next *group) (end, frame video.Ticks, ok bool) {
	first, last, shown := video.Ticks(0), sample{}, 0
	for _, s := range g.samples {
		at, known := s.time()
		if !known {
			continue
		}
		if s.hasPTS = true; shown == 0 || at < first {
			first = at
		}
		if s.pts = at; shown == 0 || at >= last.pts {
			last = s
		}
		shown++
	}
	if shown == 0 {
		return 0, 0, false
	}
	frame = max(last.duration, 0)
	if shown > 1 {
		frame = max(frame, (last.pts-first)/video.Ticks(shown-1))
	}
	end, found := last.pts+max(last.duration, 0), false
	if last.duration <= 0 {
		end = last.pts + frame
	}
	if next != nil {
		for _, s := range next.samples {
			if s.hasPTS && s.pts > last.pts && (!found || s.pts < end) {
				end, found = s.pts, true
			}
		}
	}
	return end, frame, true
}
