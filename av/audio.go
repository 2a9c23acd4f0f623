package av

/*
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

// gop_order_channels gives channels of unspecified order the default order of their number.
static void gop_order_channels(AVChannelLayout *layout)
{
	if (layout->order == AV_CHANNEL_ORDER_UNSPEC && layout->nb_channels > 0)
		av_channel_layout_default(layout, layout->nb_channels);
}
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/media"
	"gop/video"
)

// describeAudio completes the codec parameters of a muxer's stream for audio.
func (t *cutTrack) describeAudio(s *astiav.Stream) error {
	// Matroska and AVI specify no order, and the muxer's chnl box of PCM needs one (ISO/IEC 23003-5).
	C.gop_order_channels(&cStream(s).codecpar.ch_layout)
	if p := s.CodecParameters(); codecOf(p) == media.TrueHD && len(t.example) > 0 {
		// The muxer derives the dmlp box from it, else from the first packet, which may have no major sync.
		return p.SetExtraData(t.example)
	}
	return nil
}

// findExamples finds the examples of audio tracks that need one: TrueHD, and tracks without packets. It
// removes a track that has neither packets nor an example.
func (d *demuxer) findExamples(c *cut) error {
	for i := range c.tracks {
		t := &c.tracks[i]
		p, isEmpty := t.stream.CodecParameters(), !c.hasPackets(i)
		isNeeded := isEmpty || codecOf(p) == media.TrueHD
		if p.MediaType() != astiav.MediaTypeAudio || t.example != nil || !isNeeded {
			continue
		}
		var err error
		if t.example, err = d.exampleOf(t.stream); err != nil {
			return err
		}
		if t.example == nil && isEmpty {
			c.tracks = c.tracks[:i]
			c.audioLeftOut = undescribedAudio(codecOf(p))
			break
		}
	}
	return nil
}

// exampleOf returns the payload of a packet that the muxer accepts as the first one of an audio track: one of
// the track, if the muxer derives the sample entry from packets, else zeros. It returns nil if none is found.
func (d *demuxer) exampleOf(s *astiav.Stream) ([]byte, error) {
	p := s.CodecParameters()
	if !needsExample(p) {
		return make([]byte, max(bytesPerSample(p), 1)), nil
	}
	if !d.container.isScanned() { // else cut has found it
		if err := d.findExample(s.Index()); err != nil {
			return nil, err
		}
	}
	return d.examples[s.Index()], nil
}

// hasExample reports whether findExample has nothing to do.
func (d *demuxer) hasExample(stream int) bool {
	_, ok := d.examples[stream]
	return ok || len(d.examples) >= maxExamples || !needsExample(d.streams[stream].CodecParameters())
}

// findExample reads the example of a stream if it is needed and not known yet.
func (d *demuxer) findExample(stream int) error {
	if d.hasExample(stream) {
		return nil
	}
	example, err := d.readExample(stream)
	if err == nil {
		d.examples[stream] = example
	}
	return err
}

// Limits of the examples of a file: their number, since a search for one reads the file from its start, and
// the size of each in bytes. Frames of these codecs have at most 8 KiB.
const (
	maxExamples = 64
	maxExample  = 64 << 10
)

// needsExample reports whether the muxer derives the sample entry from packets (ff_mov_write_packet and
// mov_check_bitstream in libavformat/movenc.c).
func needsExample(p *astiav.CodecParameters) bool {
	switch codecOf(p) {
	case media.AC3, media.EAC3, media.TrueHD:
		return true
	case media.AAC: // with ADTS headers
		return len(p.ExtraData()) == 0
	}
	return false
}

// bytesPerSample returns the size of a PCM sample of all channels, or 0 for another codec.
func bytesPerSample(p *astiav.CodecParameters) int {
	return int(C.av_get_bits_per_sample(C.enum_AVCodecID(p.CodecID()))) / 8 * p.ChannelLayout().Channels()
}

// trimPCM trims packets of PCM to the GOP. PCM packets can be split anywhere, so each sample is in exactly
// one GOP. It keeps at least one sample of a packet.
func (c *cut) trimPCM() {
	for _, p := range c.packets {
		t := &c.tracks[p.track]
		size := int64(bytesPerSample(t.stream.CodecParameters()))
		if p.track == 0 || size == 0 || p.av == nil {
			continue
		}
		from, count := int64(0), int64(p.size)/size
		if p.pts < t.from {
			from = min(t.samples(t.from-p.pts), count-1)
		}
		if to := t.samples(t.to - p.pts); to < count {
			count = max(to, from+1)
		}
		if from < 0 || from == 0 && count == int64(p.size)/size {
			continue
		}
		data := cPacket(p.av)
		data.data = (*C.uint8_t)(unsafe.Add(unsafe.Pointer(data.data), from*size))
		data.size = C.int((count - from) * size)
		c.bytes += int64(data.size) - int64(p.size)
		p.size = int(data.size)
		p.pts = max(p.pts, t.from)
		p.dts = p.pts
		p.duration = min(p.duration, t.to-p.pts)
	}
}

// samples returns the number of audio samples in a time in the track's time base, rounded down.
func (t *cutTrack) samples(time int64) int64 {
	sample := C.AVRational{num: 1, den: C.int(max(t.stream.CodecParameters().SampleRate(), 1))}
	base := C.AVRational{num: C.int(t.base.Num), den: C.int(t.base.Den)}
	return int64(C.av_rescale_q_rnd(C.int64_t(time), base, sample, C.AV_ROUND_DOWN))
}

// isExample reports whether the muxer can derive the sample entry from a payload. TrueHD needs a major sync
// (mov_write_dmlp_tag in libavformat/movenc.c).
func isExample(p *astiav.CodecParameters, payload []byte) bool {
	const majorSync = 0xF8726FBA
	switch {
	case len(payload) > maxExample:
		return false
	case codecOf(p) != media.TrueHD:
		return len(payload) > 0
	}
	return len(payload) >= 20 && binary.BigEndian.Uint32(payload[4:]) == majorSync
}

// Limits of the search for an example: packets of all tracks, and their bytes.
const (
	examplePackets = 4096
	exampleBytes   = 2 << 20
)

// readExample reads the file from its start up to a packet of an audio stream from which the muxer can derive
// the sample entry. It returns nil if there is none within the limits.
func (d *demuxer) readExample(stream int) ([]byte, error) {
	if d.reduced[stream] != nil {
		return nil, errNeedsMovie
	}
	defer d.discardNone()
	if d.container.is(movContainer) { // reads only the packets that it returns
		d.discardAllBut(stream)
	}
	if err := d.rewind(stream); err != nil {
		if d.container.isScanned() { // the file is no longer open
			return nil, err
		}
		return nil, d.source.Err()
	}
	if stream >= len(d.streams) {
		return nil, d.unreadable("the audio cannot be found", nil)
	}
	codec := d.streams[stream].CodecParameters()
	p := astiav.AllocPacket()
	if p == nil {
		return nil, errNoMemory
	}
	defer p.Free()
	for n, bytes := 0, 0; n < examplePackets && bytes < exampleBytes; n++ {
		p.Unref()
		d.isAtStart = false
		if err := d.format.ReadFrame(p); err != nil {
			return nil, d.source.Err()
		}
		bytes += p.Size()
		isOfStream := p.StreamIndex() == stream && !isEncrypted(p)
		if payload := payloadOf(p); isOfStream && isExample(codec, payload) {
			return append([]byte{}, payload...), nil
		}
	}
	return nil, d.source.Context().Err()
}

// checkAudioTracks marks the audio tracks that the muxer refuses as unsupported. Some it refuses only when it
// writes the sample entry.
func (d *demuxer) checkAudioTracks(tracks []video.Track) error {
	for i := range tracks {
		t := &tracks[i]
		if t.Kind != video.AudioTrack || t.Unsupported != "" {
			continue
		}
		isEncrypted, err := d.startsEncrypted(d.streams[t.StreamIndex])
		if err == nil && isEncrypted {
			t.Unsupported = errEncryptedAudio.Error()
			continue
		}
		if err == nil {
			err = d.findExample(t.StreamIndex)
		}
		if err == nil {
			err = d.tryAudio(d.streams[t.StreamIndex])
		}
		if err := d.source.Err(); err != nil {
			return err
		}
		if errors.Is(err, errNeedsMovie) {
			return err
		}
		if errors.Is(err, errNoMemory) {
			return d.unreadable("", err)
		}
		if err != nil {
			d.log.Debug("try an audio track", "stream", t.StreamIndex, "error", err)
			t.Unsupported = refusedAudio(codecOf(d.streams[t.StreamIndex].CodecParameters()), err)
		}
	}
	return nil
}

// tryAudio writes an mp4 with one packet of an audio stream. It fails if the muxer refuses the stream.
func (d *demuxer) tryAudio(s *astiav.Stream) error {
	c := &cut{tracks: []cutTrack{{stream: s, base: rational(s.TimeBase())}}}
	if err := d.findExamples(c); err != nil || len(c.tracks) == 0 {
		return err
	}
	m, err := newMuxer(c, avio.NewSink(0, exampleBytes), nil)
	if err != nil {
		return err
	}
	defer m.free()
	if err := writeExample(m.format, 0, c.tracks[0].example); err != nil {
		return err
	}
	if err := m.format.WriteTrailer(); err != nil {
		return fmt.Errorf("write the trailer: %w", err)
	}
	return nil
}

// writeExample writes the example of a track to a muxer.
func writeExample(muxer *astiav.FormatContext, track int, example []byte) error {
	p := astiav.AllocPacket()
	if p == nil {
		return errNoMemory
	}
	defer p.Free()
	if err := setPayload(p, example); err != nil {
		return err
	}
	p.SetStreamIndex(track)
	p.SetPts(0)
	p.SetDts(0)
	p.SetDuration(1)
	p.SetFlags(p.Flags().Add(astiav.PacketFlagKey))
	if err := muxer.WriteFrame(p); err != nil {
		return fmt.Errorf("write a packet: %w", err)
	}
	return nil
}

// leaveOutAudio removes the audio, which the muxer has refused with err.
func (c *cut) leaveOutAudio(err error) {
	c.audioLeftOut = refusedAudio(codecOf(c.tracks[1].stream.CodecParameters()), err)
	c.tracks = c.tracks[:1]
	kept := c.packets[:0]
	for _, p := range c.packets {
		if p.track == 0 {
			kept = append(kept, p)
			continue
		}
		c.bytes -= int64(p.size)
		p.free()
	}
	c.packets = kept
}

// undescribedAudio returns the reason why an mp4 lacks audio that no packet describes.
func undescribedAudio(codec media.Codec) string {
	return fmt.Sprintf("mp4 cannot describe this %s audio without a packet", codec)
}

// refusedAudio returns the reason why an mp4 lacks audio that the muxer has refused with err.
func refusedAudio(codec media.Codec, err error) string {
	reason := fmt.Sprintf("mp4 cannot hold this %s audio", codec)
	if cause := astiav.Error(0); errors.As(err, &cause) {
		reason += ": " + cause.Error()
	} else if errors.Is(err, errNoAudio) {
		reason += ": " + errNoAudio.Error()
	}
	return reason
}
