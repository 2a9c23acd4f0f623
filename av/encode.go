package av

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	out := newEncoding(e.config, ix, key)
	defer out.free()
	if key.Stream {
		out.stream(source, to)
	}
	if err := d.transcode(source, out, e.config); err != nil {
		return nil, err
	}
	if key.Stream {
		return []video.Part{{Data: out.fragments.file.data}}, nil
	}
	header, payload, err := d.mux(out.cut(source), false)
	return []video.Part{{Data: header}, {Data: payload}}, err
}

func tooManyPictures(n, most int) error {
	return video.Refuse(video.TooLarge, fmt.Sprintf("the GOP has %d pictures; at most %d are encoded", n, most), nil)
}

// transcode decodes the film of a cut, and gives out what is shown of it.
func (d *demuxer) transcode(c *cut, out *encoding, config Config) error {
	track, ctx := c.tracks[0], d.source.ctx
	decoder, err := openDecoder(track.stream, c.extradata, config.MaxPixels, config.EncodeThreads+1)
	if err != nil {
		return d.unreadable("the video cannot be decoded", err)
	}
	defer decoder.Free()
	c.fillPTS()
	shown, next := astiav.AllocFrame(), astiav.AllocFrame()
	defer func() { shown.Free(); next.Free() }()
	at := noPTS // when shown is shown, counted from the key; noPTS as long as there is none
	receive := func() error {
		for decoder.ReceiveFrame(next) == nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			pts := next.Pts() - track.from
			if next.Pts() == noPTS || pts < 0 { // a leading picture
				next.Unref()
				continue
			}
			if at != noPTS {
				pts = max(pts, at+1)
				if err := out.picture(ctx, shown, at, pts-at); err != nil {
					return err
				}
			}
			shown, next, at = next, shown, pts
		}
		return nil
	}
	for _, p := range c.film() {
		if err := ctx.Err(); err != nil {
			return err
		}
		// An edit list may hide what is shown here.
		p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
		p.av.SetPts(p.shown())
		// What cannot be decoded of a packet shows by the pictures that are missing.
		_ = decoder.SendPacket(p.av)
		if err := receive(); err != nil {
			return err
		}
	}
	_ = decoder.SendPacket(nil)
	if err := receive(); err != nil {
		return err
	}
	if at == noPTS {
		return d.unreadable(fmt.Sprintf("no picture of GOP %d can be decoded", out.gop.Number), nil)
	}
	end := max(track.to-track.from, at+1)
	if err := out.picture(ctx, shown, at, end-at); err != nil {
		return err
	}
	return out.end(ctx, end)
}

// encoding filters and encodes the pictures of a GOP, as they come. Its times count from the key. Who
// makes one frees it.
type encoding struct {
	config  Config
	filters video.Filters
	track   video.Track
	gop     video.GOP

	chain    *chain
	filtered *astiav.Frame
	encoder  *astiav.CodecContext
	format   *astiav.FormatContext // which describes what comes out as a stream
	packets  []*cutPacket
	pictures int
	bytes    int64
	duration int64 // in the chain's time base

	// Of a stream: how its fragmenter is made, when there is something to tell it, and that.
	begin     func() (*fragmenter, error)
	fragments *fragmenter
}

func newEncoding(config Config, ix *video.Index, key video.SegmentKey) *encoding {
	return &encoding{config: config, filters: key.Filters, track: ix.Track(), gop: ix.GOPs[key.GOP], filtered: astiav.AllocFrame()}
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
	e.filtered.Free()
	if e.chain != nil {
		e.chain.free()
	}
}

// picture takes a decoded picture, shown from pts on for duration, in the track's time base.
func (e *encoding) picture(ctx context.Context, f *astiav.Frame, pts, duration int64) (err error) {
	settleColours(f)
	if e.chain == nil {
		e.chain, err = newChain(f, e.filters, e.track)
		if err != nil {
			return video.Refuse(video.Unreadable, "the pictures cannot be filtered", err)
		}
	}
	if !e.chain.fits(f) {
		return video.Refuse(video.Unreadable, fmt.Sprintf("the pictures of GOP %d change their size", e.gop.Number), nil)
	}
	if err := e.chain.push(f, pts, duration); err != nil {
		return err
	}
	return e.encodeFiltered(ctx)
}

// end says that no more pictures come, and that the last one is shown until pts.
func (e *encoding) end(ctx context.Context, pts int64) error {
	if err := e.chain.end(pts); err != nil {
		return err
	}
	if err := e.encodeFiltered(ctx); err != nil {
		return err
	}
	if e.encoder == nil {
		return video.Refuse(video.Unreadable, "the filters leave no picture", nil)
	}
	e.duration = int64(video.Ticks(pts).Rescale(e.track.TimeBase, e.chain.timeBase()))
	if err := e.send(ctx, nil); err != nil {
		return err
	}
	if len(e.packets) == 0 {
		return errors.New("the encoder gives no packet")
	}
	if e.fragments != nil {
		return e.fragments.end(e.duration)
	}
	return nil
}

// encodeFiltered encodes what has come through the filters.
func (e *encoding) encodeFiltered(ctx context.Context) error {
	for {
		ok, err := e.chain.pull(e.filtered)
		if !ok || err != nil {
			return err
		}
		if e.pictures++; e.pictures > e.config.MaxEncodeFrames {
			return tooManyPictures(e.pictures, e.config.MaxEncodeFrames)
		}
		if e.encoder == nil {
			if err := e.open(e.filtered); err != nil {
				return fmt.Errorf("open the encoder: %w", err)
			}
		}
		err = e.send(ctx, e.filtered)
		e.filtered.Unref()
		if err != nil {
			return err
		}
	}
}

// send gives the encoder a picture, or says with nil that there are no more, and takes the packets that it has.
func (e *encoding) send(ctx context.Context, f *astiav.Frame) error {
	if err := e.encoder.SendFrame(f); err != nil {
		return fmt.Errorf("encode a picture: %w", err)
	}
	for {
		if err := ctx.Err(); err != nil { // in the end there may be dozens of pictures left
			return err
		}
		p := astiav.AllocPacket()
		if err := e.encoder.ReceivePacket(p); err != nil {
			p.Free()
			if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
				return nil
			}
			return fmt.Errorf("encode a picture: %w", err)
		}
		e.packets = append(e.packets, own(p, 0))
		if e.bytes += int64(p.Size()); e.bytes > e.config.MaxSegmentBytes {
			return video.Refuse(video.TooLarge, fmt.Sprintf("GOP %d takes more than %d bytes", e.gop.Number, e.config.MaxSegmentBytes), nil)
		}
		if e.begin == nil {
			continue
		}
		if e.fragments == nil {
			var err error
			if e.fragments, err = e.begin(); err != nil {
				return err
			}
		}
		if err := e.fragments.add(e.packets[len(e.packets)-1]); err != nil {
			return err
		}
	}
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
