package av

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// Packet is one packet of a file, as a program sees it that reads from the start to the end.
// Times are in TimeBase.
type Packet struct {
	Stream   int             // libav's stream index
	Kind     video.TrackKind // "" for what is neither video nor audio
	TimeBase video.Rational

	PTS, DTS, Duration video.Ticks // PTS and DTS are 0 where they are not known
	HasPTS, HasDTS     bool        // whether they are known

	Key     bool
	Hidden  bool // by an edit list: it is decoded, and not shown
	Corrupt bool // damaged or cut off

	Width, Height int // of a key's picture, in pixels, by its own parameters; 0 where not known

	Pos  int64 // byte offset in the file; -1 where not known
	Size int   // bytes of the payload, as the file has it
	Sum  Sum   // of the payload, as an mp4 has it
}

// Sum tells payloads apart. It is of what a payload says, not of how the container frames it: an
// mp4 made of a file has the same sums as the file.
type Sum [16]byte

// Packets reads a file from its first packet to its last, and hands each to visit; it stops where
// visit returns an error, which it returns. It has nothing in common with Index and Segment but
// how a file is opened, so that it can judge them. The tracks are those of the
// file's index. Its errors are like Index's; where a file is damaged in its midst, visit has
// seen the packets before.
func (e *Engine) Packets(ctx context.Context, v video.Video, open func() (video.File, error), visit func(Packet) error) ([]video.Track, error) {
	defer logTo(e.log.With("video", v.Name))()
	file, err := open()
	if err != nil {
		return nil, err
	}
	d, err := openPlain(ctx, file, v.Size)
	if err != nil {
		return nil, err
	}
	defer d.close()
	defer d.use(ctx)()
	ix := &video.Index{Video: v}
	if err := d.describeTracks(ix, 1); err != nil {
		return nil, err
	}
	return ix.Tracks, d.visitPackets(visit)
}

func (d *demuxer) visitPackets(visit func(Packet) error) error {
	framings := make([]bitstream.Framing, len(d.streams))
	for i, s := range d.streams {
		framings[i] = framingOf(s.CodecParameters())
	}
	p := astiav.AllocPacket()
	defer p.Free()
	for {
		p.Unref()
		if err := d.format.ReadFrame(p); errors.Is(err, astiav.ErrEof) && d.source.err == nil {
			return nil
		} else if err != nil {
			return d.unreadable("the packets cannot be read", err)
		}
		at := p.StreamIndex()
		if at >= len(d.streams) {
			continue // a stream that a transport stream began late: no track is of it
		}
		described := describe(p, d.streams[at], framings[at])
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
		// What such a header says is in the stream's configuration, where there is one.
		ADTS: codecOf(p) == media.AAC && len(p.ExtraData()) == 0,
	}
}

// sumOf hashes the units of a payload, and where each of them ends.
func sumOf(units iter.Seq[[]byte]) Sum {
	h := sha256.New()
	for unit := range units {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(unit))))
		h.Write(unit)
	}
	return Sum(h.Sum(nil)[:16])
}

// describe is what there is to know of a packet.
func describe(p *astiav.Packet, s *astiav.Stream, f bitstream.Framing) Packet {
	flags := p.Flags()
	d := Packet{
		Stream:   p.StreamIndex(),
		TimeBase: rational(s.TimeBase()),
		Duration: video.Ticks(p.Duration()),
		Key:      flags.Has(astiav.PacketFlagKey),
		Hidden:   flags.Has(astiav.PacketFlagDiscard),
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
	return d
}

// keySize is how large the picture of a key packet is. announced is the codec configuration that a
// packet of the stream brought; nil where none did.
func keySize(p *astiav.Packet, codec *astiav.CodecParameters, announced []byte) (width, height int) {
	if announced != nil {
		own := astiav.AllocCodecParameters()
		defer own.Free()
		if codec.Copy(own) != nil || own.SetExtraData(announced) != nil {
			return 0, 0
		}
		codec = own
	}
	return frameSize(codec, p)
}
