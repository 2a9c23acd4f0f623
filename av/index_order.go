package av

import (
	"bytes"
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/gops"
	"gop/internal/media"
)

// orderedIndexer adds packets to an indexer GOP by GOP, because presentation order is known only once the
// whole GOP is read. Its maker frees it.
type orderedIndexer struct {
	*indexer
	demuxer *demuxer
	orders  *orderParser
	head    *astiav.Packet // of addHead
	end     int64          // of the frames so far in presentation order; noPTS if unknown

	// Of the current GOP.
	packets []heldPacket   // with its audio
	video   []media.Packet // the video packets of them
	frames  []gops.Order
}

// orderedFrame is the headers of a packet's frame.
type orderedFrame struct {
	parsedFrame
	order gops.Order
}

// heldPacket is a packet and the headers of its frame.
type heldPacket struct {
	media.Packet
	frame parsedFrame
}

// maxHeld bounds the packets that an orderedIndexer holds. A longer GOP is ordered in parts.
const maxHeld = 1 << 16

func (d *demuxer) newOrderedIndexer(x *indexer) (*orderedIndexer, error) {
	orders, err := newOrderParser(d.streams[x.stream].CodecParameters())
	if err != nil {
		return nil, err
	}
	o := &orderedIndexer{indexer: x, demuxer: d, orders: orders, head: astiav.AllocPacket(), end: noPTS}
	if o.head == nil {
		o.orders.free()
		return nil, errNoMemory
	}
	return o, nil
}

func (o *orderedIndexer) free() {
	o.orders.free()
	o.head.Free()
}

// addHead is add for a packet that was not read. It reads the start of the payload, which is nil for audio.
func (o *orderedIndexer) addHead(p *media.Packet, payload io.ReaderAt) error {
	if payload == nil {
		return o.add(*p, orderedFrame{})
	}
	limit := 1024 // bytes with the headers of a frame
	if p.Key {
		limit = headBytes
	}
	data := make([]byte, min(p.Size, limit))
	if _, err := payload.ReadAt(data, 0); err != nil && err != io.EOF {
		return err
	}
	if err := setPayload(o.head, data); err != nil {
		return err
	}
	frame := o.parse(p, o.head)
	return o.add(*p, frame)
}

// parse reads the headers of a packet. read is the packet with its payload, or nil for audio.
func (o *orderedIndexer) parse(p *media.Packet, read *astiav.Packet) (frame orderedFrame) {
	if p.Stream == o.stream && read != nil {
		frame.order = o.orders.parse(read)
		frame.parsedFrame = o.indexer.parse(p, bytes.NewReader(payloadOf(read)))
	}
	return frame
}

// add adds a packet.
func (o *orderedIndexer) add(p media.Packet, frame orderedFrame) error {
	isVideo := p.Stream == o.stream
	if isVideo && p.Key || len(o.packets) == maxHeld {
		if err := o.flush(); err != nil {
			return err
		}
	}
	if isVideo {
		o.video, o.frames = append(o.video, p), append(o.frames, frame.order)
	}
	o.packets = append(o.packets, heldPacket{p, frame.parsedFrame})
	return nil
}

// flush adds the held packets to the indexer.
func (o *orderedIndexer) flush() error {
	times := o.demuxer.presentationTimes(o.demuxer.streams[o.stream], o.video, o.frames, o.end)
	for i, p := range o.video {
		if pts := times[i]; pts != noPTS {
			end := pts + max(p.Duration, 0)
			if i == 0 || end > o.end {
				o.end = end
			}
		}
	}
	for _, p := range o.packets {
		if p.Stream == o.stream {
			p.PTS, times = times[0], times[1:]
		}
		if err := o.addParsed(p.Packet, p.frame); err != nil {
			return err
		}
	}
	o.packets, o.video, o.frames = o.packets[:0], o.video[:0], o.frames[:0]
	return nil
}

// scanOrdered is scan for a video stream whose times depend on the order of its frames.
func (d *demuxer) scanOrdered(x *indexer, place func(media.Packet) media.Packet) error {
	o, err := d.newOrderedIndexer(x)
	if err != nil {
		return err
	}
	defer o.free()
	strays, hasDecodeTimes := newStrays(d, x.stream, o.add), d.hasDecodeTimes(x.stream)
	add := strays.Add
	if hasDecodeTimes { // no clock, which could jump
		add = o.add
	}
	keep := func(packets []media.Packet, last *astiav.Packet) (stopAt, error) {
		for i, p := range packets {
			var read *astiav.Packet
			if i == len(packets)-1 {
				read = last
			}
			if p = place(p); p.DTS == noPTS && hasDecodeTimes {
				p.DTS = p.PTS // of a block before 0
			}
			frame := o.parse(&p, read)
			if err := add(p, frame); err != nil {
				return stopAtNone, err
			}
		}
		return stopAtAll, x.ctx.Err()
	}
	// Packets before damage are indexed.
	return errors.Join(demuxPackets(d.format, x.stream, stopAtAll, false, keep), strays.End(), o.flush())
}
