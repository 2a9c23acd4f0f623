package av

import (
	"bytes"
	"context"
	"errors"
	"log/slog"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/isobmff"
	"gop/video"
)

// demuxer is an open file and libav's demuxer for it. It must not be used concurrently.
type demuxer struct {
	container     container
	fragmented    bool  // an ISO file with movie fragments
	firstCluster  int64 // byte offset of a Matroska file's first cluster; 0 if unknown
	log           *slog.Logger
	file          video.File
	source        *avio.Source
	io            *ioContext
	format        *astiav.FormatContext
	interrupter   *astiav.IOInterrupter
	streams       []*astiav.Stream
	isAtStart     bool // nothing was read or sought since openInput
	hasStreamInfo bool // findStreamInfo has set the times of the streams

	decodeTimes map[int]bool // see findDecodeTimes

	// Of an ISO file.
	moov       isobmff.Box
	movie      *movie                 // reduced; nil if libav has the tables of all samples
	movies     *movies                // of movie
	reduced    map[int]*reducedStream // by stream
	tables     map[int]*sampleTable   // by stream
	tableBytes int64                  // memory of the tables of samples in fragments
	fragments  *isobmff.Scan          // nil if libav has the samples of all fragments
	onlyLibav  bool                   // tables come from libav

	// The last new codec configuration in the side data of a packet, by stream. libav's mov demuxer adds
	// it to a packet whose configuration differs from that of the packet it returned before, wherever
	// in the file that was.
	extradata      map[int][]byte
	hasFirstConfig map[int]bool // streams whose first packet has been read

	// Payloads that describe audio streams to the muxer, by stream; empty if the file has none.
	examples map[int][]byte

	decoder thumbnailDecoder
	walker  frameWalker
}

// use makes ctx interrupt the demuxer until end is called.
func (d *demuxer) use(ctx context.Context) (end func()) {
	d.source.Use(ctx)
	d.interrupter.Resume()
	stop := context.AfterFunc(ctx, d.interrupter.Interrupt)
	return func() {
		stop()
		d.source.Use(context.Background())
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
	d.isAtStart = false
	return d.format.SeekFrame(stream, to, astiav.NewSeekFlags(astiav.SeekFlagBackward))
}

// seekByte seeks to the packet at a byte offset, which comes from the index.
func (d *demuxer) seekByte(stream int, offset int64) error {
	d.isAtStart = false
	if d.container.byBytes {
		return d.format.SeekFrame(stream, offset+d.container.lead, astiav.NewSeekFlags(astiav.SeekFlagByte))
	}
	return seekByIndex(d.format, d.streams[stream], offset, d.source.Size())
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
	if d.hasFirstConfig[stream] || !d.container.is(movContainer) {
		return nil
	}
	d.discardAllBut(stream)
	defer d.discardNone()
	if err := d.rewind(stream); err != nil {
		return err
	}
	p := astiav.AllocPacket()
	if p == nil {
		return errNoMemory
	}
	defer p.Free()
	if err := d.format.ReadFrame(p); err != nil {
		return d.unreadable("the packets cannot be read", err)
	}
	d.noteExtradata(p)
	d.hasFirstConfig[stream] = true
	return nil
}

// rewind seeks to the first packet.
func (d *demuxer) rewind(stream int) error {
	var err error
	switch {
	case d.isAtStart && !d.container.is(movContainer) && !d.container.is(matroskaContainer):
		return nil
	case d.container.isScanned():
		return d.reopen()
	case d.container.is(mpegtsContainer):
		err = d.seekByte(stream, d.container.first-d.container.lead)
	case d.firstCluster > 0: // a seek by time needs a keyframe
		err = d.seekByte(stream, d.firstCluster)
	default:
		err = d.seek(stream, earliestTime)
	}
	if err != nil {
		return d.unreadable("the file cannot be read from its start", err)
	}
	return nil
}

// unreadable returns the error for a failed call of libav: the error of the file or the context if there
// is one, else video.Unreadable with this reason.
func (d *demuxer) unreadable(reason string, err error) error {
	if err := d.source.Err(); err != nil {
		return err
	}
	if errors.Is(err, errNoMemory) {
		return video.WrapError(video.TooLarge, err, "the file exceeds the memory limit")
	}
	return video.WrapError(video.Unreadable, err, "%s", reason)
}

// memory returns the approximate memory of the idle demuxer in bytes, without its movie: a fixed part, and a
// part for each packet that libav has.
func (d *demuxer) memory() int64 {
	const perEntry = 16
	memory := int64(1<<20) + d.decoder.bytes + d.walker.memory()
	if d.hasStreamInfo { // libav keeps parsers and decoders of the streams
		memory += 3 << 20
	}
	for _, example := range d.examples {
		memory += int64(len(example))
	}
	for i, s := range d.streams {
		memory += entriesBytes(s)
		if d.reduced[i] == nil {
			memory += perEntry * int64(entryCount(s))
		}
	}
	memory += d.tableBytes
	if d.fragments != nil {
		memory += d.fragments.Memory()
	}
	return memory
}

func (d *demuxer) close() {
	d.decoder.free()
	d.walker.free()
	d.closeInput()
	d.releaseMovie()
	if d.interrupter != nil {
		d.interrupter.Free()
	}
	if err := d.file.Close(); err != nil {
		d.log.Debug("close a video", "error", err)
	}
}
