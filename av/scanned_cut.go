package av

import (
	"errors"

	"gop/internal/gops"
	"gop/internal/media"
	"gop/video"
)

// errMisaligned reports that reading started within an audio frame of the cut. In MPEG-TS, a frame can start
// in one PES packet and end in the next. libav then takes its end for a packet, which gets the times of the
// frame after it.
var errMisaligned = errors.New("the position is within a frame")

// cutScanned reads the GOP that key names of a file whose index was made by reading all packets. It starts at
// the GOP's byte offset. If that is within a frame, it starts at a GOP before.
func (d *demuxer) cutScanned(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	const attempts = 3
	start := d.container.first - d.container.lead
	g := newSpan(ix, key)
	n, from := key.GOP, max(g.FirstPos, start)
	for attempt := 1; ; attempt++ {
		if err := d.seekByte(key.VideoStream, from); err != nil {
			return nil, d.errNotFound(g)
		}
		isLast := attempt == attempts || from <= start
		c, err := d.readScanned(ix, key, limit, isLast)
		if !errors.Is(err, errPastKeyframe) && !errors.Is(err, errMisaligned) {
			return c, err
		}
		if isLast {
			return nil, d.errNotFound(g)
		}
		for n > 0 && ix.GOPs.At(n).FirstPos >= from {
			n--
		}
		if from = min(from-1, ix.GOPs.At(n).FirstPos); n == 0 {
			from = start
		}
	}
}

// readScanned reads the GOP's packets from the current position. It returns errMisaligned if the times of
// audio that it needs are wrong, unless isLast.
func (d *demuxer) readScanned(
	ix *video.Index, key video.SegmentKey, limit int64, isLast bool,
) (*cut, error) {
	s, isCut := &scan{d: d, c: d.newCut(ix, key), key: key, gop: newSpan(ix, key), limit: limit}, false
	defer func() {
		s.free()
		if !isCut { // after an error or a panic
			s.c.free()
		}
	}()
	if err := s.readAll(); err != nil {
		return nil, err
	}
	if err := s.repair(ix); err != nil {
		return nil, err
	}
	s.skipOtherClocks()
	if err := s.moveToCut(isLast); err != nil {
		return nil, err
	}
	if err := d.orderFrames(s.c); err != nil {
		return nil, err
	}
	s.c.trimPCM()
	isCut = true
	return s.c, nil
}

// repair repairs stray timestamps. The index has the times of this keyframe and of the next.
func (s *scan) repair(ix *video.Index) error {
	strays := newStrays(s.d, s.key.VideoStream, func(p media.Packet, read *scannedPacket) error {
		if read != nil {
			read.pts, read.dts = p.PTS, p.DTS
		}
		return nil
	})
	strays.Start(s.key.VideoStream, int64(s.gop.Start), int64(s.gop.StartDTS))
	for _, t := range s.c.tracks[1:] {
		strays.Start(t.stream.Index(), t.from, t.from)
	}
	for _, p := range s.packets {
		one := media.Packet{
			Stream: s.c.tracks[p.track].stream.Index(),
			PTS:    p.pts, DTS: p.dts, Duration: p.duration, Pos: p.pos, Key: p.key,
		}
		if err := strays.Add(one, p); err != nil {
			return err
		}
	}
	if next := s.key.LastGOP() + 1; next < ix.GOPs.Len() {
		known := media.Packet{
			Stream: s.key.VideoStream,
			PTS:    int64(ix.GOPInFile(next).Start), DTS: int64(ix.GOPInFile(next).StartDTS),
		}
		if err := strays.Add(known, nil); err != nil {
			return err
		}
	}
	return strays.End()
}

// newStrays returns the repair of stray timestamps, which differ by at least ten seconds.
func newStrays[T any](d *demuxer, stream int, emit func(media.Packet, T) error) *gops.Strays[T] {
	jumps := make([]int64, len(d.streams))
	for i, s := range d.streams {
		jumps[i] = int64(video.Ticks(10).Rescale(seconds, rational(s.TimeBase())))
	}
	jump := func(stream int) int64 {
		if stream >= len(jumps) { // a stream that appeared later in a transport stream
			return media.MaxTime / 1024
		}
		return jumps[stream]
	}
	return &gops.Strays[T]{Video: stream, Jump: jump, Emit: emit}
}

// seconds is a time base.
var seconds = video.Rational{Num: 1, Den: 1}

// skipOtherClocks skips audio of another recording in the file, whose times may be the same.
func (s *scan) skipOtherClocks() {
	for i, t := range s.c.tracks[1:] {
		var audio []*scannedPacket
		var times []media.Packet
		for _, p := range s.packets {
			if p.track == i+1 {
				audio = append(audio, p)
				times = append(times, media.Packet{PTS: p.pts, Duration: p.duration})
			}
		}
		second := int64(video.Ticks(1).Rescale(seconds, rational(t.stream.TimeBase())))
		first, after := gops.OneClock(times, t.from, t.to, second)
		for j, p := range audio {
			p.skipped = p.skipped || j < first || j >= after
		}
	}
}
