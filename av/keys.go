package av

import (
	"context"

	"gop/internal/bitstream"
	"gop/video"
)

// keyReader reads the keyframes of an ISO file that its index lacks.
type keyReader struct {
	demuxer       *demuxer
	parser        *bitstream.Parser
	width, height int // of frames by the track's configuration, in pixels; 0 if unknown
	first         bitstream.Frame
}

// newKeyReader reads the first keyframe.
func (d *demuxer) newKeyReader(ix *video.Index) *keyReader {
	codec := d.streams[ix.Track().StreamIndex].CodecParameters()
	k := &keyReader{demuxer: d, parser: bitstream.NewParser(codecOf(codec), codec.ExtraData())}
	k.width, k.height = bitstream.ConfigSize(k.parser.Codec, codec.ExtraData())
	k.first = k.parse(ix.GOPs.At(0))
	return k
}

// parse reads a keyframe. Its size is that of the configuration if it has no other.
func (k *keyReader) parse(g video.GOP) bitstream.Frame {
	frame := k.parser.Parse(k.demuxer.payloadAt(g.KeyPos, g.KeySize), int64(g.KeySize))
	if frame.Width == 0 {
		frame.Width, frame.Height = k.width, k.height
	}
	return frame
}

// read adds what the keyframe of a GOP tells.
func (k *keyReader) read(g *video.GOP) {
	frame := k.parse(*g)
	g.KeyType, g.Closed = frame.KeyType, g.Closed || frame.Closed
	if isOther := frame.Width != k.first.Width || frame.Height != k.first.Height; isOther && frame.Width > 0 {
		g.Width, g.Height = frame.Width, frame.Height
	}
}

// readKey adds what its keyframe tells to a GOP of ix, if ix lacks it.
func (d *demuxer) readKey(ix *video.Index, g *video.GOP) {
	if ix.KeysUnread {
		d.newKeyReader(ix).read(g)
	}
}

// readKeys returns a copy of ix with what keyframes tell.
func (d *demuxer) readKeys(ctx context.Context, ix *video.Index) (*video.Index, error) {
	keys, gops := d.newKeyReader(ix), ix.GOPs.Unpack()
	for i := range gops {
		keys.read(&gops[i])
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	read := *ix
	read.GOPs, read.KeysUnread = video.NewGOPList(gops...), false
	return &read, d.source.Err()
}
