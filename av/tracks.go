package av

import (
	"cmp"
	"fmt"
	"math"

	"github.com/asticode/go-astiav"

	"gop/internal/rfc6381"
	"gop/video"
)

// describeTracks fills in the tracks of the file: all audio, and all video except attached pictures and
// thumbnails. The n-th video track, counted from 1, is the primary one; it fails if there is none.
func (d *demuxer) describeTracks(ix *video.Index, n int) error {
	ix.DefaultAudio = -1
	best := 0 // rank of the default audio
	for _, s := range d.streams {
		disposition := s.DispositionFlags()
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			if disposition.Has(astiav.DispositionFlagAttachedPic) ||
				disposition.Has(astiav.DispositionFlagTimedThumbnails) {
				continue
			}
			ix.Tracks = append(ix.Tracks, videoTrack(d.format, s))
		case astiav.MediaTypeAudio:
			t, rank := audioTrack(s), 1
			switch {
			case d.isEmpty(s):
				t.Unsupported, rank = "the audio track has no samples", 0
			case disposition.Has(astiav.DispositionFlagDefault):
				rank = 2
			}
			if ix.DefaultAudio < 0 || rank > best {
				ix.DefaultAudio, best = len(ix.Tracks), rank
			}
			ix.Tracks = append(ix.Tracks, t)
		}
	}
	if ix.DefaultAudio < 0 {
		d.describeUnidentified(ix)
	}
	videos := ix.CountTracks(video.VideoTrack)
	if videos == 0 {
		return video.Errorf(video.Unreadable, "the file has no video track")
	}
	if ix.Primary = ix.TrackIndex(video.VideoTrack, n); ix.Primary < 0 {
		return video.Errorf(video.NotFound,
			"the video has no video track %d; their numbers go from 1 to %d", n, videos)
	}
	if isEncryptedTrack(d.streams[ix.Track().StreamIndex]) {
		return encrypted()
	}
	return nil
}

// describeUnidentified adds a track for a stream of a transport stream that may be audio, but whose codec
// neither the tables nor the payload tell. It becomes the default audio, which is then left out.
func (d *demuxer) describeUnidentified(ix *video.Index) {
	for _, s := range d.streams {
		name := s.CodecParameters().CodecID().Name()
		if d.container.is(mpegtsContainer) && (name == "none" || name == "bin_data") {
			ix.DefaultAudio = len(ix.Tracks)
			ix.Tracks = append(ix.Tracks, video.Track{
				StreamIndex: s.Index(), Kind: video.AudioTrack, Codec: "unknown",
				TimeBase: rational(s.TimeBase()), Unsupported: "the codec of the stream is unknown",
			})
			return
		}
	}
}

// isEmpty reports whether an ISO file's track has no samples, as that of a camera without a microphone.
func (d *demuxer) isEmpty(s *astiav.Stream) bool {
	return d.container.is(movContainer) && entryCount(s) == 0
}

// isEncryptedTrack reports whether a Matroska track is encrypted, by the metadata that libav sets.
func isEncryptedTrack(s *astiav.Stream) bool {
	return s.Metadata() != nil && s.Metadata().Get("enc_key_id", nil, 0) != nil
}

func videoTrack(fc *astiav.FormatContext, s *astiav.Stream) video.Track {
	p := s.CodecParameters()
	interlaced, topFirst := fieldOrder(s)
	rotation, flipped := orientationOf(p)
	t := video.Track{
		StreamIndex:   s.Index(),
		Kind:          video.VideoTrack,
		Codec:         p.CodecID().Name(),
		MIME:          rfc6381.Codecs(codecOf(p), p.ExtraData()),
		TimeBase:      rational(s.TimeBase()),
		Width:         p.Width(),
		Height:        p.Height(),
		FrameRate:     rational(s.AvgFrameRate()),
		SampleAspect:  rational(fc.GuessSampleAspectRatio(s, nil)),
		Rotation:      rotation,
		Flipped:       flipped,
		PixelFormat:   p.PixelFormat().Name(),
		Color:         colorOf(s),
		Interlaced:    interlaced,
		TopFieldFirst: topFirst,
	}
	switch {
	case p.CodecID() == astiav.CodecIDNone:
		t.Codec, t.Unsupported = "unknown", "the codec of the video is unknown"
	case !mp4Holds(p.CodecID()):
		t.Unsupported = "mp4 cannot hold " + t.Codec + " video"
	case p.CodecID() == astiav.CodecIDVp9 && !vpccDescribes(p):
		t.Unsupported = "mp4 cannot hold vp9 video with pixel format " + cmp.Or(t.PixelFormat, "unknown")
	}
	return t
}

func audioTrack(s *astiav.Stream) video.Track {
	p := s.CodecParameters()
	t := video.Track{
		StreamIndex: s.Index(),
		Kind:        video.AudioTrack,
		Codec:       p.CodecID().Name(),
		MIME:        rfc6381.Codecs(codecOf(p), p.ExtraData()),
		TimeBase:    rational(s.TimeBase()),
		SampleRate:  p.SampleRate(),
		Channels:    p.ChannelLayout().Channels(),
		BitRate:     p.BitRate(),
	}
	switch {
	case isEncryptedTrack(s):
		t.Unsupported = errEncryptedAudio.Error()
	case p.CodecID() == astiav.CodecIDNone:
		t.Codec, t.Unsupported = "unknown", "the codec of the audio is unknown"
	case !mp4Holds(p.CodecID()):
		t.Unsupported = "mp4 cannot hold " + t.Codec + " audio"
	case t.SampleRate <= 0 || t.Channels <= 0:
		t.Unsupported = "the file states no sample rate or channel count"
	case t.Channels > math.MaxUint16: // ISO/IEC 14496-12, section 12.2.3.2
		t.Unsupported = fmt.Sprintf("mp4 cannot hold audio with %d channels", t.Channels)
	}
	return t
}

// orientationOf returns what the track's display matrix (ISO/IEC 14496-12, section 8.3.2) does to a frame: a
// vertical flip, if the matrix mirrors, and then a clockwise rotation in degrees, rounded to a multiple of
// 90. ffmpeg's autorotation does the same (configure_input_video_filter in fftools/ffmpeg_filter.c).
func orientationOf(p *astiav.CodecParameters) (rotation int, flipped bool) {
	matrix, ok := p.SideData().DisplayMatrix().Get()
	if !ok {
		return 0, false
	}
	angle := matrix.Rotation() // clockwise in go-astiav, counterclockwise in libav
	if math.IsNaN(angle) {
		return 0, false
	}
	at := func(i int) float64 { return float64(int32(matrix[i])) }
	determinant := at(0)*at(4) - at(1)*at(3)
	return ((int(math.Round(angle/90))*90)%360 + 360) % 360, determinant < 0
}

func encrypted() error { return video.Errorf(video.Unreadable, "the video is encrypted") }
