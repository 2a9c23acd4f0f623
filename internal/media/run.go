package media

// Run summarizes the packets of a GOP after its keyframe. All of them have times.
type Run struct {
	Count   int
	Bytes   int64 // of payload
	LastPos int64 // largest byte offset
	LastDTS int64 // of the last packet

	Earliest int64 // PTS
	Latest   int64 // PTS of the last packet in presentation order; the keyframe counts, too
	Duration int64 // of that packet
	End      int64 // latest PTS+duration of the packets that are not leading, and of the keyframe
	Leading  int   // packets with a PTS before the keyframe's
	Next     int64 // earliest PTS after the last frame of the GOP before; NoPTS if there is none
}

// Shift adds the same to all DTS, and to all PTS.
func (r *Run) Shift(dts, pts int64) {
	r.LastDTS += dts
	r.Earliest += pts
	r.Latest += pts
	r.End += pts
	if r.Next != NoPTS {
		r.Next += pts
	}
}

// IsPossible reports whether the times of r lie within MaxTime.
func (r *Run) IsPossible() bool {
	return r.Count == 0 || r.LastDTS <= MaxTime && r.Latest <= MaxTime && r.Earliest >= -MaxTime
}
