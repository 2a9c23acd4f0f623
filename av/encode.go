package av

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// encoded makes an mp4 of the GOP that key names, with its pictures filtered and encoded anew. Leading
// pictures are not shown, and so they are left out; the sound is that of the cut without loss. A streamed mp4
// is handed to to, where that is not nil, as it grows.
func (e *Engine) encoded(d *demuxer, ix *video.Index, key video.SegmentKey, to func(piece []byte) error) ([]video.Part, error) {
	if n := ix.GOPs[key.GOP].Frames; n > e.config.MaxEncodeFrames {
		return nil, tooManyPictures(n, e.config.MaxEncodeFrames)
	}
	source, err := d.cut(ix, key, e.config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer source.free()
	shown, err := d.startShown(d.source.ctx, source, ix, key, e.config)
	if err != nil {
		return nil, err
	}
	defer shown.free()
	out := &encoding{config: e.config, filters: key.Filters, track: ix.Track(), gop: ix.GOPs[key.GOP], pictures: shown}
	defer out.free()
	if key.Fragmented {
		out.stream(source, to)
	}
	if err := out.encode(d.source.ctx); err != nil {
		return nil, err
	}
	if key.Fragmented {
		return []video.Part{{Data: out.fragments.file.data}}, nil
	}
	header, payload, err := d.mux(out.cut(source), false)
	return []video.Part{{Data: header}, {Data: payload}}, err
}

func tooManyPictures(n, most int) error {
	return video.Errorf(video.TooLarge, "the GOP has %d pictures; at most %d are encoded", n, most)
}

// encoding encodes the pictures of a GOP, as they come. Its times count from the key. Who makes one frees it.
type encoding struct {
	config   Config
	filters  video.Filters
	track    video.Track
	gop      video.GOP
	pictures *shownPictures // which it does not own

	encoder  *astiav.CodecContext
	format   *astiav.FormatContext // which describes what comes out as a stream
	packets  []*cutPacket
	bytes    int64
	duration int64 // in the encoder's time base

	// Of a stream: how its fragmenter is made, when there is something to tell it, and that.
	begin     func() (*fragmenter, error)
	fragments *fragmenter
}

// stream has what is encoded go into fragments, beside the sound of a cut, and from there to to.
func (e *encoding) stream(source *cut, to func([]byte) error) {
	source.setSoundDurations()
	e.begin = func() (*fragmenter, error) {
		made, sound := e.beside(source)
		return newFragmenter(made, sound, e.config.MaxSegmentBytes, to)
	}
}

func (e *encoding) free() {
	if e.fragments != nil {
		e.fragments.free()
	}
	for _, p := range e.packets {
		p.free()
	}
	if e.encoder != nil {
		e.encoder.Free()
	}
	if e.format != nil {
		e.format.Free()
	}
}

// How many packets the encoder gives at once. In a stream they are those of a fragment, and no more than a few; the first are
// just the two that its first fragment waits for.
const (
	packetsAtOnce        = 64
	mostPacketsOfStream  = 8
	firstPacketsOfStream = 2
)

// packetsOfStream are so many as a fragment has; one where nobody says.
func (e *encoding) packetsOfStream() int {
	rate := rational(e.encoder.Framerate())
	if !rate.Known() {
		return 1
	}
	return min(max(fragmentTime*rate.Num/(1000*rate.Den), 1), mostPacketsOfStream)
}

// encode encodes all pictures.
func (e *encoding) encode(ctx context.Context) error {
	first := e.pictures.next()
	if first == nil {
		return cmp.Or(e.pictures.err(ctx), video.Errorf(video.Unreadable, "the filters leave no picture"))
	}
	if err := e.open(first); err != nil {
		freePicture(first)
		return err
	}
	n, then := packetsAtOnce, packetsAtOnce
	if e.begin != nil {
		n, then = firstPacketsOfStream, e.packetsOfStream()
	}
	for {
		packets, err := e.give(ctx, first, n)
		first = nil
		if err != nil {
			return err
		}
		if len(packets) == 0 {
			break
		}
		if err := e.take(ctx, packets); err != nil {
			return err
		}
		n = then
	}
	if len(e.packets) == 0 {
		return errors.New("the encoder gives no packet")
	}
	e.duration = int64(e.pictures.shownUntil().Rescale(e.track.TimeBase, rational(e.encoder.TimeBase())))
	if e.fragments != nil {
		return e.fragments.end(e.duration)
	}
	return nil
}

// take takes what the encoder has given, which the encoding then owns.
func (e *encoding) take(ctx context.Context, packets []*astiav.Packet) error {
	for _, p := range packets {
		e.packets = append(e.packets, own(p, 0))
		e.bytes += int64(p.Size())
	}
	if e.bytes > e.config.MaxSegmentBytes {
		return video.Errorf(video.TooLarge, "GOP %d takes more than %d bytes", e.gop.Number, e.config.MaxSegmentBytes)
	}
	if e.begin == nil {
		return nil
	}
	if e.fragments == nil {
		var err error
		if e.fragments, err = e.begin(); err != nil {
			return err
		}
	}
	for _, p := range e.packets[len(e.packets)-len(packets):] {
		if err := ctx.Err(); err != nil { // nobody gets what is left of these
			return err
		}
		if err := e.fragments.add(p); err != nil {
			return err
		}
	}
	return nil
}

// beside is a cut of what is encoded beside the sound of the cut that it is made of, without the packets of either,
// and those of the sound.
func (e *encoding) beside(source *cut) (made *cut, sound []*cutPacket) {
	made = &cut{tracks: []cutTrack{{stream: e.format.Streams()[0], to: e.duration, next: noPTS, ended: true}}}
	made.tracks = append(made.tracks, source.tracks[1:]...)
	for _, p := range source.packets {
		if p.track > 0 {
			sound = append(sound, p)
		}
	}
	return made, sound
}

// cut is what was encoded, with the sound of the cut that it was made of, each packet as late in the file as it
// is needed. It has no packets of its own: who frees the two frees these.
func (e *encoding) cut(source *cut) *cut {
	made, sound := e.beside(source)
	made.tracks[0].endDTS = e.duration + e.packets[0].dts
	made.frames, made.packets = len(e.packets), slices.Concat(e.packets, sound)
	micros := func(p *cutPacket) int64 {
		t := made.tracks[p.track]
		return video.Ticks(p.dts - t.from).Micros(rational(t.stream.TimeBase()))
	}
	slices.SortStableFunc(made.packets, func(a, b *cutPacket) int { return cmp.Compare(micros(a), micros(b)) })
	for _, p := range made.packets {
		made.bytes += int64(p.size)
	}
	return made
}
