package gops

import (
	"slices"

	"gop/internal/media"
)

// Strays repairs the timestamps of damaged packets: those of a few packets that differ by far from the
// packets before them, if the packets after them return to the former times. A clock that restarts does not
// return, so its packets stay as they are, unless only the first or the last payload differs. Strays takes
// the packets of all streams in order, together with values of type T, and emits them in the same order.
type Strays[T any] struct {
	Video int                                // the stream whose packets may be presented in another order
	Jump  func(stream int) int64             // the smallest difference, in the stream's time base
	Emit  func(p media.Packet, with T) error // takes the next packet

	held    []heldPacket[T]
	courses map[course]*times
	early   []int // indexes of the held video packets before the first time
	isTimed bool  // a video packet had times
	unsure  int   // courses with suspects
}

type heldPacket[T any] struct {
	packet media.Packet
	with   T
}

// course names the DTS or the PTS of a stream.
type course struct {
	stream int
	dts    bool
}

// times is the state of a course.
type times struct {
	last, lastEnd int64 // start and end of the last packet
	good          int64 // the last time before the suspects
	goodEnd       int64 // the end of its packet
	suspects      []int // indexes of held packets
	first         []int // the packets of the first payload, while they are held
	isExpected    bool  // good was set by Start, so it is not exact
}

// Limits of the packets that are held.
const (
	maxSuspects = 64
	maxHeld     = 8192
)

// minJump is the smallest difference of a stray timestamp in durations of its packet. Frames that are
// reordered differ by less.
const minJump = 64

// maxReorder is the number of frames by which the PTS of a frame may precede that of a frame before it, as in
// H.264 (ITU-T H.264, section A.3.1).
const maxReorder = 16

// endJump is how many times larger the difference of the last payload is than that of others, and also that
// of a first payload with an earlier time: libav adds 2^33 to the times of MPEG-TS that precede the first one
// (ff_wrap_timestamp in libavformat/demux.c).
const endJump = 100

// Start sets the expected times of a stream's first packet.
func (s *Strays[T]) Start(stream int, pts, dts int64) {
	if s.courses == nil {
		s.courses = map[course]*times{}
	}
	s.courses[course{stream, true}] = &times{last: dts, lastEnd: dts, isExpected: true}
	s.courses[course{stream, false}] = &times{last: pts, lastEnd: pts, isExpected: true}
}

// Add adds the next packet. It returns an error of Emit.
func (s *Strays[T]) Add(p media.Packet, with T) error {
	if s.courses == nil {
		s.courses = map[course]*times{}
	}
	s.held = append(s.held, heldPacket[T]{p, with})
	s.fillEarly(p)
	s.follow(course{p.Stream, true}, p)
	s.follow(course{p.Stream, false}, p)
	if s.unsure == 0 && len(s.early) == 0 || len(s.held) >= maxHeld {
		return s.Flush()
	}
	return nil
}

// fillEarly sets the DTS of the first video packets if only a later one, p, has times.
func (s *Strays[T]) fillEarly(p media.Packet) {
	switch {
	case p.Stream != s.Video || s.isTimed:
	case p.PTS == media.NoPTS && p.DTS == media.NoPTS:
		s.early = append(s.early, len(s.held)-1)
	default:
		s.isTimed = true
		if total := s.duration(s.early); total > 0 && p.DTS != media.NoPTS && p.IsPossible() {
			s.set(course{p.Stream, true}, s.early, p.DTS-total)
		}
		s.early = nil
	}
}

// End emits the packets that are held at the end of the file.
func (s *Strays[T]) End() error {
	for _, dts := range []bool{true, false} { // the repair of a PTS can remove the DTS
		for c, t := range s.courses {
			isOnePayload := len(t.suspects) > 0 && !slices.ContainsFunc(t.suspects[1:], func(i int) bool {
				return s.held[i].packet.Pos >= 0
			})
			if isOnePayload && c.dts == dts && t.last-t.good > endJump*s.Jump(c.stream) {
				s.repair(c, t.suspects, t.goodEnd)
			}
		}
	}
	return s.Flush()
}

