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

	"gop/internal/isobmff"
	"gop/video"
)

// demuxer is an open file and libav's demuxer for it. It must not be used concurrently.
type demuxer struct {
	container    container
	fragmented   bool  // an ISO file with movie fragments
	firstCluster int64 // byte offset of a Matroska file's first cluster; 0 if unknown
	file         video.File
	source       *source
	io           *ioContext
	format       *astiav.FormatContext
	interrupter  *astiav.IOInterrupter
	streams      []*astiav.Stream

	tables    map[int]*sampleTable // of an ISO file, by stream
	onlyLibav bool                 // tables come from libav

	// The last new codec configuration in the side data of a packet, by stream. libav's mov demuxer adds
	// it to a packet whose configuration differs from that of the packet it returned before, wherever
	// in the file that was.
	extradata map[int][]byte
	followed  map[int]bool // streams whose first packet has been read

	decoder thumbnailDecoder
}

// openDemuxer opens a file of size bytes for indexing and cutting. It owns the file, even if it fails.
// onlyLibav disables the readers that replace libav's. Errors of the file itself are video.Unreadable.
func openDemuxer(ctx context.Context, file video.File, size int64, onlyLibav bool) (*demuxer, error) {
	d, err := openHeader(ctx, file, size)
	if err != nil {
		return nil, err
	}
	isOpen := false
	defer func() {
		if !isOpen { // after an error or a panic
			d.close()
		}
	}()
	defer d.use(ctx)()
	d.onlyLibav = onlyLibav
	if onlyLibav || d.container.is(mpegtsContainer) || d.fragmented || !d.probe() {
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
		return nil, err
	}
	isOpen = true
	return d, nil
}

// openPlain is openDemuxer for reading all packets in order, as any program does. Packets that the
// container frames are not parsed.
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

// openHeader opens the file and has libav read its header. It owns the file, even if it fails.
func openHeader(ctx context.Context, file video.File, size int64) (*demuxer, error) {
	d := &demuxer{
		file: file, source: &source{file: file, size: size, ctx: ctx},
		tables: map[int]*sampleTable{}, extradata: map[int][]byte{}, followed: map[int]bool{},
	}
	isOpen := false
	defer func() {
		if !isOpen { // after an error or a panic
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
	if kind.is(movContainer) {
		found, end, err := isobmff.FindFragments(file, size)
		if err != nil {
			return nil, fmt.Errorf("look for fragments: %w", err)
		}
		if d.fragmented = found; found {
			d.source.size = end
		}
		if moov, ok := isobmff.File(d.source.size).Find(file, "moov"); ok && !found {
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
	if kind.is(movContainer) {
		d.io.readExactly()
	}
	d.streams = d.format.Streams()
	if d.source.err != nil { // libav ignores some read errors
		return nil, d.source.err
	}
	isOpen = true
	return d, nil
}

// findStreamInfo has libav read packets until it knows the parameters of all streams.
func (d *demuxer) findStreamInfo() error {
	if err := d.format.FindStreamInfo(nil); err != nil {
		return d.unreadable("the file's streams cannot be read", err)
	}
	d.streams = d.format.Streams() // those of a transport stream appear only now
	return d.source.err
}

// use makes ctx interrupt the demuxer until end is called.
func (d *demuxer) use(ctx context.Context) (end func()) {
	d.source.ctx, d.source.err = ctx, nil
	d.interrupter.Resume()
	stop := context.AfterFunc(ctx, d.interrupter.Interrupt)
	return func() {
		stop()
		d.source.ctx = context.Background()
	}
}

// completeIndex has the demuxer read the headers of all fragments, so that its index is complete.
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
	// With all streams discarded, a read continues to the end and skips all payloads. The packets that
	// findStreamInfo has read come first.
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

// discardAllBut has the demuxer return packets of one stream only.
func (d *demuxer) discardAllBut(stream int) {
	for _, s := range d.streams {
		if s.Index() == stream {
			s.SetDiscard(astiav.DiscardDefault)
		} else {
			s.SetDiscard(astiav.DiscardAll)
		}
	}
}

// seek seeks to the last keyframe of the stream at or before a time in its time base, as far as the
// container allows.
func (d *demuxer) seek(stream int, to int64) error {
	return d.format.SeekFrame(stream, to, astiav.NewSeekFlags(astiav.SeekFlagBackward))
}

// seekByte seeks to the packet at a byte offset, which comes from the index.
func (d *demuxer) seekByte(stream int, offset int64) error {
	if d.container.is(mpegtsContainer) {
		return d.format.SeekFrame(stream, offset+d.container.lead, astiav.NewSeekFlags(astiav.SeekFlagByte))
	}
	if !bookmark(d.streams[stream], offset, d.source.size) {
		return errors.New("the demuxer accepts no index entry")
	}
	// Without AVSEEK_FLAG_ANY, the demuxer skips packets before the first keyframe.
	flags := astiav.NewSeekFlags(astiav.SeekFlagBackward, astiav.SeekFlagAny)
	return d.format.SeekFrame(stream, farBefore, flags)
}

// noteExtradata stores the new codec configuration of p, if it has one.
func (d *demuxer) noteExtradata(p *astiav.Packet) {
	if data := newExtradata(p); data != nil {
		d.extradata[p.StreamIndex()] = data
	}
}

// configInForce returns the codec configuration of the last packet read, or nil if it is the stream's.
func (d *demuxer) configInForce(stream int) []byte {
	data := d.extradata[stream]
	if bytes.Equal(data, d.streams[stream].CodecParameters().ExtraData()) {
		return nil
	}
	return data
}

// findFirstConfig reads the first packet of a stream, so that its codec configuration is known even though
// libav read packets when it opened the file.
func (d *demuxer) findFirstConfig(stream int) error {
	if d.followed[stream] || !d.container.is(movContainer) {
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

// farBefore is a time before every packet. Demuxers can subtract from it without overflow.
const farBefore = math.MinInt64 / 4

// rewind seeks to the first packet.
func (d *demuxer) rewind(stream int) error {
	var err error
	switch {
	case d.container.is(mpegtsContainer):
		err = d.seekByte(stream, d.container.first-d.container.lead)
	case d.firstCluster > 0: // a seek by time needs a keyframe
		err = d.seekByte(stream, d.firstCluster)
	default:
		err = d.seek(stream, farBefore)
	}
	if err != nil {
		return d.unreadable("the file cannot be read from its start", err)
	}
	return nil
}

// unreadable returns the error for a failed call of libav: the error of the file or the context if there
// is one, else video.Unreadable with this reason.
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

// memory returns the approximate memory of the idle demuxer in bytes: a fixed part, and what libav and gop
// keep of each packet.
func (d *demuxer) memory() int64 {
	const fixed, perEntry = 1 << 20, 16
	memory := fixed + d.decoder.bytes
	for _, s := range d.streams {
		memory += entriesBytes(s) + perEntry*int64(entryCount(s))
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
