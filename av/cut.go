package av

import (
	"cmp"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/matroska"
	"gop/internal/media"
	"gop/video"
)

// cut is the packets of a GOP or a run of GOPs, and of the audio that overlaps it, in file order, with the
// times of the source. Its maker frees it.
type cut struct {
	span      span       // of the packets in the file; zero if they were transcoded
	tracks    []cutTrack // the video track first
	packets   []*cutPacket
	frames    int    // of the video track
	keys      int    // keyframes of them, one for each GOP
	nextKey   int    // number of the frame with which the next GOP starts
	bytes     int64  // of all payloads
	extradata []byte // codec configuration of the video track if it differs from the stream's
	hasConfig bool   // extradata has been set

	tags video.Tags // of the file

	isFromStart   bool             // the file was read from its start
	layout        *matroska.Layout // of the GOP, once it is needed
	width, height int              // of the frames in pixels if they differ from the stream's; else 0

	audioLeftOut string // why the cut lacks the audio that was asked for; "" if it does not
}

// cutTrack is a track of a cut. Its times are in units of base.
type cutTrack struct {
	stream   *astiav.Stream
	tags     video.Tags
	base     video.Rational
	scale    int64  // units of base in one of the stream's time base
	from, to int64  // the interval to present: [from, to)
	endDTS   int64  // video: DTS of the packet after the last
	begun    bool   // one of its packets was read
	lastPos  int64  // byte offset of the last packet that was read; -1 if none was
	ended    bool   // all of its packets have been read
	example  []byte // audio: see exampleOf; nil if unknown

	// Of audio, see takeAudio.
	held    []*cutPacket // packets of unknown duration
	follows int64        // end of the packet before; noPTS if unknown
	usual   int64        // duration of the packet before; at first, that of the codec or 0
	longest int64        // how long a packet of unknown duration may last
}

// cutPacket is a packet of a cut. Its times are in the base of its track; pts and dts are noPTS if
// unknown.
type cutPacket struct {
	track              int // in cut.tracks
	pts, dts, duration int64
	pos                int64 // byte offset in the file
	payload            int64 // byte offset of its payload in the file; -1 if av has it
	size               int   // bytes of payload
	key, discard       bool  // as in media.Packet
	disposable         bool

	av *astiav.Packet // the packet with its payload; nil if it was not read
}

// own returns a cutPacket that owns a packet that was read.
func own(p *astiav.Packet, track int) *cutPacket {
	return &cutPacket{
		track: track, pts: known(p.Pts()), dts: known(p.Dts()), duration: p.Duration(),
		pos: p.Pos(), payload: -1, size: p.Size(), av: p,
		key: p.Flags().Has(astiav.PacketFlagKey), discard: p.Flags().Has(astiav.PacketFlagDiscard),
		disposable: p.Flags().Has(packetFlagDisposable),
	}
}

// unread returns a cutPacket of a packet that was not read, whose payload is at a byte offset of the file.
func unread(p media.Packet, payload int64, track int) *cutPacket {
	return &cutPacket{
		track: track, pts: p.PTS, dts: p.DTS, duration: p.Duration,
		pos: p.Pos, payload: payload, size: p.Size, key: p.Key, discard: p.Discard, disposable: p.Disposable,
	}
}

// toBase converts the times of a packet from the time base of the track's stream.
func (t *cutTrack) toBase(p *cutPacket) {
	for _, time := range []*int64{&p.pts, &p.dts, &p.duration} {
		if *time != noPTS {
			*time *= t.scale
		}
	}
}

func (p *cutPacket) free() {
	if p.av != nil {
		p.av.Free()
		p.av = nil
	}
}

// effectivePTS returns the PTS, or the DTS of a packet without one, as media.Packet.Timed does.
func (p *cutPacket) effectivePTS() int64 {
	if p.pts == noPTS {
		return p.dts
	}
	return p.pts
}

// effectiveDTS returns the DTS, or the PTS of a packet without one.
func (p *cutPacket) effectiveDTS() int64 {
	if p.dts == noPTS {
		return p.pts
	}
	return p.dts
}

func (c *cut) free() {
	for _, p := range c.packets {
		p.free()
	}
	for _, t := range c.tracks {
		for _, p := range t.held {
			p.free()
		}
	}
}

// videoPackets returns the packets of the video track in decode order.
func (c *cut) videoPackets() []*cutPacket {
	packets := make([]*cutPacket, 0, len(c.packets))
	for _, p := range c.packets {
		if p.track == 0 {
			packets = append(packets, p)
		}
	}
	return packets
}

// hasPackets reports whether the cut has packets of a track.
func (c *cut) hasPackets(track int) bool {
	return slices.ContainsFunc(c.packets, func(p *cutPacket) bool { return p.track == track })
}

