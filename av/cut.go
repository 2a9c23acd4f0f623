package av

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// cut is one GOP's packets, and those of the sound that is heard meanwhile, as they lie in the
// file. They keep the times of the source.
type cut struct {
	tracks    []cutTrack // the film first
	packets   []cutPacket
	bytes     int64  // of all payloads
	extradata []byte // the film's codec configuration, where it is not the stream's own
}

// cutTrack is one track of a cut. Its times are in its own time base.
type cutTrack struct {
	stream   *astiav.Stream
	from, to int64 // what is presented: [from, to)
	endDTS   int64 // the film's: the dts of what follows its last packet
	ended    bool  // all of it has been read
}

type cutPacket struct {
	track int // in cut.tracks
	*astiav.Packet
}

func (c *cut) free() {
	for _, p := range c.packets {
		p.Free()
	}
}

// errOvershot says that a seek led behind the key packet.
var errOvershot = errors.New("the key packet lies before")

// cut reads GOP g, of at most limit bytes. Who gets a cut frees it.
func (d *demuxer) cut(ix *video.Index, g video.GOP, limit int64) (*cut, error) {
	defer d.discardNone()
	// Demuxers seek by dts or by pts, each in its own way. So look where it led, and go further
	// back until it is the key or before.
	start, dts, step := int64(g.Start), int64(g.StartDTS), max(int64(g.Duration()), 1)
	for _, to := range []int64{start, dts, dts - step, dts - 8*step, farBefore} {
		if d.seek(ix.Track().Index, to) != nil {
			continue
		}
		c, err := d.readCut(ix, g, limit)
		if !errors.Is(err, errOvershot) {
			return c, err
		}
	}
	return nil, d.unreadable(fmt.Sprintf("the packets of GOP %d cannot be found", g.Number), nil)
}

// readCut reads on from where a seek led, until all packets of g are there and all sound to its end.
func (d *demuxer) readCut(ix *video.Index, g video.GOP, limit int64) (_ *cut, err error) {
	c := d.newCut(ix, g)
	defer func() {
		if err != nil {
			c.free()
		}
	}()
	frames := 0
	for open := len(c.tracks); open > 0; {
		p := astiav.AllocPacket()
		if err := d.format.ReadFrame(p); err != nil {
			p.Free()
			if frames == g.Frames && d.source.err == nil && d.source.ctx.Err() == nil {
				break // there is no more sound, or it is damaged
			}
			if frames == 0 && errors.Is(err, astiav.ErrEof) {
				return nil, errOvershot
			}
			return nil, d.unreadable(fmt.Sprintf("GOP %d is damaged or cut off", g.Number), err)
		}
		track := c.trackOf(p)
		wanted, ended := false, false
		switch {
		case track < 0 || c.tracks[track].ended:
		case track > 0:
			t := c.tracks[track]
			wanted = p.Pts() < t.to && p.Pts()+p.Duration() > t.from
			ended = p.Pts() >= t.to
		case frames > 0 || isKey(p) && ptsOf(p) == int64(g.Start):
			wanted = true
			frames++
			ended = frames == g.Frames
		case p.Dts() > int64(g.StartDTS):
			p.Free()
			return nil, errOvershot
		}
		if !wanted {
			p.Free()
		} else {
			c.packets = append(c.packets, cutPacket{track, p})
			if c.bytes += int64(p.Size()); c.bytes > limit {
				return nil, video.Refuse(video.TooLarge, fmt.Sprintf("GOP %d has more than %d bytes", g.Number, limit), nil)
			}
		}
		if ended {
			open--
			c.tracks[track].ended = true
			c.tracks[track].stream.SetDiscard(astiav.DiscardAll)
		}
	}
	return c, nil
}

// newCut has the demuxer read the tracks that a segment of g holds, and no others.
func (d *demuxer) newCut(ix *video.Index, g video.GOP) *cut {
	c := &cut{}
	base := ix.Track().TimeBase
	add := func(t video.Track) {
		stream := d.streams[t.Index]
		stream.SetDiscard(astiav.DiscardDefault)
		c.tracks = append(c.tracks, cutTrack{
			stream: stream,
			from:   int64(g.Start.Rescale(base, t.TimeBase)),
			to:     int64(g.End.Rescale(base, t.TimeBase)),
		})
	}
	d.discardAllBut(ix.Track().Index)
	add(ix.Track())
	c.tracks[0].endDTS = int64(g.EndDTS)
	for i, t := range ix.Tracks {
		if i != ix.Primary && t.Left == "" {
			add(t)
		}
	}
	return c
}

// trackOf is the place in c.tracks of the packet's track, or -1.
func (c *cut) trackOf(p *astiav.Packet) int {
	for i, t := range c.tracks {
		if t.stream.Index() == p.StreamIndex() {
			return i
		}
	}
	return -1
}

func isKey(p *astiav.Packet) bool { return p.Flags().Has(astiav.PacketFlagKey) }

// ptsOf is the packet's pts, or its dts where it has none, as packet.timed has it.
func ptsOf(p *astiav.Packet) int64 {
	if p.Pts() == noPTS {
		return p.Dts()
	}
	return p.Pts()
}
