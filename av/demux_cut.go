package av

import (
	"errors"
	"fmt"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
	"gop/video"
)

// readGOP reads the GOP that key names, of at most limit bytes. The caller frees the cut.
func (d *demuxer) readGOP(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	defer d.discardNone()
	g := newSpan(ix, key)
	if d.container.is(movContainer) && !d.onlyLibav {
		c, ok, err := d.cutFromTable(ix, key, limit)
		if err != nil {
			return nil, err
		}
		if ok {
			return d.readPayloads(c, g)
		}
	}
	if d.isReduced() {
		return nil, errNeedsMovie
	}
	if err := d.findFirstConfig(key.VideoStream); err != nil {
		return nil, err
	}
	if d.container.byBytes {
		return d.cutScanned(ix, key, limit)
	}
	for _, seek := range d.seeks(key.VideoStream, g) {
		if seek() != nil {
			continue
		}
		c, err := d.readCut(ix, key, limit)
		if !errors.Is(err, errPastKeyframe) {
			return c, err
		}
	}
	return nil, d.errNotFound(g)
}

// seeks returns the seeks to a GOP, each further back than the one before. The caller tries them until one
// does not lead past the GOP's first packet.
func (d *demuxer) seeks(stream int, g span) []func() error {
	if g.FirstPos >= 0 && d.container.is(matroskaContainer) {
		return []func() error{func() error { return d.seekByte(stream, g.FirstPos) }}
	}
	// Some demuxers seek by DTS and some by PTS.
	start, dts, step := int64(g.Start), int64(g.StartDTS), min(max(int64(g.Duration()), 1), media.MaxTime/8)
	var seeks []func() error
	for _, to := range []int64{start, dts, dts - step, dts - 8*step} {
		seeks = append(seeks, func() error { return d.seek(stream, to) })
	}
	return append(seeks, func() error { return d.rewind(stream) })
}

func (d *demuxer) errNotFound(g span) error {
	return d.unreadable(fmt.Sprintf("the packets of %v cannot be found", g), nil)
}

// readCut reads packets from the current position until the cut is complete.
func (d *demuxer) readCut(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	c, g, isRead := d.newCut(ix, key), newSpan(ix, key), false
	d.isAtStart = false
	defer func() {
		if !isRead { // after an error or a panic
			c.free()
		}
	}()
	d.discardAllBut(key.VideoStream)
	for _, t := range c.tracks {
		t.stream.SetDiscard(astiav.DiscardDefault)
	}
	for ended := false; !ended && !c.isComplete(); {
		var err error
		if ended, err = d.readPacket(c, key.VideoStream, g, limit); err != nil {
			return nil, err
		}
	}
	if err := c.endAudio(g, limit); err != nil {
		return nil, err
	}
	if d.container.is(movContainer) { // its demuxer may return packets out of file order
		c.sort()
	}
	if err := d.orderFrames(c); err != nil {
		return nil, err
	}
	isRead = true
	return c, nil
}

// readPacket reads a packet and adds it to the cut if the cut includes it. ended reports that the cut
// includes no further packet.
func (d *demuxer) readPacket(c *cut, stream int, g span, limit int64) (ended bool, err error) {
	// Empty packets are read without the source, which checks the context.
	if err := d.source.Context().Err(); err != nil {
		return false, err
	}
	p := astiav.AllocPacket()
	if p == nil {
		return false, errNoMemory
	}
	isOwned := false // by the cut
	defer func() {
		if !isOwned {
			p.Free()
		}
	}()
	if err := d.format.ReadFrame(p); err != nil {
		if c.tracks[0].ended && d.source.Err() == nil {
			return true, nil // the audio ends or is damaged
		}
		if c.frames == 0 && errors.Is(err, astiav.ErrEof) {
			return false, errPastKeyframe
		}
		return false, d.unreadable(fmt.Sprintf("%v is damaged or cut off", g), err)
	}
	if p.Size() == 0 {
		return false, nil // the muxer omits it
	}
	if c.pastEnd(p.Pos(), g) {
		return true, nil
	}
	d.noteExtradata(p)
	track := c.trackOf(p.StreamIndex())
	if track == 0 && d.container.is(matroskaContainer) && !d.hasDecodeTimes(stream) { // Matroska stores none
		p.SetDts(noPTS)
	}
	if track > 0 && !d.fragmented && p.Flags().Has(astiav.PacketFlagDiscard) {
		return false, nil // trimmed by the edit list
	}
	read := own(p, track)
	if track >= 0 && d.container.is(matroskaContainer) {
		if err := d.setBlockTime(c, read, g); err != nil {
			return false, err
		}
	}
	isOwned, err = d.take(c, read, g, limit)
	if err == nil && isOwned && track == 0 && read.key {
		err = c.setConfig(d.configInForce(stream))
	}
	return false, err
}

// readPayloads reads the packets of a cut from a sample table. It frees the cut if it fails.
func (d *demuxer) readPayloads(c *cut, g span) (*cut, error) {
	isRead := false
	defer func() {
		if !isRead { // after an error or a panic
			c.free()
		}
	}()
	for _, p := range c.packets {
		if err := d.readPayload(p); err != nil {
			return nil, d.unreadable(fmt.Sprintf("%v is damaged or cut off", g), err)
		}
	}
	isRead = true
	return c, nil
}

// readPayload reads a packet whose byte offset is known.
func (d *demuxer) readPayload(p *cutPacket) error {
	data := make([]byte, p.size)
	if _, err := io.ReadFull(io.NewSectionReader(d.source, p.payload, int64(p.size)), data); err != nil {
		return err
	}
	if p.av = astiav.AllocPacket(); p.av == nil {
		return errNoMemory
	}
	if err := setPayload(p.av, data); err != nil {
		return err
	}
	p.av.SetPts(p.pts)
	p.av.SetDts(p.dts)
	p.av.SetDuration(p.duration)
	p.av.SetPos(p.pos)
	p.av.SetFlags(astiav.PacketFlags(p.flags()))
	return nil
}
