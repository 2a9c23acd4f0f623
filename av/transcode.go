package av

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// transcode makes an mp4 of the GOP that key selects: its frames are decoded, filtered and encoded as H.264.
// Leading frames are dropped; the audio is copied. If key.Fragmented is set and emit is not nil, emit is
// called for each fragment. The goroutine must run at low priority (nice).
func (d *demuxer) transcode(
	ix *video.Index, key video.SegmentKey, config Config, log *slog.Logger, emit func(video.Fragment) error,
) (*video.Segment, error) {
	if g := newSpan(ix, key); g.Frames > config.MaxTranscodeFrames {
		return nil, tooManyFrames(g, g.Frames, config.MaxTranscodeFrames)
	}
	source, err := d.cut(ix, key, config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer source.free()
	if err := d.findExamples(source); err != nil {
		return nil, err
	}
	stream, threads := source.tracks[0].stream, config.TranscodeThreads+1
	decoder, err := openDecoder(stream, source.extradata, config.MaxPixels, threads)
	if err != nil {
		return nil, d.unreadable("the video cannot be decoded", err)
	}
	defer decoder.Free()
	ctx := d.source.Context()
	frames := startFrames(ctx, log, config, decoder, source, ix, key)
	defer frames.close()
	t := &transcoder{
		config: config, key: key, track: ix.Track(), source: source, frames: frames, emit: emit,
	}
	defer t.free()
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	if key.Fragmented {
		parts := []video.Part{{Data: t.fragments.muxer.file.Bytes()}}
		return &video.Segment{Parts: parts, AudioLeftOut: t.fragments.cut.audioLeftOut}, nil
	}
	return d.copiedSegment(t.cut())
}

// transcoder encodes the frames of a GOP while they are decoded and filtered. The caller frees it.
type transcoder struct {
	config Config
	key    video.SegmentKey
	track  video.Track
	source *cut // not owned
	frames *frameSource
	emit   func(video.Fragment) error

	encoder   *encoder    // nil before the first frame
	fragments *fragmenter // nil unless key.Fragmented
	packets   []*cutPacket
	bytes     int64 // of packets
	end       int64 // where the last frame ends, from the keyframe on, in the encoder's time base
}

func (t *transcoder) free() {
	if t.fragments != nil {
		t.fragments.free()
	}
	for _, p := range t.packets {
		p.free()
	}
	if t.encoder != nil {
		t.encoder.free()
	}
}

// run encodes all frames.
func (t *transcoder) run(ctx context.Context) error {
	for isLast := false; !isLast; {
		var err error
		if isLast, err = t.encodeNext(ctx); err != nil {
			return err
		}
	}
	if t.encoder == nil {
		return video.Errorf(video.Unreadable, "the filters return no frame")
	}
	if err := t.encode(ctx, nil); err != nil {
		return err
	}
	if len(t.packets) == 0 {
		return errors.New("the encoder returned no packet")
	}
	end, base := video.Ticks(t.frames.end), rational(t.encoder.context.TimeBase())
	t.end = int64(end.Rescale(t.track.TimeBase, base))
	if t.fragments != nil {
		return t.fragments.end(t.end)
	}
	return nil
}

// encodeNext encodes the next frame, if there is one.
func (t *transcoder) encodeNext(ctx context.Context) (isLast bool, err error) {
	f, err := t.frames.next()
	if f == nil || err != nil {
		return true, err
	}
	defer f.Free()
	return false, t.encode(ctx, f)
}

// encode encodes a frame, or with nil those that the encoder has held back, and takes the packets that are
// finished.
func (t *transcoder) encode(ctx context.Context, f *astiav.Frame) error {
	if t.encoder == nil {
		if err := t.open(f); err != nil {
			return err
		}
	}
	if err := t.encoder.send(f); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := t.encoder.receive()
		if p == nil || err != nil {
			return err
		}
		if err := t.add(own(p, 0)); err != nil {
			return err
		}
	}
}

// open makes the encoder, and the fragmenter of a stream.
func (t *transcoder) open(first *astiav.Frame) (err error) {
	t.encoder, err = newEncoder(t.config, t.key.Filters, first, t.frames.format, t.key.Fragmented)
	if err != nil || !t.key.Fragmented {
		return err
	}
	made, audio := t.tracks()
	t.fragments, err = newFragmenter(made, audio, t.config.MaxSegmentBytes, t.emit)
	return err
}

// add takes over a packet.
func (t *transcoder) add(p *cutPacket) error {
	t.packets = append(t.packets, p)
	t.bytes += int64(p.size)
	if limit := t.config.MaxSegmentBytes; t.bytes > limit {
		return tooManyBytes(t.source.span, limit)
	}
	if t.fragments != nil {
		return t.fragments.add(p)
	}
	return nil
}

// tracks returns a cut without packets, of the transcoded video and the source's audio, and the packets of
// the audio.
func (t *transcoder) tracks() (made *cut, audio []*cutPacket) {
	encoded := newCutTrack(t.encoder.stream())
	encoded.to, encoded.ended, encoded.tags = t.end, true, t.source.tracks[0].tags
	made = &cut{tracks: []cutTrack{encoded}, tags: t.source.tags, audioLeftOut: t.source.audioLeftOut}
	made.tracks = append(made.tracks, t.source.tracks[1:]...)
	for _, p := range t.source.packets {
		if p.track > 0 {
			audio = append(audio, p)
		}
	}
	return made, audio
}

// cut returns the transcoded video with the source's audio, interleaved by decode time. It refers to the
// packets of t and of the source, and is not freed.
func (t *transcoder) cut() *cut {
	made, audio := t.tracks()
	made.tracks[0].endDTS = t.end + t.packets[0].dts
	made.frames, made.packets = len(t.packets), slices.Concat(t.packets, audio)
	slices.SortStableFunc(made.packets, func(a, b *cutPacket) int {
		return cmp.Compare(made.decodeTime(a), made.decodeTime(b))
	})
	for _, p := range made.packets {
		made.bytes += int64(p.size)
	}
	return made
}
