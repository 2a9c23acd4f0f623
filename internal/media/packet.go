// Package media holds the types that the readers of files share with package av, which converts
// libav's packets and codecs to them.
package media

import "math"

// NoPTS is a time that is not known. It is FFmpeg's AV_NOPTS_VALUE.
const NoPTS int64 = math.MinInt64

// MaxTime is the largest time that a Packet may have. It exceeds the times of any video, even in
// nanoseconds since 1970, and two of them can be added or subtracted without overflow.
const MaxTime = 1 << 61

// Packet is a packet without its payload. Its times are in the time base of its stream.
type Packet struct {
	Stream             int   // index of the stream, as libav counts
	PTS, DTS, Duration int64 // PTS and DTS are NoPTS if unknown
	Pos                int64 // byte offset in the file; -1 if unknown
	ReadPos            int64 // byte offset from which a demuxer can read the packet; -1 if unknown
	Size               int   // bytes of payload
	Key                bool
	Encrypted          bool
	Discard            bool // trimmed by the edit list: decoded, but not presented
	Disposable         bool // no other packet depends on it
}

// Timed returns p with a missing PTS or DTS set to the other one.
func (p Packet) Timed() Packet {
	if p.PTS == NoPTS {
		p.PTS = p.DTS
	}
	if p.DTS == NoPTS {
		p.DTS = p.PTS
	}
	return p
}

// IsPossible reports whether the known times of p lie within MaxTime.
func (p Packet) IsPossible() bool {
	for _, time := range []int64{p.PTS, p.DTS, p.Duration} {
		if time != NoPTS && (time < -MaxTime || time > MaxTime) {
			return false
		}
	}
	return true
}
