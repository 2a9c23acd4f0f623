package av

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/internal/matroska"
	"gop/internal/media"
	"gop/video"
)

// index returns the index of the file's n-th video track, counted from 1.
func (d *demuxer) index(ctx context.Context, v video.Video, n int, cfg Config) (*video.Index, error) {
	ix := &video.Index{Video: v}
	if err := d.describeTracks(ix, n); err != nil {
		return nil, err
	}
	if err := d.checkAudioTracks(ix.Tracks); err != nil {
		return nil, err
	}
	stream := d.streams[ix.Track().StreamIndex]
	codec := stream.CodecParameters()
	// A track that can be neither remuxed nor transcoded has no index.
	if left := ix.Track().Unsupported; left != "" && astiav.FindDecoder(codec.CodecID()) == nil {
		return nil, video.Errorf(video.Unreadable, "%s", left)
	}
	x := &indexer{
		ctx: ctx, tracks: ix.Tracks, stream: stream.Index(), base: ix.Track().TimeBase,
		parser: bitstream.NewParser(codecOf(codec), codec.ExtraData()),
		empty: gops.Grouper{
			MaxPackets: cfg.MaxPackets, MaxGOPs: cfg.MaxGOPs, FrameDuration: frameDuration(stream),
			LongestAudio: longestAudio.Rescale(seconds, ix.Track().TimeBase),
			Second:       video.Ticks(1).Rescale(seconds, ix.Track().TimeBase),
		},
	}
	if d.container.is(mpegtsContainer) {
		x.empty.Delay = video.Ticks(videoDelay(stream)) * x.empty.FrameDuration
	}
	x.reset()
	x.starts, x.start = map[int]int64{}, math.MaxInt64
	err := d.indexPackets(x, ix)
	switch {
	case d.source.Err() != nil: // the index would be incomplete
		return nil, d.source.Err()
	case err != nil && video.KindOf(err) != video.Internal:
		return nil, err
	case err != nil && x.grouper.Packets == 0:
		return nil, d.unreadable("the packets cannot be read", err)
	}
	// Another error means that the file is damaged or cut off after intact packets, which can be served.
	list := x.grouper.Done()
	ix.PacketsBeforeFirstKey, ix.KeysUnread = x.grouper.BeforeFirstKey, x.skipsKeys
	if len(list) == 0 {
		return nil, video.Errorf(video.Unreadable, "the video has no keyframe")
	}
	if x.isEdited {
		x.presentation.Apply(list)
	}
	d.findStarts(x.starts)
	isEarly := d.container.is(matroskaContainer) && list[0].Start < 0
	ix.Description = d.describe(x.starts, d.hasStreamInfo && !isEarly, v.Size)
	// In this container, packets are found by time.
	if d.container.is(movContainer) {
		for i := range list {
			list[i].FirstPos = -1
			list[i].KeyDuration = cmp.Or(x.keyDuration, list[i].KeyDuration)
		}
	}
	ix.GOPs = video.NewGOPList(list...)
	if isEarly {
		ix.StartAtZero()
	}
	return ix, nil
}

// longestAudio bounds the duration of an audio packet whose file states none, in seconds. The index
// counts the packets of a Matroska block, which are up to 256, as one.
const longestAudio = video.Ticks(10)

// indexPackets adds all packets to x, in the way that reads the least of the file.
func (d *demuxer) indexPackets(x *indexer, ix *video.Index) error {
	switch {
	case d.container.is(movContainer):
		return d.indexEntries(x)
	case d.container.is(matroskaContainer):
		err := d.indexBlocks(x)
		if !errors.Is(err, matroska.ErrNotWalkable) {
			return err
		}
		x.reset()
	}
	ix.Scanned = true
	return d.scan(x)
}

// indexer makes an index of packets, which it takes in file order.
type indexer struct {
	ctx       context.Context
	tracks    []video.Track
	stream    int // of the primary track
	base      video.Rational
	parser    *bitstream.Parser
	grouper   gops.Grouper
	empty     gops.Grouper // the initial state of grouper
	following bool         // the next packet may be a leading frame of HEVC
	skipsKeys bool         // keyframes are not read: see video.Index

	starts        map[int]int64 // lowest PTS of the packets of each stream that are presented
	start         int64         // that of the primary track, or math.MaxInt64
	config        newConfig     // the configuration in force in an ISO file
	width, height int           // of the first keyframe, in pixels; 0 if unknown
	// Of an ISO file.
	presentation gops.Presentation
	isEdited     bool        // presentation has all packets
	keyDuration  video.Ticks // of each keyframe by libav; 0 if it is that of the packet
}

// reset removes all packets.
func (x *indexer) reset() { x.grouper, x.following, x.width, x.height = x.empty, false, 0, 0 }

// parsedFrame is the headers of a packet; ok is false if they were not read.
type parsedFrame struct {
	bitstream.Frame
	ok bool
}

// add adds a packet. payload is its payload, or nil if it was not read.
func (x *indexer) add(p *media.Packet, payload io.ReaderAt) error {
	if payload == nil {
		return x.addPacket(p)
	}
	frame := x.parse(p, payload)
	return x.addParsed(*p, frame)
}

