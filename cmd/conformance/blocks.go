package main

import "gop/video"

// timeBlocks gives times to packets that have none because they follow another in a block of Matroska. The
// packets of a block last equally long: up to the next block, or as long as those before.
func (t *track) timeBlocks() {
	longest := video.Ticks(1).Rescale(video.Rational{Num: 1, Den: 1}, t.timeBase) // a second
	usual := video.Ticks(0)
	for at := 0; at < len(t.samples); {
		first, end := t.samples[at], at+1
		for end < len(t.samples) && !t.samples[end].hasPTS {
			end++
		}
		count := video.Ticks(end - at)
		if first.hasPTS && count > 1 {
			total := usual * count
			if end < len(t.samples) {
				total = min(max(t.samples[end].pts-first.pts, 0), longest*count)
			}
			for i := range count {
				s := &t.samples[at+int(i)]
				s.pts, s.hasPTS = first.pts+total*i/count, true
				s.duration = first.pts + total*(i+1)/count - s.pts
			}
			usual = total / count
		}
		at = end
	}
}
