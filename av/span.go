package av

import (
	"fmt"

	"gop/video"
)

// span is a run of GOPs as one GOP, with the times that its packets have in the file. A run can have a single
// GOP.
type span struct {
	video.GOP
	index       *video.Index
	first, last int // numbers of GOPs

	clip  video.Interval // the part that is presented; zero for all of it
	audio video.Interval // audio that overlaps it is cut
}

// newSpan returns the span of the GOPs that key names.
func newSpan(ix *video.Index, key video.SegmentKey) span {
	s := span{GOP: ix.RunInFile(key.GOP, key.LastGOP()), index: ix, first: key.GOP, last: key.LastGOP()}
	s.audio = video.Interval{From: s.Start, To: s.End}
	if key.Clip == (video.Interval{}) {
		return s
	}
	s.clip = video.Interval{From: key.Clip.From - ix.Shift, To: key.Clip.To - ix.Shift}
	s.audio.To = s.clip.To
	if key.IsTranscode() { // it has no frames before the clip
		s.audio.From = s.clip.From
	}
	return s
}

// at returns GOP n of the span, counted from 0.
func (s span) at(n int) video.GOP { return s.index.GOPInFile(s.first + n) }

// String returns "GOP 3" or "the run of GOPs 3 to 9".
func (s span) String() string {
	if s.last == s.first {
		return fmt.Sprintf("GOP %d", s.Number)
	}
	return fmt.Sprintf("the run of GOPs %d to %d", s.first, s.last)
}

// hasClip reports whether only a part of the span is presented.
func (s span) hasClip() bool { return s.clip != video.Interval{} }

// setInterval sets the interval of a track that is presented. Its times are in units of base.
func (t *cutTrack) setInterval(i video.Interval, base video.Rational) {
	t.from, t.to = int64(i.From.Rescale(base, t.base)), int64(i.To.Rescale(base, t.base))
}
