package av

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/isobmff"
	"gop/internal/media"
	"gop/internal/sniff"
	"gop/video"
)

// openDemuxer opens a file of size bytes for indexing and cutting. It owns the file, even if it fails.
// onlyLibav disables the readers that replace libav's. Errors of the file itself are video.Unreadable.
func openDemuxer(
	ctx context.Context, log *slog.Logger, file video.File, size int64, onlyLibav bool, r reduction,
) (*demuxer, error) {
	if onlyLibav {
		r.keep = 0
	}
	d, err := openHeader(ctx, log, file, size, r)
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
	defer d.keepColors()()
	needsPackets := onlyLibav || d.container.is(mpegtsContainer) || d.container.isScanned() ||
		d.fragmented && !d.isReduced()
	if needsPackets || !d.probe() {
		if d.isReduced() {
			if err = d.openWhole(); err == nil {
				d.probe() // for what it finds
			}
		}
		if err == nil {
			err = d.findStreamInfo()
		}
	}
	if d.container.framed {
		d.format.SetFlags(d.format.Flags().Add(astiav.FormatContextFlagNoparse))
	}
	if err == nil && d.container.is(matroskaContainer) {
		err = d.findDecodeTimes()
	}
	if err == nil {
		err = d.source.Err()
	}
	if err != nil {
		return nil, err
	}
	isOpen = true
	return d, nil
}

// openPlain is openDemuxer for reading all packets in order, as any program does. Packets that the
// container frames are not parsed.
func openPlain(ctx context.Context, log *slog.Logger, file video.File, size int64) (*demuxer, error) {
	d, err := openHeader(ctx, log, file, size, reduction{})
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
	if d.container.framed {
		d.format.SetFlags(d.format.Flags().Add(astiav.FormatContextFlagNoparse))
	}
	if err := d.findStreamInfo(); err != nil {
		return nil, err
	}
	isOpen = true
	return d, nil
}

// openHeader opens the file and has libav read its header. It owns the file, even if it fails.
func openHeader(
	ctx context.Context, log *slog.Logger, file video.File, size int64, r reduction,
) (*demuxer, error) {
	d := &demuxer{
		log: log, file: file, source: avio.NewSource(ctx, file, size),
		tables: map[int]*sampleTable{}, extradata: map[int][]byte{}, hasFirstConfig: map[int]bool{},
		examples: map[int][]byte{},
	}
	isOpen := false
	defer func() {
		if !isOpen { // after an error or a panic
			d.close()
		}
	}()
	d.interrupter = astiav.NewIOInterrupter()
	defer d.use(ctx)()
	if size == 0 {
		return nil, video.Errorf(video.Unreadable, "the file is empty")
	}
	kind, ok, err := containerOf(d.source)
	if err != nil {
		return nil, fmt.Errorf("read the file's first bytes: %w", err)
	}
	if !ok {
		return nil, video.Errorf(video.Unreadable, "the file is not %s", containerNames)
	}
	d.container = kind
	openInput := d.openInput
	if kind.is(movContainer) {
		fragments, err := isobmff.FindFragments(d.source, size, r.keep, r.scan) // which checks the context
		switch {
		case errors.Is(err, isobmff.ErrTooManyIndexes):
			return nil, video.WrapError(video.Unreadable, err, "%v", err)
		case err != nil:
			return nil, fmt.Errorf("look for fragments: %w", err)
		}
		if d.fragmented = fragments.Found; d.fragmented {
			openInput = func() error { return d.openFragments(fragments) }
		} else if moov, ok := isobmff.File(d.source.Size()).Find(d.source, "moov"); ok {
			openInput = func() error { return d.openMovie(moov, r) }
		}
	}
	if err := openInput(); err != nil {
		return nil, err
	}
	isOpen = true
	return d, nil
}

// openInput has libav read the header, from the start of the file.
func (d *demuxer) openInput() (err error) {
	if d.io, err = newIOContext(d.source, d.container.buffer); err != nil {
		return err
	}
	if d.format = astiav.AllocFormatContext(); d.format == nil {
		return fmt.Errorf("allocate a format context: %w", errNoMemory)
	}
	d.io.attach(d.format)
	d.format.SetIOInterrupter(d.interrupter)
	if err := d.format.OpenInput("", d.container.inputFormat(), nil); err != nil {
		d.format = nil // OpenInput has freed it
		return d.unreadable("the file's header is damaged or cut off", err)
	}
	if d.container.is(movContainer) {
		d.io.readExactly()
	}
	d.streams, d.isAtStart = d.format.Streams(), true
	if d.splitsFrames() {
		d.format.SetFlags(d.format.Flags().Add(astiav.FormatContextFlagNoparse))
	}
	return d.source.Err() // libav ignores some read errors
}

// splitsFrames reports whether libav would split frames of the file that start with a parameter set, SEI or
// access unit delimiter: its parser of H.264 with lengths does so (h264_find_frame_end in
// libavcodec/h264_parser.c), and only its demuxer of ASF lets it.
func (d *demuxer) splitsFrames() bool {
	return d.container.is(scanned[sniff.ASF]) && slices.ContainsFunc(d.streams, func(s *astiav.Stream) bool {
		f := framingOf(s.CodecParameters())
		return f.Codec == media.H264 && f.LengthSize > 0
	})
}

// closeInput frees what openInput has allocated.
func (d *demuxer) closeInput() {
	d.streams = nil
	if d.format != nil {
		d.format.CloseInput()
		d.format = nil
	}
	if d.io != nil {
		d.io.free()
		d.io = nil
	}
}

// reopen makes libav open the file again, as if it had not been read.
func (d *demuxer) reopen() error {
	d.closeInput()
	if _, err := d.source.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := d.openInput(); err != nil {
		return err
	}
	return d.findStreamInfo()
}

// keepColors returns a function that sets the colors of each stream that has none by then to those that it
// has now. libav's decoders overwrite the container's colors with those of the bitstream, even if that has
// none.
func (d *demuxer) keepColors() (restore func()) {
	stated := make([]colors, len(d.streams))
	for i, s := range d.streams {
		stated[i] = colorsOf(s)
	}
	return func() {
		for i, s := range d.streams[:min(len(stated), len(d.streams))] {
			stated[i].complete(s)
		}
	}
}

// findStreamInfo has libav read packets until it knows the parameters of all streams.
func (d *demuxer) findStreamInfo() error {
	defer d.keepColors()()
	if err := d.format.FindStreamInfo(nil); err != nil {
		return d.unreadable("the file's streams cannot be read", err)
	}
	d.streams = d.format.Streams() // those of a transport stream appear only now
	d.hasStreamInfo = true
	return d.source.Err()
}
