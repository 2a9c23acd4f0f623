package av

/*
#include <libavformat/avformat.h>

// A packet to write. pkt has its payload; if it is NULL, the payload is zeros.
typedef struct gop_out {
	int64_t pts, dts, duration;
	AVPacket *pkt;
	int track, size, flags;
} gop_out;

static AVPacket *gop_empty(AVPacket *scratch, uint8_t *zeros, const gop_out *p)
{
	av_packet_unref(scratch);
	scratch->data = zeros;
	scratch->size = p->size;
	return scratch;
}

// gop_write_packets returns 0, or the muxer's error for the video packet at *at. It ignores errors of
// damaged audio packets.
static int gop_write_packets(AVFormatContext *fc, AVPacket *scratch, uint8_t *zeros,
                             const gop_out *out, int n, int *at)
{
	for (*at = 0; *at < n; ++*at) {
		const gop_out *p = &out[*at];
		AVPacket *pkt = p->pkt ? p->pkt : gop_empty(scratch, zeros, p);
		int ret;

		pkt->pts = p->pts;
		pkt->dts = p->dts;
		pkt->duration = p->duration;
		pkt->flags = p->flags;
		pkt->stream_index = p->track;
		pkt->pos = -1;
		if ((ret = av_write_frame(fc, pkt)) < 0 && p->track == 0)
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
	"slices"
	"sync"
	"unsafe"

	"github.com/asticode/go-astiav"
	"golang.org/x/sys/unix"

	"gop/video"
)

// maxZeros is the maximum size of a packet that is not read, in bytes.
const maxZeros = 1 << 28

// zeros is the payload of packets that are not read. It takes no memory until it is read, and is never freed.
var zeros = sync.OnceValues(func() (*C.uint8_t, error) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANON | unix.MAP_NORESERVE
	data, err := unix.Mmap(-1, 0, maxZeros+C.AV_INPUT_BUFFER_PADDING_SIZE, unix.PROT_READ, flags)
	if err != nil {
		return nil, fmt.Errorf("reserve addresses: %w", err)
	}
	return (*C.uint8_t)(unsafe.SliceData(data)), nil
})

// write writes the packets to the muxer, with times relative to the start of the cut. The payloads of
// packets that were not read are zeros, which the muxer must not parse.
func (c *cut) write(muxer *astiav.FormatContext) error {
	c.fillPTS()
	c.fillDTS()
	c.setDurations()
	w, err := newPacketWriter(c.tracks)
	if err != nil {
		return err
	}
	defer w.free()
	return w.write(muxer, c.packets)
}

// writeExamples writes the examples of tracks without packets to the muxer, because libav's muxer omits a
// track that has none.
func (c *cut) writeExamples(muxer *astiav.FormatContext) error {
	for i, t := range c.tracks {
		if t.example == nil || c.hasPackets(i) {
			continue
		}
		if err := writeExample(muxer, i, t.example); err != nil {
			return err
		}
	}
	return nil
}

// packetWriter writes packets to a muxer in the order that they are given. Its maker frees it.
type packetWriter struct {
	tracks  []cutTrack
	dts     []int64 // the last one that was written of each track, in the muxer's time base
	zeros   *C.uint8_t
	scratch *astiav.Packet
}

func newPacketWriter(tracks []cutTrack) (*packetWriter, error) {
	zeros, err := zeros()
	if err != nil {
		return nil, err
	}
	scratch := astiav.AllocPacket()
	if scratch == nil {
		return nil, errNoMemory
	}
	return &packetWriter{
		tracks: tracks, dts: slices.Repeat([]int64{math.MinInt64}, len(tracks)),
		zeros: zeros, scratch: scratch,
	}, nil
}

func (w *packetWriter) free() { w.scratch.Free() }

// write writes packets with known times and durations.
func (w *packetWriter) write(muxer *astiav.FormatContext, packets []*cutPacket) error {
	if len(packets) == 0 {
		return nil
	}
	bases := make([]timeBases, len(w.tracks))
	for i, s := range muxer.Streams() {
		bases[i] = timeBases{w.tracks[i].base, rational(s.TimeBase())}
	}
	out := make([]C.gop_out, len(packets))
	for i, p := range packets {
		if p.size > maxZeros {
			return errors.New("a packet is too large")
		}
		from, base, last := w.tracks[p.track].from, bases[p.track], &w.dts[p.track]
		// The DTS must increase. Those of the video track do; those of damaged audio are raised by the least
		// amount.
		dts := max(base.rescale(p.dts-from), *last+1)
		*last = dts
		out[i] = C.gop_out{
			pts: C.int64_t(max(base.rescale(p.effectivePTS()-from), dts)), dts: C.int64_t(dts),
			duration: C.int64_t(base.rescale(w.duration(p))),
			track:    C.int(p.track), size: C.int(p.size), flags: p.flags(),
		}
		if p.av != nil {
			out[i].pkt = cPacket(p.av)
		}
	}
	var at C.int
	err := C.gop_write_packets(cFormat(muxer), cPacket(w.scratch), w.zeros, &out[0], C.int(len(out)), &at)
	if err < 0 {
		return fmt.Errorf("write packet %d: %w", int(at), astiav.Error(err))
	}
	return nil
}

// duration returns the packet's duration. That of audio ends at the end of the GOP at the latest, as if an
// encoder had discarded the rest of the packet, so that the GOP lasts no longer than its frames.
func (w *packetWriter) duration(p *cutPacket) int64 {
	if p.track == 0 {
		return p.duration
	}
	return min(p.duration, max(w.tracks[p.track].to-p.pts, 1))
}

// timeBases are the time bases of a track's packets and of the muxer's stream for it.
type timeBases struct{ track, muxer video.Rational }

func (t timeBases) rescale(time int64) int64 {
	return int64(video.Ticks(time).Rescale(t.track, t.muxer))
}

// endFragment has a muxer of fragmented mp4 write the current fragment.
func endFragment(muxer *astiav.FormatContext) error {
	if err := muxer.WriteFrame(nil); err != nil {
		return fmt.Errorf("end a fragment: %w", err)
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
