package gops

import (
	"slices"

	"gop/internal/media"
)

// FillPTS sets the PTS of the packets of a GOP, in decode order, that have neither PTS nor DTS. The first
// packet has a PTS. isField reports whether the i-th packet is a field: the second field of a frame follows
// the first one, without a time of its own if both are in one PES packet. Other frames are presented where
// one is missing. The GOP ends at end.
func FillPTS(packets []media.Packet, end int64, isField func(i int) bool) {
	reordered, missing := false, false
	latest := packets[0].PTS
	for i := 1; i < len(packets); i++ {
		p, before := &packets[i], packets[i-1]
		if pts := p.Timed().PTS; pts != media.NoPTS {
			reordered = reordered || pts < latest
			latest = max(latest, pts)
			continue
		}
		if before.Timed().PTS != media.NoPTS && before.Duration > 0 && isField(i) && isField(i-1) {
			p.PTS = before.Timed().PTS + before.Duration
			continue
		}
		missing = true
	}
	switch {
	case !missing:
	case reordered:
		fillGaps(packets, end)
	default:
		fillBetween(packets, end)
	}
}

// fillBetween fills in the times of packets that are presented in decode order.
func fillBetween(packets []media.Packet, end int64) {
	for i := 1; i < len(packets); {
		if packets[i].Timed().PTS != media.NoPTS {
			i++
			continue
		}
		last, next := i, end
		for ; last < len(packets) && packets[last].Timed().PTS == media.NoPTS; last++ {
		}
		if last < len(packets) {
			next = packets[last].Timed().PTS
		}
		step := max((next-packets[i-1].Timed().PTS)/int64(last-i+1), 1)
		for ; i < last; i++ {
			before := packets[i-1]
			packets[i].PTS = before.Timed().PTS + step
			if before.Duration > 0 && before.Duration < step { // a gap follows
				packets[i].PTS = before.Timed().PTS + before.Duration
			}
		}
	}
}

// fillGaps fills in times at which a frame is missing, in order of presentation.
func fillGaps(packets []media.Packet, end int64) {
	var known []int64
	for _, p := range packets {
		if pts := p.Timed().PTS; pts != media.NoPTS {
			known = append(known, pts)
		}
	}
	slices.Sort(known)
	step := (known[len(known)-1] - known[0]) / int64(len(packets)-1)
	if step <= 0 { // only the keyframe has a time
		step = max((end-known[0])/int64(len(packets)), 1)
	}
	for _, p := range packets { // an exact duration, unless it is another one
		if p.Timed().PTS == media.NoPTS && distance(p.Duration, step) < step/4 {
			step = p.Duration
		}
	}
	at, last := 1, known[0]
	for i := range packets {
		if packets[i].Timed().PTS != media.NoPTS {
			continue
		}
		for at < len(known) && known[at]-last < step*3/2 {
			last = known[at]
			at++
		}
		last += step
		packets[i].PTS = last
	}
}
