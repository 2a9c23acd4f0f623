package av

import (
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/video"
)

// fragmenter makes a fragmented mp4 (ISO/IEC 14496-12, section 8.8) of frames as they are encoded, and of the
// audio that overlaps them. The caller of newFragmenter frees it.
//
// https://ffmpeg.org/ffmpeg-formats.html#Fragmentation
type fragmenter struct {
	cut    *cut         // only its tracks
	audio  []*cutPacket // not written yet
	muxer  *astiav.FormatContext
	writer *packetWriter
	file   *avio.Sink
	io     *ioContext
	sent   int                         // bytes of the file
	emit   func(fragment []byte) error // gets each fragment of the file, unless it is nil

	held  *cutPacket // the last packet of video, whose duration the next one determines
	begun int64      // pts of the current fragment's first packet; noPTS if there is none
}

// fragmentTime is the duration of a fragment in ms. The first one has a single frame.
const fragmentTime = 250

// newFragmenter makes a fragmenter for the tracks of a cut and the packets of its audio. limit bounds the
// bytes of packets.
func newFragmenter(
	tracks *cut, audio []*cutPacket, limit int64, emit func(fragment []byte) error,
) (_ *fragmenter, err error) {
	f := &fragmenter{
		cut: tracks, audio: audio, file: avio.NewSink(0, 2*limit+1<<20), emit: emit, begun: noPTS,
	}
	defer func() {
		if err != nil {
			f.free()
		}
	}()
	if f.muxer, err = astiav.AllocOutputFormatContext(nil, "mp4", ""); err != nil {
		return nil, fmt.Errorf("allocate the muxer: %w", err)
	}
	for i := range tracks.tracks {
		if err := tracks.addStream(f.muxer, i); err != nil {
			return nil, fmt.Errorf("describe track %d: %w", i, err)
		}
	}
	if f.io, err = newIOContext(f.file, streamBuffer); err != nil {
		return nil, err
	}
	f.io.attach(f.muxer)
	f.muxer.SetFlags(f.muxer.Flags().Add(astiav.FormatContextFlagBitexact))
	options, err := newOptions(map[string]string{
		// The moov is written after the first packets, which determine the edit lists.
		"movflags":          "+frag_custom+delay_moov+default_base_moof+skip_trailer",
		"avoid_negative_ts": "disabled",
		"movie_timescale":   "90000",
	})
	if err != nil {
		return nil, err
	}
	defer options.Free()
	if err := f.muxer.WriteHeader(options); err != nil {
		return nil, video.WrapError(video.Unreadable, err, "mp4 cannot hold the video's tracks")
	}
	// WriteHeader has cleared this flag, as if the moov were written first.
	f.muxer.SetFlags(f.muxer.Flags().Add(astiav.FormatContextFlagAutoBsf))
	f.writer, err = newPacketWriter(tracks.tracks)
	return f, err
}

func (f *fragmenter) free() {
	if f.writer != nil {
		f.writer.free()
	}
	if f.muxer != nil {
		f.muxer.Free()
	}
	if f.io != nil {
		f.io.free()
	}
}

// add takes the next packet of video, which the fragmenter does not own.
func (f *fragmenter) add(p *cutPacket) error {
	before := f.held
	f.held = p
	if before == nil {
		return nil
	}
	before.duration = p.pts - before.pts
	return f.write(before)
}

// end writes the remaining packets. pts is the end of the last frame.
func (f *fragmenter) end(pts int64) error {
	f.held.duration = max(pts-f.held.pts, 1)
	if err := f.write(f.held); err != nil {
		return err
	}
	if err := f.writer.write(f.muxer, f.audio); err != nil {
		return err
	}
	if err := f.endFragment(); err != nil {
		return err
	}
	if err := f.muxer.WriteTrailer(); err != nil {
		return fmt.Errorf("end the mp4: %w", err)
	}
	return f.send()
}

// write writes a packet of video and the audio up to its end, and ends the fragment if it is long enough.
func (f *fragmenter) write(p *cutPacket) error {
	base := f.cut.tracks[0].base
	isFirst := f.begun == noPTS && f.sent == 0
	if f.begun == noPTS {
		f.begun = p.pts
	}
	end := video.Ticks(p.pts + p.duration).Micros(base)
	n := 0
	for n < len(f.audio) && f.micros(f.audio[n]) < end {
		n++
	}
	if isFirst {
		n = max(n, min(1, len(f.audio))) // the moov omits a track without packets
	}
	if err := f.writer.write(f.muxer, append([]*cutPacket{p}, f.audio[:n]...)); err != nil {
		return err
	}
	f.audio = f.audio[n:]
	if isFirst || end-video.Ticks(f.begun).Micros(base) >= 1000*fragmentTime {
		return f.endFragment()
	}
	return nil
}

// micros returns the packet's dts in microseconds, from the keyframe on.
func (f *fragmenter) micros(p *cutPacket) int64 {
	t := f.cut.tracks[p.track]
	return video.Ticks(p.dts - t.from).Micros(t.base)
}

// endFragment ends the current fragment.
func (f *fragmenter) endFragment() error {
	f.begun = noPTS
	if f.sent == 0 { // the first call only writes the moov
		if err := endFragment(f.muxer); err != nil {
			return err
		}
	}
	if err := endFragment(f.muxer); err != nil {
		return err
	}
	return f.send()
}

// send emits the new bytes of the file.
func (f *fragmenter) send() error {
	f.io.flush()
	fragment := f.file.Bytes()[f.sent:]
	f.sent += len(fragment)
	if f.emit == nil || len(fragment) == 0 {
		return nil
	}
	return f.emit(fragment)
}
