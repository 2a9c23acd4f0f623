package av

import (
	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/matroska"
	"gop/internal/media"
)

// newWalker returns a walker over the demuxer's file.
func (d *demuxer) newWalker(primary int) *matroska.Walker {
	streams := make([]matroska.Stream, len(d.streams))
	for i, s := range d.streams {
		streams[i].Attached = s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic)
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			streams[i].Type = matroska.Video
		case astiav.MediaTypeAudio:
			streams[i].Type = matroska.Audio
		case astiav.MediaTypeSubtitle:
			streams[i].Type = matroska.Subtitle
		case astiav.MediaTypeData:
			streams[i].Type = matroska.Metadata
		}
	}
	return matroska.NewWalker(d.source.Context(), d.source, d.source.Size(), streams, primary)
}

// walk walks over the file and stores the byte offset of the first cluster.
func (d *demuxer) walk(w *matroska.Walker) error {
	err := w.Walk()
	if w.FirstCluster > 0 {
		d.firstCluster = w.FirstCluster
	}
	return err
}

// findDecodeTimes finds the video streams of a Matroska file whose blocks have times of decoding and may be
// presented in another order. libav sets the tag of their codecs.
func (d *demuxer) findDecodeTimes() error {
	d.decodeTimes = map[int]bool{}
	var w *matroska.Walker
	for _, s := range d.streams {
		if codec := s.CodecParameters(); codec.CodecTag() == 0 || !mayReorder(codec) {
			continue
		}
		if w == nil {
			var err error
			if w, err = d.openWalker(s.Index()); ignoreDamage(err) != nil {
				return err
			}
		}
		d.decodeTimes[s.Index()] = w.HasDecodeTimes(s.Index())
	}
	return nil
}

// hasDecodeTimes reports whether the container stores only times of decoding of a stream.
func (d *demuxer) hasDecodeTimes(stream int) bool {
	return d.container.decodeTimes || d.decodeTimes[stream]
}

// openWalker returns a walker that has read the file's tracks.
func (d *demuxer) openWalker(primary int) (*matroska.Walker, error) {
	w := d.newWalker(primary)
	return w, d.walk(w)
}

// blockDuration returns the duration of a block of audio as libav does: by the packet's header if that tells
// it, else by the container, else by the codec. It is 0 if none of them does.
func (d *demuxer) blockDuration(w *matroska.Walker, b matroska.Block) int64 {
	s := d.streams[b.Stream]
	codec := s.CodecParameters()
	if !b.IsPlain() {
		return b.Duration
	}
	samples, rate := bitstream.AudioSamples(codecOf(codec), w.Payload(b), int64(b.Size))
	switch {
	case samples == 0 && b.Duration > 0:
		return b.Duration
	case samples == 0:
		return audioDuration(s, b.Size)
	case rate == 0:
		rate = codec.SampleRate()
	}
	return samplesDuration(s, samples, rate)
}

// placer returns a function that adds to libav's packets the offsets and times of their Matroska blocks.
func (d *demuxer) placer(primary int) (place func(media.Packet) media.Packet, err error) {
	if !d.container.is(matroskaContainer) {
		return func(p media.Packet) media.Packet { return p }, nil
	}
	w := d.newWalker(primary)
	layout, err := w.Layout(0, d.source.Size())
	if err != nil {
		return nil, err
	}
	d.firstCluster = max(d.firstCluster, w.FirstCluster)
	lastPos := int64(-1)
	return func(p media.Packet) media.Packet {
		isFirst := p.Pos != lastPos
		if p = layout.Place(p); p.Stream == primary {
			if lastPos = p.Pos; !isFirst { // another frame of a block
				p.Pos = -1
			}
		}
		return p
	}, nil
}

// setBlockTime sets the time of a packet of Matroska that comes before 0: libav omits or guesses it.
func (d *demuxer) setBlockTime(c *cut, p *cutPacket, g span) error {
	t := &c.tracks[p.track]
	isFirst := p.pos != t.lastPos // of its block
	t.lastPos = p.pos
	if g.FirstPos < 0 || t.from >= t.longest {
		return nil
	}
	if c.layout == nil {
		var err error
		if c.layout, err = d.newWalker(c.tracks[0].stream.Index()).Layout(g.FirstPos, g.LastPos); err != nil {
			return err
		}
	}
	pts, isEarly := c.layout.EarlyPTS(p.pos)
	if !isEarly {
		return nil
	}
	if !isFirst {
		pts = noPTS
	}
	if p.pts, p.dts = pts, pts; p.track == 0 && !d.hasDecodeTimes(t.stream.Index()) {
		p.dts = noPTS
	}
	return nil
}