// Flush emits the packets that are held.
func (s *Strays[T]) Flush() error {
	s.early = nil
	for _, t := range s.courses {
		t.suspects, t.first = nil, nil
	}
	s.unsure = 0
	held := s.held
	s.held = nil
	for _, h := range held {
		if err := s.Emit(h.packet, h.with); err != nil {
			return err
		}
	}
	clear(held)
	s.held = held[:0]
	return nil
}

// follow follows the course to the time of the packet that was held last.
func (s *Strays[T]) follow(c course, p media.Packet) {
	time := c.of(p)
	if time == media.NoPTS || !p.IsPossible() {
		return
	}
	duration := max(p.Duration, 0)
	t, jump := s.courses[c], max(s.Jump(c.stream), minJump*min(duration, media.MaxTime/minJump))
	index := len(s.held) - 1
	if t == nil {
		s.courses[c] = &times{last: time, lastEnd: time + duration, first: []int{index}}
		s.unsure++
		return
	}
	before := t.isSure()
	switch isNext := p.Pos >= 0; {
	case distance(time, t.last) > jump && len(t.suspects) > 0 && distance(time, t.good) <= jump:
		// Packets that do not fit before this one are an insertion with a clock of its own. The PTS of this
		// one may precede those before the suspects.
		at := t.goodEnd
		if total := s.duration(t.suspects); total > 0 {
			at = time - total
		}
		first := t.good
		if c.stream == s.Video && !c.dts {
			first -= maxReorder * duration
		}
		if at >= first || t.isExpected {
			s.repair(c, t.suspects, at)
		}
		t.suspects = nil
	case distance(time, t.last) > jump:
		t.good, t.goodEnd, t.suspects = t.last, t.lastEnd, []int{index}
	case len(t.suspects) == 0 && isNext:
		t.first, t.isExpected = nil, false
	case len(t.suspects) == 0 && len(t.first) > 0:
		t.first = append(t.first, index)
	case len(t.suspects) > 0 && isNext && len(t.first) > 0 && (t.good > time || time-t.good > endJump*jump):
		if total := s.duration(t.first); total > 0 {
			s.repair(c, t.first, c.of(s.held[t.suspects[0]].packet)-total)
		}
		t.suspects, t.first = nil, nil
	case len(t.suspects) >= maxSuspects:
		t.suspects, t.first = nil, nil
	case len(t.suspects) > 0:
		t.suspects = append(t.suspects, index)
	}
	t.last, t.lastEnd = time, time+duration
	switch after := t.isSure(); {
	case before && !after:
		s.unsure++
	case after && !before:
		s.unsure--
	}
}

// isSure reports whether no held packet is a suspect.
func (t *times) isSure() bool { return len(t.suspects) == 0 && len(t.first) == 0 }

// of returns the packet's time.
func (c course) of(p media.Packet) int64 {
	if c.dts {
		return p.DTS
	}
	return p.PTS
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// duration returns the duration of held packets together.
func (s *Strays[T]) duration(indexes []int) (total int64) {
	for _, i := range indexes {
		total += max(s.held[i].packet.Duration, 0)
	}
	return total
}

// set sets the times of held packets, which follow one another from at on.
func (s *Strays[T]) set(c course, indexes []int, at int64) {
	for _, i := range indexes {
		p := &s.held[i].packet
		if c.dts {
			p.DTS = at
		} else {
			p.PTS = at
		}
		at += max(p.Duration, 0)
	}
}

// repair replaces the times of held packets by those from at on. The PTS of a video packet becomes unknown.
func (s *Strays[T]) repair(c course, indexes []int, at int64) {
	if c.dts || c.stream != s.Video {
		s.set(c, indexes, at)
		return
	}
	for _, i := range indexes {
		p := &s.held[i].packet
		p.PTS = media.NoPTS
		if !p.Key { // without reordering, it would be the PTS
			p.DTS = media.NoPTS
		}
	}
}
