package av

import (
	"bytes"
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
	"gop/internal/isobmff"
	"gop/video"
)

// fragmenter makes a fragmented mp4 (ISO/IEC 14496-12, section 8.8) of frames as they are encoded, and of the
// audio that overlaps them. The caller of newFragmenter frees it.
//
// https://ffmpeg.org/ffmpeg-formats.html#Fragmentation
type fragmenter struct {
	cut    *cut         // without packets
	audio  []*cutPacket // not written yet
	muxer  *muxer
	writer *packetWriter
	limit  int64                      // of the bytes of packets
	sent   int                        // bytes of the file
	emit   func(video.Fragment) error // gets each fragment of the file, unless it is nil

	held  *cutPacket // the last packet of video, whose duration the next one determines
	begun int64      // pts of the current fragment's first packet; noPTS if there is none
}

// fragmentTime is the duration of a fragment in ms. The first one has a single frame.
const fragmentTime = 250

// newFragmenter makes a fragmenter for the tracks of a cut and the packets of its audio. limit bounds the
// bytes of packets. If the muxer refuses the audio, the tracks lose it, and their audioLeftOut says why.
func newFragmenter(
	tracks *cut, audio []*cutPacket, limit int64, emit func(video.Fragment) error,
) (_ *fragmenter, err error) {
	f := &fragmenter{cut: tracks, audio: audio, limit: limit, emit: emit, begun: noPTS}
	defer func() {
		if err != nil {
			f.free()
		}
	}()
	if len(tracks.tracks) > 1 && len(audio) == 0 && needsExample(tracks.tracks[1].stream.CodecParameters()) {
		tracks.audioLeftOut = undescribedAudio(codecOf(tracks.tracks[1].stream.CodecParameters()))
		tracks.tracks = tracks.tracks[:1]
	}
	if len(tracks.tracks) > 1 && len(audio) > 0 {
		if err := f.tryAudio(); err != nil {
			tracks.leaveOutAudio(err)
			f.audio = nil
		}
	}
	if err = f.open(); err != nil && len(tracks.tracks) > 1 {
		err = f.leaveOutAudio(err)
	}
	return f, err
}

// open makes the muxer.
func (f *fragmenter) open() (err error) {
	f.muxer, err = newMuxer(f.cut, avio.NewSink(0, 2*f.limit+1<<20), map[string]string{
		// The moov is written after the first packets, which determine the edit lists.
		"movflags": "+frag_custom+delay_moov+default_base_moof+skip_trailer",
	})
	if err != nil {
		return video.WrapError(video.Unreadable, err, "mp4 cannot hold the video's tracks")
	}
	// WriteHeader has cleared this flag, as if the moov were written first.
	f.muxer.format.SetFlags(f.muxer.format.Flags().Add(astiav.FormatContextFlagAutoBsf))
	f.writer, err = newPacketWriter(f.cut.tracks)
	return err
}

// tryAudio writes the audio to an mp4 without fragments, which is dropped. libav's muxer leaks memory if it
// refuses audio when it writes the moov of a fragment (mov_flush_fragment in libavformat/movenc.c).
func (f *fragmenter) tryAudio() error {
	file := avio.NewSink(0, 2*f.limit+1<<20)
	m, err := newMuxer(f.cut, file, nil)
	if err != nil {
		return err
	}
	defer m.free()
	m.io.flush()
	start := file.Size() // of the payloads
	w, err := newPacketWriter(f.cut.tracks)
	if err != nil {
		return err
	}
	defer w.free()
	if err := w.write(m.format, f.audio); err != nil {
		return err
	}
	m.io.flush()
	if file.Size() == start {
		return errNoAudio
	}
	if err := m.format.WriteTrailer(); err != nil {
		return fmt.Errorf("end the mp4: %w", err)
	}
	return nil
}

// leaveOutAudio starts again without the audio, which the muxer has refused with err.
func (f *fragmenter) leaveOutAudio(err error) error {
	f.cut.leaveOutAudio(err)
	f.free()
	f.audio, f.begun, f.muxer, f.writer = nil, noPTS, nil, nil
	return f.open()
}

func (f *fragmenter) free() {
	if f.writer != nil {
		f.writer.free()
	}
	if f.muxer != nil {
		f.muxer.free()
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
	if err := f.writer.write(f.muxer.format, f.audio); err != nil {
		return err
	}
	if err := f.endFragment(); err != nil {
		return err
	}
	if err := f.muxer.format.WriteTrailer(); err != nil {
		return fmt.Errorf("end the mp4: %w", err)
	}
	return f.send()
}

// write writes a packet of video and the audio up to its end, and ends the fragment if it is long enough.
// Without audio, it writes the first packet again if the muxer refuses the audio.
func (f *fragmenter) write(p *cutPacket) error {
	err := f.writePacket(p)
	if err == nil || f.sent > 0 || len(f.cut.tracks) == 1 {
		return err
	}
	if err := f.leaveOutAudio(err); err != nil {
		return err
	}
	return f.writePacket(p)
}

func (f *fragmenter) writePacket(p *cutPacket) error {
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
	if err := f.writer.write(f.muxer.format, append([]*cutPacket{p}, f.audio[:n]...)); err != nil {
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
		if err := endFragment(f.muxer.format); err != nil {
			return err
		}
	}
	if err := endFragment(f.muxer.format); err != nil {
		return err
	}
	return f.send()
}

// send emits the new bytes of the file.
func (f *fragmenter) send() error {
	f.muxer.io.flush()
	fragment := f.muxer.file.Bytes()[f.sent:]
	if f.sent == 0 { // the muxer reports no error of a moov that it cannot write
		if _, ok := isobmff.File(int64(len(fragment))).Find(bytes.NewReader(fragment), "moof"); !ok {
			return video.WrapError(video.Unreadable, errNoAudio, "mp4 cannot describe the GOP")
		}
	}
	f.sent += len(fragment)
	if f.emit == nil || len(fragment) == 0 {
		return nil
	}
	return f.emit(video.Fragment{Data: fragment, AudioLeftOut: f.cut.audioLeftOut})
}
