package av

import (
	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/matroska"
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
