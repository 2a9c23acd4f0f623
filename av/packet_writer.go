package av

/*
#include <libavformat/avformat.h>
#include <sys/mman.h>

// gop_zeros returns size zero bytes, or NULL. They take no memory until they are read, and are never
// freed.
static uint8_t *gop_zeros(size_t size)
{
	void *zeros = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return zeros == MAP_FAILED ? NULL : zeros;
}

// A packet to write. pkt has its payload; if it is NULL, the payload is zeros.
typedef struct gop_out {
	int64_t pts, dts, duration;
	AVPacket *pkt;
	int track, size, flags;
} gop_out;

// The time base of a track's packets, and the last DTS that was written.
typedef struct gop_clock {
	AVRational time_base;
	int64_t dts;
} gop_clock;

// gop_write_packets returns 0, or the muxer's error for the video packet at *at. It ignores errors of
// damaged audio packets.
static int gop_write_packets(AVFormatContext *fc, AVPacket *scratch, uint8_t *zeros, gop_clock *clocks,
                             const gop_out *out, int n, int *at)
{
	for (*at = 0; *at < n; ++*at) {
		const gop_out *p = &out[*at];
		gop_clock *clock = &clocks[p->track];
		AVPacket *pkt = p->pkt;
		int ret;

		if (!pkt) {
			av_packet_unref(pkt = scratch);
			pkt->data = zeros;
			pkt->size = p->size;
			pkt->flags = p->flags;
		}
		pkt->pts = p->pts;
		pkt->dts = p->dts;
		pkt->duration = p->duration;
		av_packet_rescale_ts(pkt, clock->time_base, fc->streams[p->track]->time_base);
		// The DTS must increase. Those of video do; those of damaged audio are raised as little as needed.
		pkt->dts = clock->dts = FFMAX(pkt->dts, clock->dts + 1);
		pkt->pts = FFMAX(pkt->pts, pkt->dts);
		pkt->stream_index = p->track;
		pkt->pos = -1;
		ret = av_write_frame(fc, pkt);
		if (ret < 0 && p->track == 0)
			return ret;
	}
	return 0;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/asticode/go-astiav"
)

// maxZeros is the maximum size of a packet that is not read, in bytes.
const maxZeros = 1 << 28

// zeros is the payload of packets that are not read.
var zeros = sync.OnceValue(func() *C.uint8_t {
	return C.gop_zeros(maxZeros + C.AV_INPUT_BUFFER_PADDING_SIZE)
})

// write writes the packets to the muxer, with times relative to the start of the cut. The payloads of
// packets that were not read are zeros, which the muxer must not parse.
func (c *cut) write(muxer *astiav.FormatContext) error {
	c.fillPTS()
	c.fillDTS()
	c.setDurations()
	c.setAudioDurations()
	w, err := newPacketWriter(c.tracks)
	if err != nil {
		return err
	}
	defer w.free()
	return w.write(muxer, c.packets)
}

// packetWriter writes packets to a muxer in the order that they are given. Its maker frees it.
type packetWriter struct {
	tracks  []cutTrack
	clocks  []C.gop_clock
	scratch *astiav.Packet
}

func newPacketWriter(tracks []cutTrack) (*packetWriter, error) {
	if zeros() == nil {
		return nil, errors.New("reserve addresses: out of memory")
	}
	w := &packetWriter{tracks: tracks, clocks: make([]C.gop_clock, len(tracks)), scratch: astiav.AllocPacket()}
	for i, t := range tracks {
		base := t.stream.TimeBase()
		w.clocks[i] = C.gop_clock{
			time_base: C.AVRational{num: C.int(base.Num()), den: C.int(base.Den())},
			dts:       math.MinInt64,
		}
	}
	return w, nil
}

func (w *packetWriter) free() { w.scratch.Free() }

// write writes packets with known times and durations.
func (w *packetWriter) write(muxer *astiav.FormatContext, packets []*cutPacket) error {
	if len(packets) == 0 {
		return nil
	}
	out := make([]C.gop_out, len(packets))
	for i, p := range packets {
		if p.size > maxZeros {
			return errors.New("a packet is too large")
		}
		from := w.tracks[p.track].from
		out[i] = C.gop_out{
			pts: C.int64_t(p.effectivePTS() - from), dts: C.int64_t(p.dts - from), duration: C.int64_t(p.duration),
			track: C.int(p.track), size: C.int(p.size), flags: p.flags(),
		}
		if p.av != nil {
			out[i].pkt = cPacket(p.av)
		}
	}
	var at C.int
	err := C.gop_write_packets(cFormat(muxer), cPacket(w.scratch), zeros(), &w.clocks[0],
		&out[0], C.int(len(out)), &at)
	if err < 0 {
		return fmt.Errorf("write packet %d: %w", int(at), astiav.Error(err))
	}
	return nil
}

// endFragment has a muxer of fragmented mp4 write the current fragment.
func endFragment(muxer *astiav.FormatContext) error {
	if err := C.av_write_frame(cFormat(muxer), nil); err < 0 {
		return fmt.Errorf("end a fragment: %w", astiav.Error(err))
	}
	return nil
}

// flags returns the packet's AV_PKT_FLAGs.
func (p *cutPacket) flags() C.int {
	flags := C.int(0)
	if p.key {
		flags |= C.AV_PKT_FLAG_KEY
	}
	if p.discard {
		flags |= C.AV_PKT_FLAG_DISCARD
	}
	if p.disposable {
		flags |= C.AV_PKT_FLAG_DISPOSABLE
	}
	return flags
}