// parse reads the headers of keyframes and of frames that may be leading. A packet without a frame is no
// keyframe, whatever its flag says.
func (x *indexer) parse(p *media.Packet, payload io.ReaderAt) parsedFrame {
	if p.Stream != x.stream || payload == nil || !p.Key && !x.following || p.Encrypted {
		return parsedFrame{}
	}
	if x.skipsKeys && !x.parser.MayLackSlice(int64(p.Size)) {
		return parsedFrame{}
	}
	frame := x.parser.Parse(payload, int64(p.Size))
	if frame.NoSlice {
		p.Key = false
	}
	if frame.NoSlice || x.skipsKeys {
		return parsedFrame{}
	}
	x.following = frame.Leading || p.Key && frame.KeyType == video.KeyCRA
	return parsedFrame{frame, true}
}

func (x *indexer) addParsed(p media.Packet, frame parsedFrame) error {
	if err := x.addPacket(&p); err != nil || !frame.ok {
		return err
	}
	switch {
	case p.Key:
		x.grouper.SetKey(frame.KeyType, frame.Closed)
		x.setSize(frame.Frame)
	case frame.Leading:
		x.grouper.SetLeading(frame.Skipped)
	}
	return nil
}

// addPacket adds a packet without the headers of its frame.
func (x *indexer) addPacket(p *media.Packet) error {
	if p.Stream != x.stream || p.PTS < x.start {
		x.addStart(p)
	}
	if p.Stream != x.stream {
		x.addAudio(*p)
		return nil
	}
	if p.Encrypted {
		return encrypted()
	}
	return x.grouper.Add(*p)
}

// addStart notes where a stream starts.
func (x *indexer) addStart(p *media.Packet) {
	start, ok := x.starts[p.Stream]
	if ok && p.PTS >= start || p.Discard || p.PTS == noPTS {
		return
	}
	x.starts[p.Stream] = p.PTS
	if p.Stream == x.stream {
		x.start = p.PTS
	}
}

// setSize sets the size of the current GOP if it differs from that of the first one, which is the track's.
// The keyframe or else the configuration tells it.
func (x *indexer) setSize(key bitstream.Frame) {
	width, height := key.Width, key.Height
	if width == 0 {
		width, height = x.config.width, x.config.height
	}
	switch {
	case width == 0:
	case x.width == 0:
		x.width, x.height = width, height
	case width != x.width || height != x.height:
		x.grouper.SetSize(width, height)
	}
}

// audioTrack returns the audio track of a stream, or nil.
func (x *indexer) audioTrack(stream int) *video.Track {
	for i, t := range x.tracks {
		if t.StreamIndex == stream && t.Kind == video.AudioTrack {
			return &x.tracks[i]
		}
	}
	return nil
}

func (x *indexer) addAudio(p media.Packet) {
	t := x.audioTrack(p.Stream)
	if t == nil || p.PTS == noPTS {
		return
	}
	start, end := x.span(video.Ticks(p.PTS), video.Ticks(max(p.Duration, 0)), t.TimeBase)
	x.grouper.AddAudio(p, start, end)
}

// span returns the time of an audio packet in ticks of the video track. Where such a tick is long, as in AVI
// and Ogg, where it is a frame, the span may be longer than the packet.
func (x *indexer) span(at, duration video.Ticks, base video.Rational) (start, end video.Ticks) {
	start, end = at.Rescale(base, x.base), (at+duration).Rescale(base, x.base)
	if x.base.Den < 1000*x.base.Num && duration > 0 {
		return start - 1, end + 1
	}
	return start, end
}

// findStarts completes starts with the streams of an ISO file that indexEntries does not add. Their packets
// are in presentation order, unless they are video.
func (d *demuxer) findStarts(starts map[int]int64) {
	for i, s := range d.streams {
		_, isKnown := starts[i]
		isVideo := s.CodecParameters().MediaType() == astiav.MediaTypeVideo
		if isKnown || isVideo || !d.container.is(movContainer) {
			continue
		}
		const maxDiscarded = 64 // packets before the first that is presented
		entries := entriesOf(s, 0, maxDiscarded)
		if at := slices.IndexFunc(entries, func(e indexEntry) bool { return !e.discard }); at >= 0 {
			starts[i] = max(entries[at].dts, 0) // the edit list trims the part of a packet before 0
		}
	}
}

// scan adds the packets by reading the whole file.
func (d *demuxer) scan(x *indexer) error {
	for _, s := range d.streams {
		s.SetDiscard(astiav.DiscardAll)
	}
	for _, t := range x.tracks {
		if t.StreamIndex == x.stream || t.Kind == video.AudioTrack {
			d.streams[t.StreamIndex].SetDiscard(astiav.DiscardDefault)
		}
	}
	defer d.discardNone()
	place, err := d.placer(x.stream)
	if err != nil {
		return err
	}
	if err := d.rewind(x.stream); err != nil {
		return err
	}
	d.isAtStart = false
	if d.needsOrder(d.streams[x.stream]) {
		return d.scanOrdered(x, place)
	}
	strays := newStrays(d, x.stream, x.addParsed)
	keep := func(packets []media.Packet, last *astiav.Packet) (stopAt, error) {
		for i, p := range packets {
			p = place(p)
			var payload io.ReaderAt
			if last != nil && i == len(packets)-1 {
				payload = bytes.NewReader(payloadOf(last))
			}
			frame := x.parse(&p, payload)
			if err := strays.Add(p, frame); err != nil {
				return stopAtNone, err
			}
		}
		if x.following {
			return stopAtAll, x.ctx.Err()
		}
		return stopAtKeys, x.ctx.Err()
	}
	err = demuxPackets(d.format, x.stream, stopAtKeys, false, keep)
	if endErr := strays.End(); err == nil {
		err = endErr
	}
	return err
}
