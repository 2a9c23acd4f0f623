package templates

import (
	"slices"
	"time"
)

// GOPStats summarizes the GOPs of a video.
type GOPStats struct {
	MeanDuration, MaxDuration time.Duration
	BitRate                   int64 // bits per second; 0 if unknown
	Open, Irregular           int   // numbers of GOPs
}

// Stats returns a summary of the GOPs. Call MarkIrregular first.
func (p GOPsPage) Stats() (stats GOPStats) {
	total, bytes := time.Duration(0), int64(0)
	for _, g := range p.GOPs {
		d := g.End - g.Start
		total += d
		bytes += g.Bytes
		stats.MaxDuration = max(stats.MaxDuration, d)
		if g.Open {
			stats.Open++
		}
		if g.Irregular {
			stats.Irregular++
		}
	}
	if total > 0 {
		stats.MeanDuration = total / time.Duration(len(p.GOPs))
		stats.BitRate = int64(float64(bytes) * 8 / total.Seconds())
	}
	return stats
}

// MarkIrregular marks the GOPs that differ from most GOPs of the video.
func (p GOPsPage) MarkIrregular() {
	if len(p.GOPs) == 0 {
		return
	}
	durations, frames := make([]time.Duration, len(p.GOPs)), make([]int, len(p.GOPs))
	open := 0
	for i, g := range p.GOPs {
		durations[i], frames[i] = g.End-g.Start, g.Frames
		if g.Open {
			open++
		}
	}
	slices.Sort(durations)
	slices.Sort(frames)
	median := len(p.GOPs) / 2
	for i := range p.GOPs {
		g := &p.GOPs[i]
		g.Long = g.End-g.Start > 2*durations[median]
		g.SingleFrame = g.Frames == 1 && frames[median] > 1
		g.Irregular = g.Long || g.SingleFrame || g.Trimmed || g.Open && open <= len(p.GOPs)/2
	}
}
