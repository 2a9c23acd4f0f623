package av

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// cut is one GOP's packets, and those of the sound that is heard meanwhile, as they lie in the
// file. They keep the times of the source.
type cut struct {
	tracks    []cutTrack // the film first
	packets   []*cutPacket
	frames    int    // of the film
	bytes     int64  // of all payloads
	extradata []byte // the film's codec configuration, where it is not the stream's own
}

// cutTrack is one track of a cut. Its times are in its own time base.
type cutTrack struct {
	stream   *astiav.Stream
	from, to int64 // what is presented: [from, to)
	endDTS   int64 // the film's: the dts of what follows its last packet
	next     int64 // the pts of the packet behind the last; noPTS where there is none
	ended    bool  // all of it has been read

	// A packet of sound that begins before from, and does not tell how long it lasts: until the next
	// one begins.
	pending *cutPacket
}

// cutPacket is a packet of a cut. Its times are in its track's time base; pts and dts are noPTS where
// they are not known.
type cutPacket struct {
	track              int // in cut.tracks
	pts, dts, duration int64
	pos                int64 // byte offset in the file
	payload            int64 // where its payload lies in the file; -1 where it is read
	size               int   // bytes of payload
	key, hidden        bool  // as in packet
	disposable         bool

	av *astiav.Packet // with its payload; nil where it was not read
}

// own is a cutPacket of a packet that was read, which it owns.
func own(p *astiav.Packet, track int) *cutPacket {
	return &cutPacket{
		track: track, pts: p.Pts(), dts: p.Dts(), duration: p.Duration(),
		pos: p.Pos(), payload: -1, size: p.Size(), key: p.Flags().Has(astiav.PacketFlagKey), av: p,
	}
}

// known is a cutPacket of a packet that was not read, whose payload lies somewhere in the file.
func known(p packet, payload int64, track int) *cutPacket {
	return &cutPacket{
		track: track, pts: p.pts, dts: p.dts, duration: p.duration,
		pos: p.pos, payload: payload, size: p.size, key: p.key, hidden: p.hidden, disposable: p.disposable,
	}
}

func (p *cutPacket) free() {
	if p.av != nil {
		p.av.Free()
	}
}

// shown is the packet's pts, or its dts where it has none, as packet.timed has it.
func (p *cutPacket) shown() int64 {
	if p.pts == noPTS {
		return p.dts
	}
	return p.pts
}

func (c *cut) free() {
	for _, p := range c.packets {
		p.free()
	}
	for _, t := range c.tracks {
		if t.pending != nil {
			t.pending.free()
		}
	}
}

// errOvershot says that a seek led behind the key packet.
var errOvershot = errors.New("the key packet lies before")

// cut reads the GOP that key names, of at most limit bytes. Who gets a cut frees it.
func (d *demuxer) cut(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	defer d.discardNone()
	g := ix.GOPs[key.GOP]
	if err := d.follow(key.VideoStream); err != nil {
		return nil, err
	}
	if g.FirstPos >= 0 {
		if err := d.seekByte(key.VideoStream, g.FirstPos); err != nil {
			return nil, d.lost(g)
		}
		c, err := d.readCut(ix, key, limit)
		if errors.Is(err, errOvershot) {
			return nil, d.lost(g)
		}
		return c, err
	}
	// Demuxers seek by dts or by pts, each in its own way. So look where it led, and go further
	// back until it is the key or before.
	start, dts, step := int64(g.Start), int64(g.StartDTS), min(max(int64(g.Duration()), 1), maxTime/8)
	for _, to := range []int64{start, dts, dts - step, dts - 8*step, farBefore} {
		if d.seek(key.VideoStream, to) != nil {
			continue
		}
		c, err := d.readCut(ix, key, limit)
		if !errors.Is(err, errOvershot) {
			return c, err
		}
	}
	return nil, d.lost(g)
}

func (d *demuxer) lost(g video.GOP) error {
	return d.unreadable(fmt.Sprintf("the packets of GOP %d cannot be found", g.Number), nil)
}

