package gops

import (
	"cmp"
	"slices"

	"gop/internal/media"
)

// Order is what the presentation order of a frame depends on.
type Order struct {
	Count int  // picture order count of H.264 or HEVC
	B     bool // a B-frame of another codec: it is presented before the reference frame that precedes it
}

// PresentationTimes returns the times of presentation of a GOP's frames in decode order, for a container that
// stores only the times of decoding: the n-th frame that is presented gets the n-th time. A reordering
// decoder adds no delay. AVI frame times are frame positions. Missing times are interpolated.
//
// The source of a missing PTS depends on the container:
//   - AVI, ASF and Matroska that comes from AVI store only times of decoding: PresentationTimes.
//   - MPEG-PS and MXF, and MPEG-TS with MPEG-1, MPEG-2 or MPEG-4, have the PTS of some frames: CompletePTS.
//   - In all containers, packets that then have neither PTS nor DTS, such as second fields: FillPTS.
func PresentationTimes(dts []int64, frames []Order) []int64 {
	sorted := slices.Sorted(slices.Values(interpolated(dts)))
	times := make([]int64, len(frames))
	for n, i := range presentationOrder(frames) {
		times[i] = sorted[n]
	}
	return times
}

// presentationOrder returns the indexes of the frames in the order of their presentation.
func presentationOrder(frames []Order) []int {
	counts := presentationCounts(frames)
	order := make([]int, len(frames))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	return order
}

// presentationCounts returns numbers that increase in presentation order.
func presentationCounts(frames []Order) []int {
	counts := make([]int, len(frames))
	hasCounts := slices.ContainsFunc(frames, func(f Order) bool { return f.Count != 0 })
	next := len(frames) // index of the next reference frame
	for i, f := range slices.Backward(frames) {
		switch {
		case hasCounts:
			counts[i] = f.Count
		case f.B:
			counts[i] = 2 * i
		default: // after the B-frames that follow it
			counts[i] = 2*next - 1
			next = i
		}
	}
	return counts
}

// interpolated returns times with the missing ones between those around them, or after the last one as far
// apart as the two before. It returns times unchanged if all are missing.
func interpolated(times []int64) []int64 {
	times = slices.Clone(times)
	isKnown := func(time int64) bool { return time != media.NoPTS }
	first := slices.IndexFunc(times, isKnown)
	if first < 0 {
		return times
	}
	for i := first; i > 0; i-- {
		times[i-1] = times[i] - 1
	}
	for i := first + 1; i < len(times); i++ {
		if isKnown(times[i]) {
			continue
		}
		before, step, end := times[i-1], int64(1), len(times)
		if n := slices.IndexFunc(times[i:], isKnown); n > 0 {
			step, end = (times[i+n]-before)/int64(n+1), i+n
		} else if i > 1 {
			step = before - times[i-2]
		}
		for ; i < end; i++ {
			times[i] = times[i-1] + step
		}
	}
	return times
}

// CompletePTS returns the PTS of a GOP's packets in decode order, for a container in which some have none. A
// frame without PTS is presented at the end of the frame before it in presentation order, or between the two
// around it if they are closer. expected is the PTS of the frame that is presented first, if no packet has a
// PTS.
func CompletePTS(packets []media.Packet, frames []Order, expected int64) []int64 {
	times := make([]int64, len(packets))
	for i, p := range packets {
		times[i] = p.PTS
	}
	order := presentationOrder(frames)
	isKnown := func(i int) bool { return times[i] != media.NoPTS }
	first := slices.IndexFunc(order, isKnown)
	if first < 0 {
		if len(order) == 0 || expected == media.NoPTS {
			return times
		}
		first, times[order[0]] = 0, expected
	}
	duration := func(n int) int64 { return max(packets[order[n]].Duration, 1) }
	for n := first - 1; n >= 0; n-- {
		times[order[n]] = times[order[n+1]] - duration(n)
	}
	for n := first + 1; n < len(order); n++ {
		if isKnown(order[n]) {
			continue
		}
		before := times[order[n-1]]
		step := duration(n - 1)
		if ahead := slices.IndexFunc(order[n:], isKnown); ahead > 0 {
			step = min(step, max((times[order[n+ahead]]-before)/int64(ahead+1), 1))
		}
		times[order[n]] = before + step
	}
	return times
}
