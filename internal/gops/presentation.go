package gops

import (
	"slices"

	"gop/internal/media"
	"gop/video"
)

// Presentation finds the part of each GOP that an edit list presents (ISO/IEC 14496-12, section 8.6.6). It
// takes the packets that a Grouper takes, whose Discard says that they are trimmed. Their durations are those
// of the container.
type Presentation struct {
	End video.Ticks // where the last edit ends; 0 if there is no edit list

	spans   []span
	trimmed bool // a packet is trimmed
	unknown bool // a packet has no times, in a damaged file
}

// span describes the presented frames of a GOP. Of leading frames, only the first one counts, since the GOP's
// mp4 does not present them.
type span struct {
	key         video.Ticks // PTS of the keyframe
	keyTrimmed  bool
	earliest    video.Ticks // PTS of the first frame, which may be a leading frame
	start, last video.Ticks // PTS of the first and the last frame from the keyframe on
	end         video.Ticks // latest PTS+duration
	frames      int         // that are presented, from the keyframe on
	leading     int         // that are presented before the keyframe
	trimmed     video.Ticks // latest PTS of a trimmed packet
	trimmedEnd  video.Ticks // latest PTS+duration of a trimmed packet
}

// noTime is a time that is not known.
const noTime = video.Ticks(media.NoPTS)

// Grow makes room for n GOPs.
func (p *Presentation) Grow(n int) { p.spans = slices.Grow(p.spans, n) }

// Add adds the next packet.
func (p *Presentation) Add(in media.Packet) {
	pts := video.Ticks(in.PTS)
	p.unknown = p.unknown || in.PTS == media.NoPTS
	if in.Key {
		p.spans = append(p.spans, span{
			key: pts, keyTrimmed: in.Discard, earliest: noTime, trimmed: noTime, trimmedEnd: pts,
		})
	}
	if len(p.spans) == 0 {
		return
	}
	s := &p.spans[len(p.spans)-1]
	if in.Discard {
		p.trimmed, s.trimmed = true, max(s.trimmed, pts)
		s.trimmedEnd = max(s.trimmedEnd, pts+video.Ticks(in.Duration))
		return
	}
	if s.earliest == noTime || pts < s.earliest {
		s.earliest = pts
	}
	if pts < s.key {
		s.leading++
		return
	}
	if s.frames++; s.frames == 1 {
		s.start, s.last, s.end = pts, pts, pts
	}
	s.start, s.last = min(s.start, pts), max(s.last, pts)
	s.end = max(s.end, pts+video.Ticks(in.Duration))
}

// AddRun adds the packets that follow the keyframe of the current GOP, in place of Add. Neither they nor the
// keyframe are trimmed.
func (p *Presentation) AddRun(r media.Run) {
	if r.Count == 0 {
		return
	}
	s := &p.spans[len(p.spans)-1]
	s.earliest = min(s.earliest, video.Ticks(r.Earliest))
	s.frames += r.Count - r.Leading
	s.leading += r.Leading
	s.last, s.end = max(s.last, video.Ticks(r.Latest)), max(s.end, video.Ticks(r.End))
}

// Apply limits the GOPs of a Grouper to what is presented, if all packets have times. A GOP without a
// presented frame keeps its own times.
func (p *Presentation) Apply(gops []video.GOP) {
	if p.unknown || len(gops) != len(p.spans) {
		return
	}
	if p.trimmed {
		p.trim(gops)
	}
	for i, s := range slices.Backward(p.spans) {
		if s.frames == 0 {
			continue
		}
		final := &gops[i]
		if s.end > s.last {
			final.End = s.end
		}
		// Edits are rounded to the time scale of the movie, which is often a millisecond.
		if end := p.End; end > s.last && final.End-end > (final.End-s.last)/8 {
			final.End = end
		}
		return
	}
}

// trim sets the times of all GOPs. Packets of some of them are trimmed.
func (p *Presentation) trim(gops []video.GOP) {
	next := noTime // earliest PTS of the next GOP that is presented
	leading := 0   // of the next GOP
	for i, s := range slices.Backward(p.spans) {
		g := &gops[i]
		g.Presented, leading = s.frames+leading, s.leading
		if s.frames == 0 {
			g.Trimmed, g.End = true, s.trimmedEnd
			continue
		}
		if s.keyTrimmed {
			g.Start = s.start
		}
		g.End = s.end
		// The last frame lasts until the next one, unless the frames after it are trimmed.
		if next > s.last && (next < s.end || s.trimmed < s.last) {
			g.End = next
		}
		next = s.earliest
	}
}
