package av

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// Packet is a packet of a file, as a program that reads the file in order gets it, unless it is empty. Its
// times are in TimeBase.
type Packet struct {
	Stream   int             // libav's stream index
	Kind     video.TrackKind // "" for neither video nor audio
	TimeBase video.Rational

	PTS, DTS, Duration video.Ticks // PTS and DTS are 0 if unknown
	HasPTS, HasDTS     bool        // whether PTS and DTS are known; with B-frames in AVI and ASF, no PTS is

	Key     bool // a keyframe: the packet is marked and has a frame
	Discard bool // trimmed by the edit list: decoded, but not presented
	Corrupt bool // damaged or cut off

	Width, Height int // of a keyframe in pixels, by its own parameters; 0 if unknown

	Pos  int64 // byte offset in the file; -1 if unknown
	Size int   // bytes of the payload, as the file has it
	Sum  Sum   // of the payload without its framing

	Frames    []Sum // of each frame of a VP9 packet, which may be a superframe; nil for other codecs
	Invisible bool  // a VP9 packet without a frame that is presented
}

// Sum is a hash of a payload that does not depend on the container's framing: an mp4 made of a file has the
// same sums as the file.
type Sum [16]byte

func (d *demuxer) visitPackets(visit func(Packet) error) error {
	framings := make([]bitstream.Framing, len(d.streams))
	parsers := make([]*bitstream.Parser, len(d.streams))
	for i, s := range d.streams {
		framings[i] = framingOf(s.CodecParameters())
		parsers[i] = bitstream.NewParser(framings[i].Codec, s.CodecParameters().ExtraData())
	}
	p := astiav.AllocPacket()
	if p == nil {
		return errNoMemory
	}
	defer p.Free()
	for {
		p.Unref()
		if err := d.format.ReadFrame(p); errors.Is(err, astiav.ErrEof) && d.source.Err() == nil {
			return nil
		} else if err != nil {
			return d.unreadable("the packets cannot be read", err)
		}
		at := p.StreamIndex()
		if at >= len(d.streams) || p.Size() == 0 {
			continue // a stream that appeared later in a transport stream, or an empty packet
		}
		if d.container.decodeTimes && videoDelay(d.streams[at]) > 0 {
			p.SetPts(noPTS) // libav knows it of some frames only, and not of the first keyframe
		}
		described := newPacket(p, d.streams[at], framings[at])
		described.Discard = described.Discard && !d.fragmented // see samplesOf
		if described.Key {
			payload := bytes.NewReader(payloadOf(p))
			described.Key = !parsers[at].Parse(payload, payload.Size()).NoSlice
		}
		if d.noteExtradata(p); described.Key && described.Kind == video.VideoTrack {
			described.Width, described.Height = keySize(p, d.streams[at].CodecParameters(), d.extradata[at])
		}
		if err := visit(described); err != nil {
			return err
		}
	}
}

func framingOf(p *astiav.CodecParameters) bitstream.Framing {
	return bitstream.Framing{
		Codec:      codecOf(p),
		LengthSize: bitstream.NewParser(codecOf(p), p.ExtraData()).LengthSize,
		// Streams with a configuration have no ADTS headers.
		ADTS: codecOf(p) == media.AAC && len(p.ExtraData()) == 0,
	}
}

// sumOf hashes the units of a payload and their sizes.
func sumOf(units iter.Seq[[]byte]) Sum {
	h := sha256.New()
	for unit := range units {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(unit))))
		h.Write(unit)
	}
	return Sum(h.Sum(nil)[:16])
}

// newPacket converts a libav packet.
func newPacket(p *astiav.Packet, s *astiav.Stream, f bitstream.Framing) Packet {
	flags := p.Flags()
	d := Packet{
		Stream:   p.StreamIndex(),
		TimeBase: rational(s.TimeBase()),
		Duration: video.Ticks(p.Duration()),
		Key:      flags.Has(astiav.PacketFlagKey),
		Discard:  flags.Has(astiav.PacketFlagDiscard),
		Corrupt:  flags.Has(astiav.PacketFlagCorrupt),
		Pos:      p.Pos(),
		Size:     p.Size(),
	}
	switch s.CodecParameters().MediaType() {
	case astiav.MediaTypeVideo:
		d.Kind = video.VideoTrack
	case astiav.MediaTypeAudio:
		d.Kind = video.AudioTrack
	}
	if d.HasPTS = p.Pts() != noPTS; d.HasPTS {
		d.PTS = video.Ticks(p.Pts())
	}
	if d.HasDTS = p.Dts() != noPTS; d.HasDTS {
		d.DTS = video.Ticks(p.Dts())
	}
	d.Sum = sumOf(f.Units(payloadOf(p)))
	if f.Codec == media.VP9 {
		d.Invisible = true
		for frame := range bitstream.VP9Frames(payloadOf(p)) {
			d.Frames = append(d.Frames, sumOf(slices.Values([][]byte{frame})))
			d.Invisible = d.Invisible && bitstream.IsVP9Invisible(frame)
		}
	}
	return d
}

// keySize returns the size of a keyframe in pixels. announced is the last new codec configuration of the
// stream's packets, or nil.
func keySize(p *astiav.Packet, codec *astiav.CodecParameters, announced []byte) (width, height int) {
	if announced != nil {
		own := astiav.AllocCodecParameters()
		if own == nil {
			return 0, 0
		}
		defer own.Free()
		if codec.Copy(own) != nil || own.SetExtraData(announced) != nil {
			return 0, 0
		}
		codec = own
	}
	if width, height = frameSize(codec, p); width > 0 {
		return width, height
	}
	payload := payloadOf(p) // libav's parser of VP9 does not tell it
	frame := bitstream.NewParser(codecOf(codec), nil).Parse(bytes.NewReader(payload), int64(len(payload)))
	return frame.Width, frame.Height
}
