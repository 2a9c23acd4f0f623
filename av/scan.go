package av

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// scan reads the packets of a cut by byte offset. It considers all audio between the GOP's first and last
// byte offsets.
type scan struct {
	d     *demuxer
	c     *cut
	key   video.SegmentKey
	gop   span
	limit int64 // of c

	packets []*scannedPacket // in file order
	frames  int              // video packets of them
	keys    int              // keyframes of them, one for each GOP
	nextKey int              // number of the frame with which the next GOP starts
	bytes   int64
	payload []payloadState // of the tracks
}

// scannedPacket is a packet that may belong to a cut.
type scannedPacket struct {
	cutPacket
	misaligned bool // it is of a payload that starts within a frame
	skipped    bool // it does not belong to the cut
}

// payloadState is the state of a track's current payload: a PES packet can hold several frames.
type payloadState struct {
	started    bool
	misaligned bool // it starts within a frame
}

// free frees the packets that the cut does not own.
func (s *scan) free() {
	for _, p := range s.packets {
		p.free()
	}
}

// readAll reads packets up to the GOP's last byte offset.
func (s *scan) readAll() error {
	s.payload = make([]payloadState, len(s.c.tracks))
	s.d.discardAllBut(s.key.VideoStream)
	for _, t := range s.c.tracks {
		t.stream.SetDiscard(astiav.DiscardDefault)
	}
	for ended := false; !ended; {
		var err error
		if ended, err = s.read(); err != nil {
			return err
		}
	}
	return nil
}

// read reads a packet. ended reports that no further packet belongs to the cut.
func (s *scan) read() (ended bool, err error) {
	// Empty packets are read without the source, which checks the context.
	if err := s.d.source.Context().Err(); err != nil {
		return false, err
	}
	p := astiav.AllocPacket()
	if p == nil {
		return false, errNoMemory
	}
	isOwned := false
	defer func() {
		if !isOwned {
			p.Free()
		}
	}()
	if err := s.d.format.ReadFrame(p); err != nil {
		return true, s.endError(err)
	}
	// A packet past the last byte offset is read after all packets of the cut.
	ended = s.frames == s.gop.Frames && p.Pos() > s.gop.LastPos
	track := s.c.trackOf(p.StreamIndex())
	if track < 0 || p.Size() == 0 {
		return ended, nil
	}
	one := &scannedPacket{cutPacket: *own(p, track)}
	if track > 0 {
		s.checkPayload(one)
	} else if isFrame, err := s.addFrame(one); err != nil || !isFrame {
		return ended, err
	}
	isOwned = true
	one.skipped = one.skipped || ended // but its times show that those before are stray
	s.packets = append(s.packets, one)
	if s.bytes += int64(one.size) + packetCost; s.bytes > s.limit {
		return false, tooManyBytes(s.gop, s.limit)
	}
	return ended || s.frames == s.gop.Frames && len(s.c.tracks) == 1, nil
}

// endError returns the error of a scan that ends with an error of libav, or nil if it has all frames.
func (s *scan) endError(err error) error {
	switch {
	case s.frames == s.gop.Frames && s.d.source.Err() == nil:
		return nil // the audio ends or is damaged
	case s.frames == 0 && errors.Is(err, astiav.ErrEof):
		return errPastKeyframe
	}
	return s.d.unreadable(fmt.Sprintf("%v is damaged or cut off", s.gop), err)
}

// addFrame reports whether the video packet p belongs to the GOP.
func (s *scan) addFrame(p *scannedPacket) (bool, error) {
	if s.frames == s.gop.Frames {
		return false, nil
	}
	s.d.noteExtradata(p.av)
	switch {
	case s.frames > 0 && s.frames < s.nextKey:
	case s.frames > 0 || s.isKeyframe(p):
		g := s.gop.at(s.keys)
		p.pts, p.dts = int64(g.Start), int64(g.StartDTS)
		if err := s.c.setConfig(s.d.configInForce(s.key.VideoStream)); err != nil {
			return false, err
		}
		s.nextKey += g.Frames
		s.keys++
	case isPastKeyframe(&p.cutPacket, s.gop):
		return false, errPastKeyframe
	default:
		return false, nil
	}
	s.frames++
	return true, nil
}

// isKeyframe reports whether p is the GOP's keyframe. Only a packet without a byte offset of its own, the
// second one in a payload, is identified by its time.
func (s *scan) isKeyframe(p *scannedPacket) bool {
	switch {
	case !p.key || p.size != s.gop.KeySize:
		return false
	case s.gop.KeyPos >= 0:
		return p.pos == s.gop.KeyPos
	}
	if p.pts == noPTS {
		return p.pos < 0 && (p.dts == noPTS || p.dts == int64(s.gop.StartDTS))
	}
	return p.pos < 0 && p.pts == int64(s.gop.Start)
}

// checkPayload notes whether an audio packet is of a payload that starts within a frame.
func (s *scan) checkPayload(p *scannedPacket) {
	state, codec := &s.payload[p.track], s.c.tracks[p.track].stream.CodecParameters()
	isADTS := framingOf(codec).ADTS
	startsFrame := codecOf(codec) == media.AAC && !isADTS ||
		bitstream.StartsAudioFrame(codecOf(codec), payloadOf(p.av))
	switch {
	case !state.started:
		state.started, state.misaligned = true, !startsFrame
	case p.pos >= 0:
		state.misaligned = false
	}
	p.misaligned = state.misaligned
	// The muxer decides by the first packet whether a track has ADTS headers.
	p.skipped = !startsFrame && isADTS
}

// moveToCut adds the packets to the cut that belong to it.
func (s *scan) moveToCut(isLast bool) error {
	for len(s.packets) > 0 {
		p := s.packets[0]
		s.packets = s.packets[1:]
		taken, err := false, error(nil)
		switch {
		case p.track == 0:
			taken, err = true, s.c.add(&p.cutPacket, s.gop, s.limit)
		case !p.skipped:
			taken, err = s.d.take(s.c, &p.cutPacket, s.gop, s.limit)
		}
		if !taken {
			p.free()
		}
		if err != nil {
			return err
		}
		if taken && p.misaligned && !isLast {
			return errMisaligned
		}
	}
	return s.c.endAudio(s.gop, s.limit)
}