// readCut reads on from where a seek led, until all packets of the GOP are there and all sound to
// its end.
func (d *demuxer) readCut(ix *video.Index, key video.SegmentKey, limit int64) (_ *cut, err error) {
	c, g := d.newCut(ix, key), ix.GOPs[key.GOP]
	d.discardAllBut(key.VideoStream)
	for _, t := range c.tracks {
		t.stream.SetDiscard(astiav.DiscardDefault)
	}
	defer func() {
		if err != nil {
			c.free()
		} else if d.container.is(mov) { // whose demuxer may give them in another order than the file's
			c.sort()
		}
	}()
	for !c.isComplete() {
		// Packets without bytes are read without the source, which would tell.
		if err := d.source.ctx.Err(); err != nil {
			return nil, err
		}
		p := astiav.AllocPacket()
		if err := d.format.ReadFrame(p); err != nil {
			p.Free()
			if c.tracks[0].ended && d.source.err == nil && d.source.ctx.Err() == nil {
				return c, nil // there is no more sound, or it is damaged
			}
			if c.frames == 0 && errors.Is(err, astiav.ErrEof) {
				return nil, errOvershot
			}
			return nil, d.unreadable(fmt.Sprintf("GOP %d is damaged or cut off", g.Number), err)
		}
		if c.isBehind(p.Pos(), g) {
			p.Free()
			return c, nil
		}
		d.noteExtradata(p)
		track := c.trackOf(p.StreamIndex())
		if track == 0 && d.container.is(matroska) { // which stores none: it is made up
			p.SetDts(noPTS)
		}
		read := own(p, track)
		wanted, err := d.wants(c, read, g, limit)
		switch {
		case err != nil || !wanted:
			read.free()
		case isEncrypted(p):
			read.free()
			err = video.Errorf(video.Unreadable, "the packets of GOP %d are encrypted", g.Number)
		default:
			if track == 0 && c.frames == 0 {
				c.extradata = d.announced(key.VideoStream)
			}
			err = c.add(read, g, limit)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// sort puts the packets into the order in which they lie in the file.
func (c *cut) sort() {
	slices.SortStableFunc(c.packets, func(a, b *cutPacket) int { return cmp.Compare(a.pos, b.pos) })
}

// isComplete tells whether all of the cut's tracks have been read to their ends.
func (c *cut) isComplete() bool {
	for _, t := range c.tracks {
		if !t.ended {
			return false
		}
	}
	return true
}

// packetCost is about how much memory a packet takes beside its payload, in bytes.
const packetCost = 512

// add takes over a packet that the cut wants, which may take limit bytes of memory with those before.
func (c *cut) add(p *cutPacket, g video.GOP, limit int64) error {
	c.packets = append(c.packets, p)
	if c.bytes += int64(p.size); c.bytes+packetCost*int64(len(c.packets)) > limit {
		return video.Errorf(video.TooLarge, "GOP %d takes more than %d bytes", g.Number, limit)
	}
	if p.track == 0 {
		if c.frames++; c.frames == g.Frames {
			c.tracks[0].end()
		}
	}
	return nil
}

// end says that no more packets of the track are wanted.
func (t *cutTrack) end() {
	t.ended = true
	t.stream.SetDiscard(astiav.DiscardAll)
}

// newCut is a cut without packets.
func (d *demuxer) newCut(ix *video.Index, key video.SegmentKey) *cut {
	c, g, base := &cut{}, ix.GOPs[key.GOP], ix.Track().TimeBase
	for _, stream := range []int{key.VideoStream, key.AudioStream} {
		if stream < 0 {
			continue
		}
		s := d.streams[stream]
		own := rational(s.TimeBase())
		c.tracks = append(c.tracks, cutTrack{
			stream: s,
			from:   int64(g.Start.Rescale(base, own)),
			to:     int64(g.End.Rescale(base, own)),
			next:   noPTS,
		})
	}
	c.tracks[0].endDTS = int64(g.EndDTS)
	return c
}

// trackOf is the place in c.tracks of a stream, or -1.
func (c *cut) trackOf(stream int) int {
	for i, t := range c.tracks {
		if t.stream.Index() == stream {
			return i
		}
	}
	return -1
}
