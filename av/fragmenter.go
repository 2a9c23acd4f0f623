package av

import (
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// fragmenter makes a fragmented mp4 (ISO/IEC 14496-12, section 8.8) of pictures as they are encoded, and of the
// sound that is heard meanwhile. Who makes one frees it.
//
// https://ffmpeg.org/ffmpeg-formats.html#Fragmentation
type fragmenter struct {
	cut    *cut         // of which only the tracks are taken
	sound  []*cutPacket // that is not written yet
	muxer  *astiav.FormatContext
	writer *packetWriter
	file   *sink
	io     *ioContext
	sent   int                      // bytes of the file
	to     func(piece []byte) error // gets what is new of the file, where it is not nil

	held  *cutPacket // the last picture: how long it is shown, the next one tells
	begun int64      // when the fragment under way begins; noPTS where there is none
}

// fragmentTime is how much of a film a fragment has, in ms. The first one has one picture.
const fragmentTime = 250

func newFragmenter(tracks *cut, sound []*cutPacket, limit int64, to func([]byte) error) (_ *fragmenter, err error) {
	f := &fragmenter{cut: tracks, sound: sound, to: to, begun: noPTS, file: &sink{limit: 2*limit + 1<<20}}
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
	options := astiav.NewDictionary()
	defer options.Free()
	for key, value := range map[string]string{
		// The moov waits for the first packets, which tell what an edit list has to hide.
		"movflags":          "+frag_custom+delay_moov+default_base_moof+skip_trailer",
		"avoid_negative_ts": "disabled",
		"movie_timescale":   "90000",
	} {
		if err := options.Set(key, value, 0); err != nil {
			return nil, fmt.Errorf("set %s: %w", key, err)
		}
	}
	if err := f.muxer.WriteHeader(options); err != nil {
		return nil, video.WrapError(video.Unreadable, err, "mp4 cannot hold the video's tracks")
	}
	// The muxer has given this up, as one has to that writes its moov first; this one does not.
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

// add takes the next picture, which the fragmenter does not own.
func (f *fragmenter) add(p *cutPacket) error {
	before := f.held
	f.held = p
	if before == nil {
		return nil
	}
	before.duration = p.pts - before.pts
	return f.write(before)
}

// end says that no more pictures come, and that the last one is shown until pts.
func (f *fragmenter) end(pts int64) error {
	f.held.duration = max(pts-f.held.pts, 1)
	if err := f.write(f.held); err != nil {
		return err
	}
	if err := f.writer.write(f.muxer, f.sound); err != nil {
		return err
	}
	if err := f.cutOff(); err != nil {
		return err
	}
	if err := f.muxer.WriteTrailer(); err != nil {
		return fmt.Errorf("end the mp4: %w", err)
	}
	return f.send()
}

// write writes a picture, the sound up to its end, and the fragment where that is long enough.
func (f *fragmenter) write(p *cutPacket) error {
	base := rational(f.cut.tracks[0].stream.TimeBase())
	isFirst := f.begun == noPTS && f.sent == 0
	if f.begun == noPTS {
		f.begun = p.pts
	}
	end := video.Ticks(p.pts + p.duration).Micros(base)
	n := 0
	for n < len(f.sound) && f.micros(f.sound[n]) < end {
		n++
	}
	if isFirst {
		n = max(n, min(1, len(f.sound))) // the moov tells of no track that has not begun
	}
	if err := f.writer.write(f.muxer, append([]*cutPacket{p}, f.sound[:n]...)); err != nil {
		return err
	}
	f.sound = f.sound[n:]
	if isFirst || end-video.Ticks(f.begun).Micros(base) >= 1000*fragmentTime {
		return f.cutOff()
	}
	return nil
}

// micros is when a packet is decoded, counted from the key.
func (f *fragmenter) micros(p *cutPacket) int64 {
	t := f.cut.tracks[p.track]
	return video.Ticks(p.dts - t.from).Micros(rational(t.stream.TimeBase()))
}

// cutOff ends the fragment under way.
func (f *fragmenter) cutOff() error {
	f.begun = noPTS
	if f.sent == 0 { // the first time, it is the moov alone that comes
		if err := endFragment(f.muxer); err != nil {
			return err
		}
	}
	if err := endFragment(f.muxer); err != nil {
		return err
	}
	return f.send()
}

// send hands over what is new of the file.
func (f *fragmenter) send() error {
	f.io.flush()
	piece := f.file.data[f.sent:]
	f.sent += len(piece)
	if f.to == nil || len(piece) == 0 {
		return nil
	}
	return f.to(piece)
}