// sort sorts the packets by byte offset. If packets of a track do not follow each other in the file, because
// an edit list presents them in another order, it sorts them by decode time. Each track is in decode order.
func (c *cut) sort() {
	pos, inFileOrder := make([]int64, len(c.tracks)), true
	for _, p := range c.packets {
		inFileOrder = inFileOrder && p.pos >= pos[p.track]
		pos[p.track] = p.pos
	}
	slices.SortStableFunc(c.packets, func(a, b *cutPacket) int {
		if inFileOrder {
			return cmp.Compare(a.pos, b.pos)
		}
		return cmp.Compare(c.decodeTime(a), c.decodeTime(b))
	})
}

// decodeTime returns the DTS of a packet from the start of the cut on, in microseconds.
func (c *cut) decodeTime(p *cutPacket) int64 {
	t := &c.tracks[p.track]
	return video.Ticks(p.dts - t.from).Micros(t.base)
}

// isComplete reports whether all tracks have been read to their ends.
func (c *cut) isComplete() bool {
	for _, t := range c.tracks {
		if !t.ended {
			return false
		}
	}
	return true
}

// packetCost is the approximate memory of a packet without its payload, in bytes.
const packetCost = 512

// add adds a packet, which the cut then owns. It fails if the cut exceeds limit bytes.
func (c *cut) add(p *cutPacket, g span, limit int64) error {
	c.packets = append(c.packets, p)
	if c.bytes += int64(p.size); c.bytes+packetCost*int64(len(c.packets)) > limit {
		return tooManyBytes(g, limit)
	}
	if p.av != nil && isEncrypted(p.av) {
		if p.track > 0 {
			return errEncryptedAudio
		}
		return video.Errorf(video.Unreadable, "the packets of %v are encrypted", g)
	}
	if p.track == 0 {
		if p.key = c.frames == c.nextKey; p.key { // packets without a frame may be marked, too
			c.nextKey += g.at(c.keys).Frames
			c.keys++
		}
		if c.frames++; c.frames == g.Frames {
			c.endVideo(g)
		}
	}
	return nil
}

func tooManyBytes(g span, limit int64) error {
	return video.Errorf(video.TooLarge, "%v takes more than %d bytes", g, limit)
}

// end ends the track: its remaining packets are discarded.
func (t *cutTrack) end() {
	t.ended = true
	t.stream.SetDiscard(astiav.DiscardAll)
}

// endVideo ends the video track. If byte offsets tell where the GOP ends, its packets are read on, as those
// of the audio may have ended.
func (c *cut) endVideo(g span) {
	if c.tracks[0].ended = true; g.FirstPos < 0 {
		c.tracks[0].end()
	}
}

// fineTicks is the least number of ticks per second of an audio track's base.
const fineTicks = 48000

// newCutTrack returns a track for the packets of a stream. Its base is that of the stream, unless the stream
// is audio that counts in packets, as in AVI. The start of a GOP then needs a finer one.
func newCutTrack(s *astiav.Stream) cutTrack {
	t := cutTrack{stream: s, base: rational(s.TimeBase()), scale: 1}
	const maxNum = 1 << 14 // so that the base fits into 32 bits
	isAudio := s.CodecParameters().MediaType() == astiav.MediaTypeAudio
	if b := t.base; isAudio && b.Known() && b.Num < maxNum && b.Den < 1000*b.Num {
		t.scale = int64((fineTicks*b.Num + b.Den - 1) / b.Den)
		t.base.Den *= int(t.scale)
	}
	return t
}

// newCut returns a cut without packets.
func (d *demuxer) newCut(ix *video.Index, key video.SegmentKey) *cut {
	g, base := newSpan(ix, key), ix.Track().TimeBase
	d.readKey(ix, &g.GOP)
	c := &cut{span: g, isFromStart: d.isAtStart, width: g.Width, height: g.Height}
	for _, stream := range []int{key.VideoStream, key.AudioStream} {
		if stream < 0 {
			continue
		}
		s := d.streams[stream]
		t := newCutTrack(s)
		selected := video.Interval{From: g.Start, To: g.End}
		if stream == key.AudioStream {
			selected = g.audio
		}
		t.setInterval(selected, base)
		t.follows, t.lastPos = noPTS, -1
		codec := s.CodecParameters()
		t.usual = t.scale * samplesDuration(s, frameSamples(codec), codec.SampleRate())
		t.longest = int64(longestPacket.Rescale(video.Rational{Num: 1, Den: 1}, t.base))
		if key.Metadata {
			t.tags = ix.Description.TrackTags(stream)
		}
		c.tracks = append(c.tracks, t)
	}
	if key.Metadata {
		c.tags = ix.Description.SegmentTags()
	}
	c.tracks[0].endDTS = int64(g.EndDTS)
	return c
}

// trackOf returns the index in c.tracks of a stream, or -1.
func (c *cut) trackOf(stream int) int {
	for i, t := range c.tracks {
		if t.stream.Index() == stream {
			return i
		}
	}
	return -1
}
