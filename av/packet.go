package av

/*
#cgo pkg-config: libavformat libavcodec libavutil
#include <libavformat/avformat.h>

// A packet without its payload.
typedef struct gop_packet {
	int64_t pts, dts, duration, pos;
	int stream, size, flags, encrypted, new_extradata;
} gop_packet;

static void gop_describe(gop_packet *out, const AVPacket *p)
{
	*out = (gop_packet){
		p->pts, p->dts, p->duration, p->pos, p->stream_index, p->size, p->flags,
		!!av_packet_get_side_data(p, AV_PKT_DATA_ENCRYPTION_INFO, NULL),
		!!av_packet_get_side_data(p, AV_PKT_DATA_NEW_EXTRADATA, NULL),
	};
}

// gop_read_packets reads at most cap packets and returns 0 or the error that ended reading. It skips empty
// packets unless keep_empty is set. Reading also ends after a packet of the stream `video` with new extradata
// or with one of the flags in stop_at (any packet if it is -1); this packet is then in pkt.
static int gop_read_packets(AVFormatContext *fc, int video, AVPacket *pkt, int stop_at, int keep_empty,
                            gop_packet *out, int cap, int *n)
{
	for (*n = 0; *n < cap;) {
		gop_packet *p = &out[*n];
		int ret;

		av_packet_unref(pkt);
		if ((ret = av_read_frame(fc, pkt)) < 0)
			return ret;
		if (!pkt->size && !keep_empty)
			continue;
		gop_describe(p, pkt);
		++*n;
		if (p->stream == video && (stop_at < 0 || p->flags & stop_at || p->new_extradata))
			break;
	}
	return 0;
}
*/
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
)

// noPTS is a time that is not known, AV_NOPTS_VALUE.
const noPTS = media.NoPTS

// packetFlagDisposable is AV_PKT_FLAG_DISPOSABLE, which go-astiav lacks.
const packetFlagDisposable = astiav.PacketFlag(C.AV_PKT_FLAG_DISPOSABLE)

// batch is the number of packets that one call into C reads.
const batch = 4096

// stopAt is the kind of video packets whose payloads the index needs.
type stopAt int

const (
	stopAtNone stopAt = 0
	stopAtKeys stopAt = C.AV_PKT_FLAG_KEY
	stopAtAll  stopAt = -1
)

// keepPackets takes a batch of packets, see demuxPackets.
type keepPackets func(packets []media.Packet, last *astiav.Packet) (stopAt, error)

// demuxPackets reads the packets of all streams that are not discarded up to the end of the file, and calls
// keep for batches of them. It omits empty packets unless keepEmpty is set. It stops at an error of keep. A
// video packet that stop selects or that has new extradata is the last of its batch; keep also gets it as
// last, which it must not retain. keep returns the next stop.
func demuxPackets(fc *astiav.FormatContext, stream int, stop stopAt, keepEmpty bool, keep keepPackets) error {
	p := astiav.AllocPacket()
	if p == nil {
		return errNoMemory
	}
	defer p.Free()
	raw := make([]C.gop_packet, batch)
	packets := make([]media.Packet, 0, batch)
	readPos := map[int]int64{}
	empty := 0
	if keepEmpty {
		empty = 1
	}
	for {
		var n C.int
		end := C.gop_read_packets(cFormat(fc), C.int(stream), cPacket(p), C.int(stop), C.int(empty),
			&raw[0], batch, &n)
		packets = packets[:0]
		for _, p := range raw[:n] {
			packets = append(packets, media.Packet{
				Stream: int(p.stream), PTS: int64(p.pts), DTS: int64(p.dts), Duration: int64(p.duration),
				Pos: int64(p.pos), ReadPos: int64(p.pos), Size: int(p.size),
				Key:        p.flags&C.AV_PKT_FLAG_KEY != 0,
				Encrypted:  p.encrypted != 0,
				Discard:    p.flags&C.AV_PKT_FLAG_DISCARD != 0,
				Disposable: p.flags&C.AV_PKT_FLAG_DISPOSABLE != 0,
			})
			last := &packets[len(packets)-1]
			last.PTS, last.DTS = known(last.PTS), known(last.DTS)
			if last.Pos >= 0 {
				readPos[last.Stream] = last.Pos
			} else if pos, ok := readPos[last.Stream]; ok { // it starts in the payload of a packet before
				last.ReadPos = pos
			}
		}
		var last *astiav.Packet
		if end >= 0 && n > 0 && packets[n-1].Stream == stream {
			last = p
		}
		var err error
		if stop, err = keep(packets, last); err != nil {
			return err
		}
		switch {
		case astiav.Error(end) == astiav.ErrEof:
			return nil
		case end < 0:
			return astiav.Error(end)
		}
	}
}

// known returns a time, or noPTS if libav derived it from the time of a seek target.
func known(time int64) int64 {
	if time < earliestTime/2 {
		return noPTS
	}
	return time
}

// payloadOf returns the packet's payload. libav owns it; it is valid as long as the packet.
func payloadOf(p *astiav.Packet) []byte {
	c := cPacket(p)
	if c.size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(c.data), c.size)
}

// setPayload replaces the packet's payload with a copy of data.
func setPayload(p *astiav.Packet, data []byte) error {
	const padding = C.AV_INPUT_BUFFER_PADDING_SIZE // libav may read the padding, which must be zero
	buffer := C.av_buffer_allocz(C.size_t(len(data) + padding))
	if buffer == nil {
		return errNoMemory
	}
	copy(unsafe.Slice((*byte)(buffer.data), len(data)), data)
	c := cPacket(p)
	C.av_buffer_unref(&c.buf)
	c.buf, c.data, c.size = buffer, buffer.data, C.int(len(data))
	return nil
}

// newExtradata returns a copy of the packet's new codec configuration, or nil.
func newExtradata(p *astiav.Packet) []byte {
	var size C.size_t
	data := C.av_packet_get_side_data(cPacket(p), C.AV_PKT_DATA_NEW_EXTRADATA, &size)
	if data == nil {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(data), C.int(size))
}

// isEncrypted reports whether a packet's payload is encrypted.
func isEncrypted(p *astiav.Packet) bool {
	return C.av_packet_get_side_data(cPacket(p), C.AV_PKT_DATA_ENCRYPTION_INFO, nil) != nil
}
