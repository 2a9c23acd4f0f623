package video

import "sort"

// Frame is a frame that is presented, by the tables of its file. Times are in the time base of the index's
// primary track.
type Frame struct {
	PTS      Ticks
	DTS      Ticks // NoTime if unknown
	Duration Ticks // until the next frame
	Pos      int64 // byte offset of its packet; -1 if unknown
	Size     int   // bytes of its packet
	Key      bool  // it is the keyframe of a GOP
}

// FindFrame returns the GOP from whose keyframe on frame n is presented, and its number there, from 1. n
// counts all frames that are presented, from 0. The error is NotFound if the video has no frame n.
func (ix *Index) FindFrame(n int) (gop, frame int, err error) {
	total := 0
	for i, g := range ix.GOPs.All() {
		if n < total+g.Presented {
			return i, n - total + 1, nil
		}
		total += g.Presented
	}
	return 0, 0, Errorf(NotFound, "the video has no frame %d; it has %d, numbered from 0", n, total)
}

// FindTime returns the GOP that is presented at a time in microseconds: the last one that starts at or before
// it, but the first one whose duration includes the time if the clock restarts. Before the first GOP it is
// that one. The error is NotFound if no GOP is presented so late.
func (ix *Index) FindTime(us int64) (gop int, err error) {
	if gop, ok := ix.findOrdered(us); ok {
		return gop, nil
	}
	base, found, end := ix.Track().TimeBase, -1, int64(0)
	first := -1
	for i, g := range ix.GOPs.All() {
		if g.Presented == 0 {
			continue
		}
		if first < 0 {
			first, end = i, g.End.Micros(base)
		}
		start := g.Start.Micros(base)
		last := g.End.Micros(base)
		end = max(end, last)
		if start > us {
			continue
		}
		if us < last {
			return i, nil
		}
		if found < 0 || start >= ix.GOPs.At(found).Start.Micros(base) {
			found = i
		}
	}
	switch {
	case first < 0:
		return 0, Errorf(NotFound, "an edit list trims all frames of the video")
	case us >= end:
		return 0, Errorf(NotFound, "the video ends at %s seconds", FormatMicros(end))
	case found < 0:
		return first, nil
	}
	return found, nil
}

// findOrdered is FindTime for GOPs in the order of their times. It reports false if they are not, and if the
// GOP must be searched for among all.
func (ix *Index) findOrdered(us int64) (gop int, ok bool) {
	if !ix.GOPs.IsOrdered() {
		return 0, false
	}
	base, count := ix.Track().TimeBase, ix.GOPs.Len()
	endsAfter := func(n int) bool { return ix.GOPs.At(n).End.Micros(base) > us }
	gop = sort.Search(count, func(n int) bool { return ix.GOPs.At(n).Start.Micros(base) > us }) - 1
	for gop > 0 && endsAfter(gop-1) {
		gop--
	}
	gop = max(gop, 0)
	isPast := gop == count-1 && !endsAfter(gop)
	return gop, !isPast && ix.GOPs.At(gop).Presented > 0
}
