package av

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/isobmff"
	"gop/video"
)

// movieBase is the time base of the movie.
var movieBase = video.Rational{Num: 1, Den: 90000}

// mux makes an mp4 of the cut, like muxTracks. If the muxer refuses the audio, the cut loses it, and
// audioLeftOut says why.
func (d *demuxer) mux(c *cut, headerOnly bool) (header, payload []byte, err error) {
	if !headerOnly {
		if err := c.useOwnParameterSets(); err != nil {
			return nil, nil, err
		}
	}
	if err := d.findExamples(c); err != nil {
		return nil, nil, err
	}
	header, payload, err = d.muxTracks(c, headerOnly)
	if len(c.tracks) == 1 || err == nil || video.KindOf(err) != video.Unreadable || d.source.Err() != nil {
		return header, payload, err
	}
	d.log.Debug("make a segment without audio", "error", err)
	c.leaveOutAudio(err)
	return d.muxTracks(c, headerOnly)
}

// muxTracks makes an mp4 of the cut: ftyp, moov, mdat. The keyframe and the audio of that moment are
// presented at 0. Edit lists, which libav's muxer derives from negative times, trim leading frames and the
// start of an audio packet. The same cut always gives the same bytes. header ends where the payloads start;
// they follow in the order of the cut. headerOnly omits the payloads, which then need not be read.
//
// https://ffmpeg.org/ffmpeg-formats.html#mov_002c-mp4_002c-ismv
func (d *demuxer) muxTracks(c *cut, headerOnly bool) (header, payload []byte, err error) {
	space := c.moovSpace()
	size := int64(space) + 1024
	if !headerOnly {
		size += c.bytes
	}
	file := avio.NewSink(size, c.bytes+int64(space)+1<<20)
	out, err := newMuxer(c, file, map[string]string{"moov_size": strconv.Itoa(space)})
	if err != nil {
		return nil, nil, d.unreadable("mp4 cannot hold the video's tracks", err)
	}
	defer out.free()
	out.io.flush()
	start := file.Size() // of the header
	if headerOnly {
		out.io.passPayloads(true)
		file.DropFrom(start)
	}
	if err := c.write(out.format); err != nil {
		return nil, nil, d.unreadable("the packets of the GOP cannot be written to an mp4", err)
	}
	out.io.flush()
	written := file.Size() - start
	if err := c.writeExamples(out.format); err != nil {
		return nil, nil, d.unreadable("an empty track cannot be written to an mp4", err)
	}
	out.io.passPayloads(false)
	examples := file.Size() - start - written // the muxer strips ADTS headers
	if err := out.format.WriteTrailer(); err != nil {
		return nil, nil, d.unreadable("mp4 cannot describe the GOP", err)
	}
	if file.Size() != start+written+examples || headerOnly && written != c.bytes {
		return nil, nil, errPayloadChanged
	}
	if header, err = c.finishHeader(file.Bytes()[:start:start], written, examples); err != nil {
		return nil, nil, err
	}
	if !headerOnly {
		payload = file.Bytes()[start:][:written]
	}
	return header, payload, nil
}

// finishHeader returns the final header of a muxed cut with size bytes of payload. The payloads of examples
// follow them and are removed.
func (c *cut) finishHeader(header []byte, size, examples int64) (_ []byte, err error) {
	if isobmff.CountTracks(header) < len(c.tracks) {
		return nil, video.WrapError(video.Unreadable, errNoAudio, "the audio of the GOP is damaged")
	}
	if examples > 0 {
		if header, err = isobmff.EmptyTrack(header, len(c.tracks)-1, examples); err != nil {
			return nil, fmt.Errorf("remove the samples of an empty track: %w", err)
		}
	}
	if header, err = isobmff.RemoveGap(header, size); err != nil {
		return nil, headerError(err)
	}
	if end, ok := c.trimmedEnd(); ok {
		if err := isobmff.EndFirstTrack(header, end); err != nil {
			return nil, fmt.Errorf("end the video where the edit list ends: %w", err)
		}
	}
	return bytes.Clone(header), nil
}

// muxer is libav's mp4 muxer for the tracks of a cut, and the file that it writes. The caller of newMuxer
// frees it.
type muxer struct {
	format *astiav.FormatContext
	io     *ioContext
	file   *avio.Sink
}

// newMuxer makes a muxer and writes the start of the file. options are those besides the common ones.
func newMuxer(c *cut, file *avio.Sink, options map[string]string) (_ *muxer, err error) {
	m := &muxer{file: file}
	defer func() {
		if err != nil {
			m.free()
		}
	}()
	if m.format, err = astiav.AllocOutputFormatContext(nil, "mp4", ""); err != nil {
		return nil, fmt.Errorf("allocate the muxer: %w", err)
	}
	for i := range c.tracks {
		if err := c.addStream(m.format, i); err != nil {
			return nil, fmt.Errorf("describe track %d: %w", i, err)
		}
	}
	if err := c.setTags(m.format); err != nil {
		return nil, err
	}
	if m.io, err = newIOContext(file, streamBuffer); err != nil {
		return nil, err
	}
	m.io.attach(m.format)
	m.format.SetFlags(m.format.Flags().Add(astiav.FormatContextFlagBitexact))
	// Dolby Vision, stereo and spherical boxes and MP3 below 16 kHz need Unofficial, TrueHD needs
	// Experimental, which includes it (mov_init in libavformat/movenc.c).
	m.format.SetStrictStdCompliance(astiav.StrictStdComplianceExperimental)
	all := map[string]string{
		"avoid_negative_ts": "disabled",                  // the muxer shifts by DTS
		"movie_timescale":   strconv.Itoa(movieBase.Den), // the default rounds times to milliseconds
	}
	maps.Copy(all, options)
	if flags := c.tagFlags(); flags != "" {
		all["movflags"] += flags
	}
	dictionary, err := newOptions(all)
	if err != nil {
		return nil, err
	}
	defer dictionary.Free()
	if err := m.format.WriteHeader(dictionary); err != nil {
		return nil, fmt.Errorf("write the header: %w", err)
	}
	return m, nil
}

func (m *muxer) free() {
	if m.format != nil {
		m.format.Free()
	}
	if m.io != nil {
		m.io.free()
	}
}

// trimmedEnd returns the duration of the cut's video in ticks of the movie if packets are presented after its
// end: the source's edit list trims them, or the clip ends before. libav's muxer presents all packets.
func (c *cut) trimmedEnd() (duration uint64, ok bool) {
	t := c.tracks[0]
	for _, p := range c.videoPackets() {
		ok = ok || (p.discard || c.span.hasClip()) && p.pts >= t.to
	}
	end := video.Ticks(t.to-t.from).Rescale(t.base, movieBase)
	if c.span.hasClip() && end.Rescale(movieBase, t.base) > video.Ticks(t.to-t.from) {
		end-- // so that no frame after the clip is presented
	}
	return uint64(max(end, 1)), ok && t.to > t.from
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
		space += len(t.example)
	}
	return space + len(c.extradata) + c.tagSpace()
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
	if in.CodecParameters().MediaType() == astiav.MediaTypeAudio {
		if err := c.tracks[i].describeAudio(s); err != nil {
			return err
		}
	}
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

// errNoAudio reports that the muxer has written no audio packet, and therefore no audio track.
var errNoAudio = errors.New("the muxer accepts no audio packet")

// errPayloadChanged reports that the muxer did not write the payloads unchanged.
var errPayloadChanged = errors.New("the muxer changed the payloads")
