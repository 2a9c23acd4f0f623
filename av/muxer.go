package av

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"gop/internal/isobmff"
	"gop/video"

	"github.com/asticode/go-astiav"
)

// mux makes a finished mp4 of the cut: ftyp, moov, mdat. The key is presented at 0, and so is the
// sound of that moment; what comes before, leading pictures and the start of a sound packet, is
// hidden by edit lists, which libav's muxer makes of negative times. The same cut gives the same
// bytes. The header is all before the payloads, which follow each other in the order of the cut;
// headerOnly leaves them out, and nothing reads them then.
//
// https://ffmpeg.org/ffmpeg-formats.html#mov_002c-mp4_002c-ismv
func (d *demuxer) mux(c *cut, headerOnly bool) (header, payload []byte, err error) {
	if !headerOnly {
		if err := c.useOwnParameterSets(); err != nil {
			return nil, nil, err
		}
	}
	out, err := astiav.AllocOutputFormatContext(nil, "mp4", "")
	if err != nil {
		return nil, nil, fmt.Errorf("allocate the muxer: %w", err)
	}
	defer out.Free()
	for i := range c.tracks {
		if err := c.addStream(out, i); err != nil {
			return nil, nil, fmt.Errorf("describe track %d: %w", i, err)
		}
	}

	room := c.moovSpace()
	size := int64(room) + 1024
	if !headerOnly {
		size += c.bytes
	}
	file := &sink{data: make([]byte, 0, size), limit: c.bytes + int64(room) + 1<<20}
	io, err := newIOContext(file, streamBuffer)
	if err != nil {
		return nil, nil, err
	}
	defer io.free()
	io.attach(out)
	out.SetFlags(out.Flags().Add(astiav.FormatContextFlagBitexact))
	out.SetStrictStdCompliance(astiav.StrictStdComplianceUnofficial) // Dolby Vision, stereo and spherical boxes

	options := astiav.NewDictionary()
	defer options.Free()
	for key, value := range map[string]string{
		"avoid_negative_ts": "disabled", // the muxer's own shift goes by dts
		"movie_timescale":   "90000",    // by default the header's times are rounded to milliseconds
		"moov_size":         strconv.Itoa(room),
	} {
		if err := options.Set(key, value, 0); err != nil {
			return nil, nil, fmt.Errorf("set %s: %w", key, err)
		}
	}
	if err := out.WriteHeader(options); err != nil {
		return nil, nil, d.unreadable("mp4 cannot hold the video's tracks", err)
	}
	io.flush()
	start := file.pos // of the payloads
	if headerOnly {
		io.passPayloads(true)
		file.kept = start
	}
	if err := c.write(out); err != nil {
		return nil, nil, d.unreadable("the packets of the GOP cannot be put into an mp4", err)
	}
	io.passPayloads(false)
	if err := out.WriteTrailer(); err != nil {
		return nil, nil, d.unreadable("mp4 cannot describe the GOP", err)
	}
	if headerOnly && file.end != start+c.bytes {
		return nil, nil, errPayloadChanged
	}
	header, err = isobmff.RemoveGap(file.data[:start:start], file.end-start)
	if err != nil {
		return nil, nil, headerError(err)
	}
	return bytes.Clone(header), file.data[start:], nil
}

// damagedPackets says what libav's muxer made of damaged packets without a word (ff_mov_write_packet in
// libavformat/movenc.c).
func headerError(err error) error {
	switch {
	case errors.Is(err, isobmff.ErrPayloadSize): // it takes the error of an AV1 packet that it cannot take apart for the packet's size
		return video.WrapError(video.Unreadable, err, "the packets of the GOP are damaged")
	case errors.Is(err, isobmff.ErrNoVideo):
		// It leaves empty packets out, VP9's that show nothing, and a track that has no others; and of H.264
		// what no start code stands before.
		return video.WrapError(video.Unreadable, err, "the GOP has no picture")
	}
	return err
}

// Boxes that a movie has anyway, those that a track has anyway, and what a packet takes at most
// in a track's tables: stts 8, ctts 8, stss 4, stsc 12, stsz 4, stco 8, sdtp 1.
const (
	moovBytes   = 1024
	trackBytes  = 2048
	packetBytes = 45
)

// moovRoom is how many bytes the moov box may take. libav leaves them free at the front, and what
// the box does not need becomes a free box: thus the payload is written once, and not moved.
func (c *cut) moovSpace() int {
	room := moovBytes + packetBytes*len(c.packets)
	for _, t := range c.tracks {
		room += trackBytes + len(t.stream.CodecParameters().ExtraData()) + sideDataBytes(t.stream)
	}
	return room + len(c.extradata)
}

// addStream describes track i to the muxer.
func (c *cut) addStream(out *astiav.FormatContext, i int) error {
	in := c.tracks[i].stream
	s := out.NewStream(nil)
	if s == nil {
		return errors.New("out of memory")
	}
	p := s.CodecParameters()
	if err := in.CodecParameters().Copy(p); err != nil {
		return err
	}
	if i == 0 && c.extradata != nil {
		if err := p.SetExtraData(c.extradata); err != nil {
			return err
		}
		if width, height := frameSize(p, c.videoPackets()[0].av); width > 0 && height > 0 {
			p.SetWidth(width)
			p.SetHeight(height)
		}
	}
	if !rational(p.SampleAspectRatio()).Known() {
		p.SetSampleAspectRatio(in.SampleAspectRatio())
	}
	p.SetCodecTag(tagFor(p.CodecID(), p.CodecTag()))
	s.SetTimeBase(in.TimeBase())
	s.SetSampleAspectRatio(in.SampleAspectRatio())
	s.SetAvgFrameRate(in.AvgFrameRate())
	s.SetDispositionFlags(astiav.NewDispositionFlags(astiav.DispositionFlagDefault))
	return nil
}

// fourCC is a sample entry's name, as libav keeps it.
func fourCC(name string) astiav.CodecTag {
	return astiav.CodecTag(uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24)
}

// tagFor is the sample entry for a codec: the muxer's choice (0), except for HEVC. There it would
// be hev1, which Apple's players refuse; dvh1 marks a Dolby Vision profile that no other decodes.
func tagFor(id astiav.CodecID, tag astiav.CodecTag) astiav.CodecTag {
	switch {
	case id != astiav.CodecIDHevc:
		return 0
	case tag == fourCC("dvh1") || tag == fourCC("dvhe"):
		return fourCC("dvh1")
	}
	return fourCC("hvc1")
}
