package av

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"syscall"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// demuxer is an open file and libav's demuxer over it. One goroutine at a time uses it.
type demuxer struct {
	container    container
	fragmented   bool  // an ISO file's samples are in fragments
	firstCluster int64 // where a Matroska file's blocks begin; 0 where not known
	file         video.File
	source       *source
	io           *ioContext
	format       *astiav.FormatContext
	interrupter  *astiav.IOInterrupter
	streams      []*astiav.Stream

	samples  map[int]*samples // of an ISO file, by stream
	thorough bool             // these are asked of libav alone

	// The codec configurations that the packets of a stream announced last, by stream. libav's mov
	// demuxer announces one where it differs from that of the packet it gave before, wherever in the
	// file that was.
	extradata map[int][]byte
	followed  map[int]bool // streams whose packets have all been seen since the first

	decoder thumbnailDecoder
}

// openDemuxer opens the file, which it owns from then on, also where it fails, and makes ready to
// index and to cut it. thorough takes no way around libav. Its errors are video.Unreadable where the
// file is at fault.
func openDemuxer(ctx context.Context, file video.File, size int64, thorough bool) (*demuxer, error) {
	d, err := openHeader(ctx, file, size)
	if err != nil {
		return nil, err
	}
	defer d.use(ctx)()
	d.thorough = thorough
	if thorough || d.container.is(mpegts) || d.fragmented || !d.probe() {
		err = d.findStreamInfo()
	}
	if d.container.framed {
		d.format.SetFlags(d.format.Flags().Add(astiav.FormatContextFlagNoparse))
	}
	if err == nil {
		err = d.completeIndex()
	}
	if err == nil {
		err = d.source.err
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// openPlain is openDemuxer for who reads from the first packet on, as any program does. No parser
// looks into packets that the container frames: what it says of them holds.
func openPlain(ctx context.Context, file video.File, size int64) (*demuxer, error) {
	d, err := openHeader(ctx, file, size)
	if err != nil {
		return nil, err
	}
	defer d.use(ctx)()
	if d.container.framed {
		d.format.SetFlags(d.format.Flags().Add(astiav.FormatContextFlagNoparse))
	}
	if err := d.findStreamInfo(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// openHeader opens the file, which it owns from then on, also where it fails, and has libav read its
// header.
func openHeader(ctx context.Context, file video.File, size int64) (_ *demuxer, err error) {
	d := &demuxer{
		file: file, source: &source{file: file, size: size, ctx: ctx},
		samples: map[int]*samples{}, extradata: map[int][]byte{}, followed: map[int]bool{},
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if size == 0 {
		return nil, video.Errorf(video.Unreadable, "the file is empty")
	}
	kind, ok, err := sniff(file)
	if err != nil {
		return nil, fmt.Errorf("read the file's first bytes: %w", err)
	}
	if !ok {
		return nil, video.Errorf(video.Unreadable, "the file is no mp4, mov, Matroska, WebM or MPEG-TS")
	}
	d.container = kind
	if kind.is(mov) {
		found, end, err := fragments(file, size)
		if err != nil {
			return nil, fmt.Errorf("look for fragments: %w", err)
		}
		if d.fragmented = found; found {
			d.source.size = end
		}
		if moov, ok := (box{end: d.source.size}).find(file, "moov"); ok && !found {
			if err := d.source.keep(moov); err != nil {
				return nil, fmt.Errorf("read the movie box: %w", err)
			}
		}
	}

	if d.io, err = newIOContext(d.source, kind.buffer); err != nil {
		return nil, err
	}
	if d.format = astiav.AllocFormatContext(); d.format == nil {
		return nil, errors.New("allocate a format context: out of memory")
	}
	d.interrupter = astiav.NewIOInterrupter()
	d.io.attach(d.format)
	d.format.SetIOInterrupter(d.interrupter)
	defer d.use(ctx)()

	if err := d.format.OpenInput("", kind.inputFormat(), nil); err != nil {
		d.format = nil // OpenInput has freed it
		return nil, d.unreadable("the file's header is damaged or cut off", err)
	}
	if kind.is(mov) {
		d.io.readNoMore()
	}
	d.streams = d.format.Streams()
	// libav goes on where a read failed, without what it would have given.
	return d, d.source.err
}

// findStreamInfo has libav look into packets until it knows all of its streams.
func (d *demuxer) findStreamInfo() error {
	if err := d.format.FindStreamInfo(nil); err != nil {
		return d.unreadable("the file's streams cannot be read", err)
	}
	d.streams = d.format.Streams() // a transport stream has told of them only now
	return d.source.err
}

// use makes the demuxer work for ctx, whose end interrupts it, until the returned function is
// called.
func (d *demuxer) use(ctx context.Context) (end func()) {
	d.source.ctx, d.source.err = ctx, nil
	d.interrupter.Resume()
	stop := context.AfterFunc(ctx, d.interrupter.Interrupt)
	return func() {
		stop()
		d.source.ctx = context.Background()
	}
}

// completeIndex has the demuxer read the heads of all fragments, so that it knows all packets.
func (d *demuxer) completeIndex() error {
	if !d.fragmented {
		return nil
	}
	for _, s := range d.streams {
		s.SetDiscard(astiav.DiscardAll)
	}
	defer d.discardNone()
	packet := astiav.AllocPacket()
	defer packet.Free()
	// With all streams discarded, a read runs to the end and takes no payload with it. Before come
	// the packets that findStreamInfo has read.
	for {
		err := d.format.ReadFrame(packet)
		packet.Unref()
		if errors.Is(err, astiav.ErrEof) {
			return nil
		}
		if err != nil {
			return d.unreadable("the file's fragments are damaged or cut off", err)
		}
	}
}

func (d *demuxer) discardNone() {
	for _, s := range d.streams {
		s.SetDiscard(astiav.DiscardDefault)
	}
}

// discardAllBut has the demuxer read packets of one stream alone.
func (d *demuxer) discardAllBut(stream int) {
	for _, s := range d.streams {
		if s.Index() == stream {
			s.SetDiscard(astiav.DiscardDefault)
		} else {
			s.SetDiscard(astiav.DiscardAll)
		}
	}
}

// seek goes to the last key packet of the stream at or before a time in its time base, as far as
// the container can tell.
func (d *demuxer) seek(stream int, to int64) error {
	return d.format.SeekFrame(stream, to, astiav.NewSeekFlags(astiav.SeekFlagBackward))
}

// seekByte goes to a packet that begins at a byte offset, of which the index knows.
func (d *demuxer) seekByte(stream int, offset int64) error {
	if d.container.is(mpegts) {
		return d.format.SeekFrame(stream, offset+d.container.lead, astiav.NewSeekFlags(astiav.SeekFlagByte))
	}
	if !bookmark(d.streams[stream], offset, d.source.size) {
		return errors.New("the demuxer takes no index entry")
	}
	// Else the demuxer would leave out what comes before the first key.
	return d.format.SeekFrame(stream, farBefore, astiav.NewSeekFlags(astiav.SeekFlagBackward, astiav.SeekFlagAny))
}

// noteExtradata takes note of a codec configuration that begins with p.
func (d *demuxer) noteExtradata(p *astiav.Packet) {
	if data := newExtradata(p); data != nil {
		d.extradata[p.StreamIndex()] = data
	}
}

// announced is the codec configuration in force behind the last packet read; nil where it is the
// stream's own.
func (d *demuxer) announced(stream int) []byte {
	data := d.extradata[stream]
	if bytes.Equal(data, d.streams[stream].CodecParameters().ExtraData()) {
		return nil
	}
	return data
}

// follow makes sure that what a stream's packets announce is known from the first one on: libav has
// looked at some of them already, when the file was opened.
func (d *demuxer) follow(stream int) error {
	if d.followed[stream] || !d.container.is(mov) {
		return nil
	}
	d.discardAllBut(stream)
	defer d.discardNone()
	if err := d.rewind(stream); err != nil {
		return err
	}
	p := astiav.AllocPacket()
	defer p.Free()
	if err := d.format.ReadFrame(p); err != nil {
		return d.unreadable("the packets cannot be read", err)
	}
	d.noteExtradata(p)
	d.followed[stream] = true
	return nil
}

// farBefore is before every packet; it leaves room for what demuxers subtract.
const farBefore = math.MinInt64 / 4

// rewind goes to the first packet.
func (d *demuxer) rewind(stream int) error {
	var err error
	switch {
	case d.container.is(mpegts):
		err = d.seekByte(stream, d.container.first-d.container.lead)
	case d.firstCluster > 0: // there may be no key that a seek by time could lead to
		err = d.seekByte(stream, d.firstCluster)
	default:
		err = d.seek(stream, farBefore)
	}
	if err != nil {
		return d.unreadable("the file cannot be read from its start", err)
	}
	return nil
}

// unreadable is the error of a call into libav: the file's or the context's own where there was
// one, else a refusal of the file.
func (d *demuxer) unreadable(reason string, err error) error {
	if d.source.err != nil {
		return d.source.err
	}
	if ctxErr := d.source.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if errors.Is(err, errNoMemory) {
		return video.WrapError(video.TooLarge, err, "the file takes more memory than it may")
	}
	return video.WrapError(video.Unreadable, err, "%s", reason)
}

// errNoMemory is AVERROR(ENOMEM), which go-astiav does not name.
var errNoMemory = astiav.Error(-int(syscall.ENOMEM))

// memory is about how many bytes the demuxer takes while it is idle: what libav and gop keep of each
// packet, and what they need anyway.
func (d *demuxer) memory() int64 {
	const anyway, besideEntry = 1 << 20, 16
	memory := anyway + d.decoder.bytes
	for _, s := range d.streams {
		memory += entriesBytes(s) + besideEntry*int64(countEntries(s))
	}
	return memory
}

func (d *demuxer) close() {
	d.decoder.free()
	if d.format != nil {
		d.format.CloseInput()
	}
	if d.io != nil {
		d.io.free()
	}
	if d.interrupter != nil {
		d.interrupter.Free()
	}
	if err := d.file.Close(); err != nil {
		slog.Debug("close a video", "error", err)
	}
}
