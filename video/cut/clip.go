package cut

import (
	"math"
	"math/bits"

	"gop/video"
)

// Clip is a part of a video: the times [From, To) in microseconds on the clock of the index. The zero Clip is
// none.
type Clip struct {
	From, To int64
	Exact    bool // present these times alone, not all of the GOPs that overlap them
}

// End is the To of a Clip that lasts until the end of the video.
const End = math.MaxInt64

// run is consecutive GOPs by number.
type run struct{ first, last int }

// selected returns the GOPs of c, and the part of them that is presented; the zero Interval is all of it.
func (c Cut) selected(ix *video.Index) (run, video.Interval, error) {
	gops, part := run{c.GOP, c.GOP + c.More}, video.Interval{}
	if c.Clip == (Clip{}) {
		if err := checkGOP(ix, gops.last); err != nil {
			return run{}, part, err
		}
		return gops, part, ix.CheckRun(gops.first, gops.last)
	}
	var ok bool
	gops.first, gops.last, ok = c.Clip.GOPs(ix)
	if !ok {
		return run{}, part, c.Clip.errNotFound(ix)
	}
	if c.Clip.Exact {
		gops.last, part = c.Clip.part(ix, gops)
	}
	return gops, part, ix.CheckRun(gops.first, gops.last)
}

// GOPs returns the numbers of the first and the last GOP that are presented during the clip. It reports false
// if there is none.
func (c Clip) GOPs(ix *video.Index) (first, last int, ok bool) { return ix.During(c.interval(ix)) }

// interval returns the clip in the time base of the index's primary track, rounded outward. The time of a
// frame in microseconds selects the frame, although it is rounded. The interval has at least one tick.
func (c Clip) interval(ix *video.Index) video.Interval {
	base := ix.Track().TimeBase
	from, _ := halfMicros(uint64(c.From)*2+1, base)
	to := from + 1
	if c.To > 0 {
		floor, isExact := halfMicros(uint64(c.To)*2-1, base)
		if to = max(floor, from+1); !isExact {
			to = max(floor+1, from+1)
		}
	}
	return video.Interval{From: from, To: to}
}

// halfMicros converts a time in units of half a microsecond to a time base, rounded down. A result that does
// not fit saturates.
func halfMicros(n uint64, base video.Rational) (floor video.Ticks, isExact bool) {
	const limit = math.MaxInt64 / 2
	den := 2_000_000 * uint64(base.Num)
	hi, lo := bits.Mul64(n, uint64(base.Den))
	if hi >= den {
		return limit, true
	}
	quotient, rest := bits.Div64(hi, lo, den)
	return video.Ticks(min(quotient, limit)), rest == 0
}

// part returns the part of a run that the clip presents, and the number of the last GOP that it needs. The
// zero Interval is all of the run.
func (c Clip) part(ix *video.Index, r run) (last int, part video.Interval) {
	base, all := ix.Track().TimeBase, ix.Run(r.first, r.last)
	part = c.interval(ix)
	if part.From < all.Start || all.Start.Micros(base) == c.From {
		part.From = all.Start
	}
	frame := all.Duration() / video.Ticks(max(all.Frames, 1))
	isLast := r.last == ix.GOPs.Len()-1 || ix.GOPs.At(r.last+1).Trimmed ||
		ix.CheckRun(r.first, r.last+1) != nil
	switch {
	case all.End.Micros(base) == c.To, isLast && part.To > all.End:
		part.To = all.End
	case part.To > all.End && part.To <= all.End+frame && part.From < all.End: // the container rounds times
		part.To = all.End
	case part.To > all.End: // the last frame stays on screen until the next GOP
		return r.last + 1, part
	}
	if part == (video.Interval{From: all.Start, To: all.End}) {
		return r.last, video.Interval{}
	}
	return r.last, part
}

// errNotFound returns the error for a clip in which no GOP is presented.
func (c Clip) errNotFound(ix *video.Index) error {
	base, gops := ix.Track().TimeBase, ix.Presented()
	if len(gops) == 0 {
		return video.Errorf(video.NotFound, "the edit list trims the whole video")
	}
	whole := ix.Run(gops[0], gops[len(gops)-1])
	return video.Errorf(video.NotFound, "there is no GOP in this time; the video lasts from %s to %s seconds",
		whole.Start.Seconds(base), whole.End.Seconds(base))
}
