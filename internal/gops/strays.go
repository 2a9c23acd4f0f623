package gops

import "gop/internal/media"

// Strays repairs the timestamps of damaged packets: those of a few packets that differ by far from the
// packets before them, if the packets after them return to the former times. A clock that restarts does not
// return, so its packets stay as they are. Strays takes the packets of all streams in order, together with
// values of type T, and emits them in the same order.
type Strays[T any] struct {
	Video int                                // the stream whose packets may be presented in another order
	Jump  func(stream int) int64             // the smallest difference, in the stream's time base
	Emit  func(p media.Packet, with T) error // takes the next packet

	held    []heldPacket[T]
	courses map[course]*times
	unsure  int // times with suspects
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
	last     int64 // the last one
	good     int64 // the last one before the suspects
	goodEnd  int64 // the end of its packet
	lastEnd  int64
	suspects []int // indexes of held packets
}

// Limits of the packets that are held.
const (
	maxSuspects = 64
	maxHeld     = 8192
)

// minJump is the smallest difference of a stray timestamp in durations of its packet. Frames that are
// reordered differ by less.
const minJump = 64

// Add adds the next packet. It returns an error of Emit.
func (s *Strays[T]) Add(p media.Packet, with T) error {
	if s.courses == nil {
		s.courses = map[course]*times{}
	}
	s.held = append(s.held, heldPacket[T]{p, with})
	s.follow(course{p.Stream, true}, p.DTS, p.Duration)
	s.follow(course{p.Stream, false}, p.PTS, p.Duration)
	if s.unsure == 0 || len(s.held) >= maxHeld {
		return s.Flush()
	}
	return nil
}

// Flush emits the packets that are held.
func (s *Strays[T]) Flush() error {
	for _, t := range s.courses {
		s.trust(t)
	}
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
func (s *Strays[T]) follow(c course, time, duration int64) {
	if time == media.NoPTS || time < -media.MaxTime || time > media.MaxTime {
		return
	}
	end := time + min(max(duration, 0), media.MaxTime)
	t, jump := s.courses[c], max(s.Jump(c.stream), minJump*min(max(duration, 0), media.MaxTime/minJump))
	index := len(s.held) - 1
	switch {
	case t == nil:
		t = &times{}
		s.courses[c] = t
	case distance(time, t.last) <= jump:
		if len(t.suspects) > 0 {
			t.suspects = append(t.suspects, index)
		}
		if len(t.suspects) > maxSuspects {
			s.trust(t)
		}
	case len(t.suspects) > 0 && distance(time, t.good) <= jump:
		s.repair(c, t)
	default:
		s.trust(t)
		t.good, t.goodEnd, t.suspects = t.last, t.lastEnd, []int{index}
		s.unsure++
	}
	t.last, t.lastEnd = time, end
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// trust leaves the suspects as they are.
func (s *Strays[T]) trust(t *times) {
	if len(t.suspects) > 0 {
		t.suspects = nil
		s.unsure--
	}
}

// repair replaces the times of the suspects. The PTS of a video packet becomes unknown.
func (s *Strays[T]) repair(c course, t *times) {
	at := t.goodEnd
	for _, i := range t.suspects {
		p := &s.held[i].packet
		switch {
		case c.dts:
			p.DTS = at
		case c.stream != s.Video:
			p.PTS = at
		default:
			p.PTS = media.NoPTS
			if !p.Key { // without reordering, it would be the PTS
				p.DTS = media.NoPTS
			}
		}
		at += max(p.Duration, 0)
	}
	s.trust(t)
}
