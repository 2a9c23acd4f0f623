package av

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/isobmff"
	"gop/video"
)

// mux makes an mp4 of the cut: ftyp, moov, mdat. The keyframe and the audio of that moment are presented
// at 0. Edit lists, which libav's muxer derives from negative times, trim leading frames and the start of
// an audio packet. The same cut always gives the same bytes. header ends where the payloads start; they
// follow in the order of the cut. headerOnly omits the payloads, which then need not be read.
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

	space := c.moovSpace()
	size := int64(space) + 1024
	if !headerOnly {
		size += c.bytes
	}
	file := avio.NewSink(size, c.bytes+int64(space)+1<<20)
	io, err := newIOContext(file, streamBuffer)
	if err != nil {
		return nil, nil, err
	}
	defer io.free()
	io.attach(out)
	out.SetFlags(out.Flags().Add(astiav.FormatContextFlagBitexact))
	// For Dolby Vision, stereo and spherical boxes.
	out.SetStrictStdCompliance(astiav.StrictStdComplianceUnofficial)

	options, err := newOptions(map[string]string{
		"avoid_negative_ts": "disabled", // the muxer shifts by DTS
		"movie_timescale":   "90000",    // the default rounds times to milliseconds
		"moov_size":         strconv.Itoa(space),
	})
	if err != nil {
		return nil, nil, err
	}
	defer options.Free()
	if err := out.WriteHeader(options); err != nil {
		return nil, nil, d.unreadable("mp4 cannot hold the video's tracks", err)
	}
	io.flush()
	start := file.Size() // of the header
	if headerOnly {
		io.passPayloads(true)
		file.DropFrom(start)
	}
	if err := c.write(out); err != nil {
		return nil, nil, d.unreadable("the packets of the GOP cannot be written to an mp4", err)
	}
	io.passPayloads(false)
	if err := out.WriteTrailer(); err != nil {
		return nil, nil, d.unreadable("mp4 cannot describe the GOP", err)
	}
	if headerOnly && file.Size() != start+c.bytes {
		return nil, nil, errPayloadChanged
	}
	header, err = isobmff.RemoveGap(file.Bytes()[:start:start], file.Size()-start)
	if err != nil {
		return nil, nil, headerError(err)
	}
	return bytes.Clone(header), file.Bytes()[start:], nil
}

// headerError translates an error of isobmff.RemoveGap. libav's muxer reports no error for some damaged
// packets (ff_mov_write_packet in libavformat/movenc.c).
func headerError(err error) error {
	switch {
	case errors.Is(err, isobmff.ErrPayloadSize):
		// For an AV1 packet that it cannot parse, it adds the error code to the size.
		return video.WrapError(video.Unreadable, err, "the packets of the GOP are damaged")
	case errors.Is(err, isobmff.ErrNoVideo):
		// It omits empty packets, VP9 frames that are not presented, H.264 data without a start code, and a
		// track without packets.
		return video.WrapError(video.Unreadable, err, "the GOP has no frame")
	}
	return err
}

// Upper limits of the moov box in bytes: its fixed part, the fixed part of a track, and the table entries
// of a packet (stts 8, ctts 8, stss 4, stsc 12, stsz 4, stco 8, sdtp 1).
const (
	moovBytes   = 1024
	trackBytes  = 2048
	packetBytes = 45
)

// moovSpace returns an upper limit of the moov box's size. libav reserves this space at the front, so that
// the payload need not be moved, and fills the unused part with a free box.
func (c *cut) moovSpace() int {
	space := moovBytes + packetBytes*len(c.packets)
	for _, t := range c.tracks {
		space += trackBytes + len(t.stream.CodecParameters().ExtraData()) + sideDataBytes(t.stream)
	}
	return space + len(c.extradata)
}

// addStream adds track i to the muxer.
func (c *cut) addStream(out *astiav.FormatContext, i int) error {
	in := c.tracks[i].stream
	s := out.NewStream(nil)
	if s == nil {
		return errNoMemory
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
	if i == 0 && c.width > 0 {
		p.SetWidth(c.width)
		p.SetHeight(c.height)
	}
	// The container's aspect ratio overrides the codec's. The muxer rejects a stream where they differ.
	aspect := out.GuessSampleAspectRatio(in, nil)
	p.SetSampleAspectRatio(aspect)
	s.SetSampleAspectRatio(aspect)
	p.SetCodecTag(tagFor(p.CodecID(), p.CodecTag()))
	s.SetTimeBase(avRational(c.tracks[i].base))
	s.SetAvgFrameRate(in.AvgFrameRate())
	// With multilayer, the muxer writes an lhvC box with the parameter sets of further layers.
	disposition := astiav.NewDispositionFlags(astiav.DispositionFlagDefault)
	if in.DispositionFlags().Has(dispositionMultilayer) {
		disposition = disposition.Add(dispositionMultilayer)
	}
	s.SetDispositionFlags(disposition)
	return nil
}

// fourCC returns the codec tag of a sample entry's name.
func fourCC(name string) astiav.CodecTag {
	return astiav.CodecTag(uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24)
}

// tagFor returns the codec tag of the sample entry: the muxer's default (0) except for HEVC, where the
// default is hev1, which Apple's players reject. dvh1 marks a Dolby Vision profile that only decoders of
// Dolby Vision decode.
func tagFor(id astiav.CodecID, tag astiav.CodecTag) astiav.CodecTag {
	switch {
	case id != astiav.CodecIDHevc:
		return 0
	case tag == fourCC("dvh1") || tag == fourCC("dvhe"):
		return fourCC("dvh1")
	}
	return fourCC("hvc1")
}

// errPayloadChanged reports that the muxer did not write the payloads unchanged.
var errPayloadChanged = errors.New("the muxer changed the payloads")
