// Package video defines the domain types that all packages share: a video, its tracks, its groups of
// pictures, segments and thumbnails made of them, and errors by kind. It imports nothing of the project, and
// knows neither libav nor HTTP.
package video

import (
	"context"
	"io"
	"time"
)

// Video is a video file in a library.
type Video struct {
	Name    string    // slash-separated path relative to the library; need not be UTF-8, see PrintableName
	Size    int64     // bytes
	ModTime time.Time // time of the last change
	Version string    // strong validator: it differs whenever the bytes may differ
}

// File is an open video. Reads may be concurrent. The caller that opened it closes it.
type File interface {
	io.ReaderAt
	io.Closer
}

// ReadAt reads from file like io.ReaderAt. It returns ctx's error if ctx ends first, if the file has a method
// ReadAtContext.
func ReadAt(ctx context.Context, file io.ReaderAt, b []byte, at int64) (int, error) {
	if file, ok := file.(interface {
		ReadAtContext(ctx context.Context, b []byte, at int64) (int, error)
	}); ok {
		return file.ReadAtContext(ctx, b, at)
	}
	return file.ReadAt(b, at)
}

// TrackKind is the media type of a track.
type TrackKind string

// The kinds of tracks that gop serves.
const (
	VideoTrack TrackKind = "video"
	AudioTrack TrackKind = "audio"
)

// Track describes one stream of a video. A field that the file does not state is zero.
type Track struct {
	StreamIndex int       // libav's stream index, as ffprobe numbers streams
	Kind        TrackKind // video or audio
	Codec       string    // FFmpeg's name: "h264"
	MIME        string    // codecs parameter of RFC 6381: "avc1.64001f"
	TimeBase    Rational  // seconds per tick

	// Video tracks only.
	Width, Height int      // pixels as coded, before Rotation and SampleAspect
	Flipped       bool     // a player flips the frame vertically before it turns it
	FrameRate     Rational // average frames per second
	SampleAspect  Rational // width to height of a pixel
	Rotation      int      // degrees clockwise that a player turns the frame: 0, 90, 180 or 270
	PixelFormat   string   // FFmpeg's name: "yuv420p"
	Color         Color
	Interlaced    bool
	TopFieldFirst bool

	// Audio tracks only.
	SampleRate int   // Hz
	Channels   int   // number of channels
	BitRate    int64 // bits per second

	Unsupported string // why no segment can hold the track unchanged; "" if one can
}

// Color is the meaning of samples: code points of ISO/IEC 23091-2 under FFmpeg's names.
type Color struct {
	Range, Space, Primaries, Transfer, ChromaLocation string
}

// KeyType says how a GOP's keyframe lets a decoder start.
type KeyType string

// The types of keyframes.
const (
	KeyIDR      KeyType = "idr"      // resets the decoder: H.264 and HEVC IDR, AV1 and VP9 key frame
	KeyCRA      KeyType = "cra"      // HEVC clean or broken random access: CRA, BLA
	KeyRecovery KeyType = "recovery" // H.264 recovery point SEI; I frame of MPEG-2 and MPEG-4
	KeyIntra    KeyType = "intra"    // every frame is a keyframe, or nothing more is known
)

// GOP is a group of pictures: a key packet and all packets up to the next, in decode order. Times are in the
// time base of the index's primary track. It is presented during [Start, End). An edit list may trim packets
// at its start and at its end. If it trims all, Start and End are those of the trimmed packets.
type GOP struct {
	Number   int
	Start    Ticks // pts of the first presented packet: the key packet, unless an edit list trims it
	End      Ticks // maximum of pts+duration of its packets
	StartDTS Ticks // dts of the key packet
	EndDTS   Ticks // dts of the packet after its last, or the end of its last where the clock restarts
	Frames   int   // number of packets
	Bytes    int64 // size of its payloads in the primary track
	Leading  int   // number of packets with a pts before the key packet's
	// Presented is the number of packets that are presented from the key packet until that of the next GOP:
	// the GOP's own without the leading ones, and the leading ones of the next GOP.
	Presented int
	Closed    bool // it decodes completely without other GOPs
	Trimmed   bool // an edit list trims all its frames: players of the file do not present it
	KeyType   KeyType

	// FirstPos and LastPos are the byte offsets of the first and the last packet of the GOP and of all audio
	// that overlaps it, in any track. A demuxer can start to read at FirstPos; it is -1 if the container
	// finds packets by time.
	FirstPos, LastPos int64

	KeyPos      int64 // byte offset of the key packet; -1 if unknown
	KeyPTS      Ticks // pts of the key packet
	KeySize     int   // bytes of the key packet
	KeyDuration Ticks // duration of the key packet

	Width, Height int // of its frames in pixels if the size changes within the track; 0 if it is the track's
}

// Duration returns End-Start.
func (g GOP) Duration() Ticks { return g.End - g.Start }
