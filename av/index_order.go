package av

import (
	"bytes"
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/gops"
	"gop/internal/media"
)

// orderedIndexer adds packets to an indexer GOP by GOP, since only all frames of a GOP tell when each is
// presented. Its maker frees it.
type orderedIndexer struct {
	*indexer
	orders *orderParser
	head   *astiav.Packet // of addHead
	delay  int64          // see orderDelay

	// Of the current GOP.
	packets []heldPacket // with its audio
	dts     []int64
	frames  []gops.Order
}

// heldPacket is a packet and the headers of its frame.
type heldPacket struct {
	media.Packet
	frame parsedFrame
}

// maxHeld bounds the packets that an orderedIndexer holds. A longer GOP is ordered in parts.
const maxHeld = 1 << 16

func (d *demuxer) newOrderedIndexer(x *indexer) (*orderedIndexer, error) {
	stream := d.streams[x.stream]
	orders, err := newOrderParser(stream.CodecParameters())
	if err != nil {
		return nil, err
	}
	o := &orderedIndexer{indexer: x, orders: orders, head: astiav.AllocPacket(), delay: d.orderDelay(stream)}
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
func (o *orderedIndexer) addHead(p media.Packet, payload io.ReaderAt) error {
	if payload == nil {
		return o.add(p, nil)
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
	return o.add(p, o.head)
}

// add adds a packet. read is the packet with its payload, or nil for audio.
func (o *orderedIndexer) add(p media.Packet, read *astiav.Packet) error {
	isVideo := p.Stream == o.stream
	if isVideo && p.Key || len(o.packets) == maxHeld {
		if err := o.flush(); err != nil {
			return err
		}
	}
	held := heldPacket{Packet: p}
	if isVideo && read != nil {
		o.dts, o.frames = append(o.dts, p.DTS), append(o.frames, o.orders.parse(read))
		held.frame = o.parse(p, bytes.NewReader(payloadOf(read)))
	}
	o.packets = append(o.packets, held)
	return nil
}

// flush adds the held packets to the indexer.
func (o *orderedIndexer) flush() error {
	times := gops.PresentationTimes(o.dts, o.frames)
	for _, p := range o.packets {
		if p.Stream == o.stream && len(times) > 0 {
			if times[0] != noPTS {
				p.PTS = times[0] + o.delay
			}
			times = times[1:]
		}
		if err := o.addParsed(p.Packet, p.frame); err != nil {
			return err
		}
	}
	o.packets, o.dts, o.frames = o.packets[:0], o.dts[:0], o.frames[:0]
	return nil
}

// scanOrdered is scan for a container that stores only the times of decoding.
func (d *demuxer) scanOrdered(x *indexer, place func(media.Packet) media.Packet) error {
	o, err := d.newOrderedIndexer(x)
	if err != nil {
		return err
	}
	defer o.free()
	keep := func(packets []media.Packet, last *astiav.Packet) (stopAt, error) {
		for i, p := range packets {
			var read *astiav.Packet
			if i == len(packets)-1 {
				read = last
			}
			if p = place(p); p.DTS == noPTS {
				p.DTS = p.PTS // of a block before 0
			}
			if err := o.add(p, read); err != nil {
				return stopAtNone, err
			}
		}
		return stopAtAll, x.ctx.Err()
	}
	// Packets before damage are indexed.
	return errors.Join(demuxPackets(d.format, x.stream, stopAtAll, keep), o.flush())
}
