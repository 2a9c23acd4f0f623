package av

// #include <libavutil/log.h>
import "C"

import (
	"errors"
	"io"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/matroska"
)

// probe sets the parameters of streams that only packets contain: pixel format, colors, samples per
// packet. It reports false if avformat_find_stream_info has to do that, which decodes several frames and
// takes 20 ms. probe passes only the start of one frame to a decoder.
//
// https://ffmpeg.org/doxygen/7.1/group__lavf__decoding.html
func (d *demuxer) probe() bool {
	var videoStreams, audioStreams []*astiav.Stream
	for _, s := range d.format.Streams() {
		switch p := s.CodecParameters(); p.MediaType() {
		case astiav.MediaTypeVideo:
			if s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic) {
				continue
			}
			// Without a frame rate in the container, libav needs many packets.
			hasRates := s.RFrameRate().Num() > 0 && s.AvgFrameRate().Num() > 0
			parser := bitstream.NewParser(codecOf(p), p.ExtraData())
			if parser.LengthSize == 0 || !hasRates {
				return false
			}
			videoStreams = append(videoStreams, s)
		case astiav.MediaTypeAudio:
			if !d.isEmpty(s) {
				audioStreams = append(audioStreams, s)
			}
		}
	}
	first, ok := d.firstPayloads(videoStreams, audioStreams)
	if !ok {
		return false
	}
	for _, s := range videoStreams {
		p := s.CodecParameters()
		if !probe(s, bitstream.NewParser(codecOf(p), p.ExtraData()).UpToSlice(first[s.Index()])) {
			return false
		}
		// Matroska stores no DTS. If the stream does not contain the delay of a decoder either, libav
		// measures it.
		if d.container.is(matroskaContainer) && p.CodecID() == astiav.CodecIDH264 && videoDelay(s) == 0 {
			return false
		}
	}
	for _, s := range audioStreams {
		p, payload := s.CodecParameters(), first[s.Index()]
		if needsExample(p) && len(d.examples) < maxExamples && isExample(p, payload) {
			d.examples[s.Index()] = payload
		}
		if !probe(s, first[s.Index()]) {
			return false
		}
	}
	return true
}

// probe sets a stream's parameters to those that a decoder finds in a payload. It reports whether they are
// complete.
func probe(s *astiav.Stream, payload []byte) bool {
	p := s.CodecParameters()
	codec := astiav.FindDecoder(p.CodecID())
	if codec == nil || len(payload) == 0 {
		return false
	}
	decoder := astiav.AllocCodecContext(codec)
	if decoder == nil {
		return false
	}
	defer decoder.Free()
	if p.ToCodecContext(decoder) != nil {
		return false
	}
	decoder.SetThreadCount(1)
	options, err := newOptions(map[string]string{"ec": "0"}) // no error concealment
	if err != nil {
		return false
	}
	defer options.Free()
	cCodec(decoder).log_level_offset = C.AV_LOG_TRACE // suppresses its log
	if decoder.Open(codec, options) != nil {
		return false
	}
	packet := astiav.AllocPacket()
	if packet == nil {
		return false
	}
	defer packet.Free()
	// Packet.FromData of go-astiav v0.39.0 adds no padding behind the data.
	if setPayload(packet, payload) != nil {
		return false
	}
	parse(decoder, packet)
	_ = decoder.SendPacket(packet) // fails because the frame is cut off
	switch p.MediaType() {
	case astiav.MediaTypeVideo:
		if decoder.PixelFormat() == astiav.PixelFormatNone || decoder.Width() == 0 {
			return false
		}
	case astiav.MediaTypeAudio:
		// The demuxer would return to the container's sample rate when it reads packets
		// (read_frame_internal in libavformat/demux.c).
		if rate := decoder.SampleRate(); rate == 0 || rate != p.SampleRate() ||
			decoder.SampleFormat() == astiav.SampleFormatNone {
			return false
		}
	}
	return p.FromCodecContext(decoder) == nil
}

// Bytes of a packet that are read at most.
const (
	headBytes    = 16<<10 + bitstream.SliceBytes // of video: up to the start of the first slice
	payloadBytes = 64 << 10                      // of audio
)

// firstPayloads reads the start of the first keyframe of each video stream and the first packet of each
// audio stream. Payloads that do not come early in the file are missing. It reports false if the packets
// cannot be found.
func (d *demuxer) firstPayloads(
	videoStreams, audioStreams []*astiav.Stream,
) (first map[int][]byte, ok bool) {
	if d.container.is(matroskaContainer) {
		return d.firstBlocks(videoStreams, audioStreams)
	}
	first = map[int][]byte{}
	for _, s := range videoStreams {
		const maxBeforeFirstKey = 64 // packets before the first keyframe
		entries := entriesOf(s, 0, maxBeforeFirstKey)
		if i := slices.IndexFunc(entries, func(e indexEntry) bool { return e.key && e.size > 0 }); i >= 0 {
			first[s.Index()] = d.payload(entries[i], headBytes)
		}
	}
	for _, s := range audioStreams {
		if entries := entriesOf(s, 0, 1); len(entries) > 0 && entries[0].size <= payloadBytes {
			first[s.Index()] = d.payload(entries[0], payloadBytes)
		}
	}
	return first, true
}

// firstBlocks is firstPayloads for a Matroska file.
func (d *demuxer) firstBlocks(videoStreams, audioStreams []*astiav.Stream) (first map[int][]byte, ok bool) {
	if len(videoStreams) == 0 {
		return nil, false
	}
	limits := map[int]int{}
	for _, s := range videoStreams {
		limits[s.Index()] = headBytes
	}
	for _, s := range audioStreams {
		limits[s.Index()] = payloadBytes
	}
	first = map[int][]byte{}
	w, left := d.newWalker(videoStreams[0].Index()), 1024 // blocks
	w.Visit = func(b matroska.Block) error {
		limit, selected := limits[b.Stream]
		if left--; left == 0 {
			return matroska.ErrStop
		}
		if _, known := first[b.Stream]; known || !selected || b.Size == 0 || limit == headBytes && !b.Key {
			return nil
		}
		if !b.IsPlain() || limit == payloadBytes && b.Size > limit {
			return matroska.ErrNotWalkable
		}
		first[b.Stream] = d.payload(indexEntry{pos: b.PayloadPos, size: b.Size}, limit)
		if len(first) == len(limits) {
			return matroska.ErrStop
		}
		return nil
	}
	err := d.walk(w)
	return first, errors.Is(err, matroska.ErrStop)
}

// payload reads the first bytes of a packet, at most limit.
func (d *demuxer) payload(e indexEntry, limit int) []byte {
	data := make([]byte, max(0, min(e.size, limit)))
	n, err := d.source.ReadAt(data, e.pos)
	if err != nil && err != io.EOF {
		return nil
	}
	return data[:n]
}
