package av

import (
	"math"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// tracks chooses what the GOPs of a file are made of: the first video stream that is a film and no
// cover picture or thumbnail, and the default audio stream, else the first. primary is the place
// of the video track.
func (d *demuxer) tracks() (tracks []video.Track, primary int, err error) {
	var film, sound *astiav.Stream
	for _, s := range d.streams {
		disposition := s.DispositionFlags()
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			still := disposition.Has(astiav.DispositionFlagAttachedPic) ||
				disposition.Has(astiav.DispositionFlagTimedThumbnails)
			if film == nil && !still {
				film = s
			}
		case astiav.MediaTypeAudio:
			if sound == nil || !isDefault(sound) && isDefault(s) {
				sound = s
			}
		}
	}
	if film == nil {
		return nil, 0, video.Refuse(video.Unreadable, "the file has no video track", nil)
	}
	tracks = append(tracks, videoTrack(d.format, film))
	if sound != nil {
		tracks = append(tracks, audioTrack(sound))
	}
	return tracks, 0, nil
}

func isDefault(s *astiav.Stream) bool { return s.DispositionFlags().Has(astiav.DispositionFlagDefault) }

func videoTrack(fc *astiav.FormatContext, s *astiav.Stream) video.Track {
	p := s.CodecParameters()
	interlaced, topFirst := fieldOrder(s)
	return video.Track{
		Index:         s.Index(),
		Kind:          video.VideoTrack,
		Codec:         p.CodecID().Name(),
		MIME:          mimeOf(p.CodecID(), p.ExtraData()),
		TimeBase:      rational(s.TimeBase()),
		Width:         p.Width(),
		Height:        p.Height(),
		FrameRate:     rational(s.AvgFrameRate()),
		SampleAspect:  rational(fc.GuessSampleAspectRatio(s, nil)),
		Rotation:      rotationOf(p),
		PixelFormat:   p.PixelFormat().Name(),
		Color:         colorOf(s),
		Interlaced:    interlaced,
		TopFieldFirst: topFirst,
	}
}

func audioTrack(s *astiav.Stream) video.Track {
	p := s.CodecParameters()
	t := video.Track{
		Index:      s.Index(),
		Kind:       video.AudioTrack,
		Codec:      p.CodecID().Name(),
		MIME:       mimeOf(p.CodecID(), p.ExtraData()),
		TimeBase:   rational(s.TimeBase()),
		SampleRate: p.SampleRate(),
		Channels:   p.ChannelLayout().Channels(),
		BitRate:    p.BitRate(),
	}
	switch {
	case !mp4Holds(p.CodecID()):
		t.Left = "mp4 cannot hold " + t.Codec + " audio"
	case t.SampleRate <= 0 || t.Channels <= 0:
		t.Left = "the file does not tell its sample rate and channels"
	}
	return t
}

// rotationOf is how far a player turns the pictures, in degrees clockwise, by the track's display
// matrix (ISO/IEC 14496-12, section 8.3.2): the nearest right angle.
func rotationOf(p *astiav.CodecParameters) int {
	matrix, ok := p.SideData().DisplayMatrix().Get()
	if !ok {
		return 0
	}
	angle := matrix.Rotation() // go-astiav counts clockwise, against libav
	if math.IsNaN(angle) {
		return 0
	}
	return ((int(math.Round(angle/90))*90)%360 + 360) % 360
}

func rational(r astiav.Rational) video.Rational {
	return video.Rational{Num: r.Num(), Den: r.Den()}
}
