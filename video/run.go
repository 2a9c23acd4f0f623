package video

import "sort"

// Run returns the GOPs from first to last as one GOP. It starts with the first GOP that is presented and ends
// with the last one, unless edit lists trim all of them. The properties of the keyframe and of the leading
// packets are those of the first GOP, also where an edit list trims it.
func (ix *Index) Run(first, last int) GOP {
	run := ix.GOPs.At(first)
	for n := first + 1; n <= last; n++ {
		g := ix.GOPs.At(n)
		if run.Trimmed && !g.Trimmed {
			run.Trimmed = false
			if run.Start = g.Start; g.Leading > 0 { // they are presented after the end of the GOP before
				run.Start = min(g.Start, ix.GOPs.At(n-1).End)
			}
		}
		if run.Trimmed || !g.Trimmed {
			run.End = g.End
		}
		run.EndDTS = g.EndDTS
		run.Frames += g.Frames
		run.Bytes += g.Bytes
		run.FirstPos, run.LastPos = min(run.FirstPos, g.FirstPos), max(run.LastPos, g.LastPos)
	}
	return run
}

// CheckRun returns an error of kind Unreadable if one mp4 cannot present the GOPs from first to last one
// after another, as in the file.
func (ix *Index) CheckRun(first, last int) error {
	presented := false
	for n := first + 1; n <= last; n++ {
		before, g := ix.GOPs.At(n-1), ix.GOPs.At(n)
		if g.Start <= before.Start || g.StartDTS <= before.StartDTS {
			return Errorf(Unreadable,
				"GOPs %d and %d cannot be in one mp4: the clock goes back between them", n-1, n)
		}
		presented = presented || !before.Trimmed
		if presented && before.Trimmed && !g.Trimmed {
			return Errorf(Unreadable,
				"GOPs %d and %d cannot be in one mp4: an edit list trims GOP %d", n-2, n, n-1)
		}
	}
	return nil
}

// During returns the numbers of the first and the last GOP that are presented during an interval of the
// index's times. A GOP is presented until the next one is. It reports false if there is none. Where the clock
// goes back, it returns the first GOPs with these times.
func (ix *Index) During(i Interval) (first, last int, ok bool) {
	if !ix.GOPs.IsOrdered() {
		return ix.search(i)
	}
	count := ix.GOPs.Len()
	startsAfter := func(t Ticks) int { // number of the first GOP
		return sort.Search(count, func(n int) bool { return ix.GOPs.At(n).Start > t })
	}
	first, last = max(startsAfter(i.From)-1, 0), startsAfter(i.To-1)-1
	if last < first || ix.endOnScreen(first) <= i.From {
		return 0, 0, false
	}
	if last+1 < count && ix.startsBefore(last+1, i.To) {
		last++
	}
	return first, last, true
}

// search is During for GOPs in any order.
func (ix *Index) search(i Interval) (first, last int, ok bool) {
	for n, g := range ix.GOPs.All() {
		if g.Trimmed {
			continue
		}
		switch {
		case !ok && g.Start < i.To && ix.endOnScreen(n) > i.From:
			first, last, ok = n, n, true
		case !ok:
		case ix.GOPs.At(last).Start >= g.Start || !ix.startsBefore(n, i.To):
			return first, last, true
		default:
			last = n
		}
	}
	return first, last, ok
}

// endOnScreen returns when another GOP follows GOP n on the screen, or the end of GOP n if none does.
func (ix *Index) endOnScreen(n int) Ticks {
	g := ix.GOPs.At(n)
	if n+1 < ix.GOPs.Len() && !ix.GOPs.At(n+1).Trimmed && ix.GOPs.At(n+1).Start > g.Start {
		return max(g.End, ix.GOPs.At(n+1).Start)
	}
	return g.End
}

// startsBefore reports whether a frame of GOP n is presented before a time. Leading frames are presented from
// the end of the GOP before on.
func (ix *Index) startsBefore(n int, t Ticks) bool {
	g := ix.GOPs.At(n)
	return g.Start < t || g.Leading > 0 && n > 0 && ix.GOPs.At(n-1).End < t
}

// Covered returns the time that a segment of the index presents.
func (ix *Index) Covered(key SegmentKey) Interval {
	if key.Clip != (Interval{}) {
		return key.Clip
	}
	run := ix.Run(key.GOP, key.LastGOP())
	return Interval{run.Start, run.End}
}
