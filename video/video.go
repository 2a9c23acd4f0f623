// Package video holds the words that all of gop speaks: a video, its tracks, its groups of
// pictures, a segment cut out of it, and how these fail. It knows neither libav nor HTTP.
package video

import (
	"io"
	"time"
)

// Video is a file that can be asked for.
type Video struct {
	Name    string    // slash-separated, relative to the library; valid by fs.ValidPath
	Size    int64     // bytes
	ModTime time.Time // of the last change
	Version string    // a strong validator: it differs wherever the bytes may
}

// File is a video's bytes, open. Reads may be concurrent. Who opened it closes it.
type File interface {
	io.ReaderAt
	io.Closer
}

// TrackKind is what a track holds.
type TrackKind string

// The kinds of tracks that gop serves.
const (
	VideoTrack TrackKind = "video"
	AudioTrack TrackKind = "audio"
)

// Track is one stream of a video. What a file does not tell is zero.
type Track struct {
	StreamIndex int       // libav's stream index, as ffprobe numbers them
	Kind        TrackKind // video or audio
	Codec       string    // FFmpeg's name: "h264"
	MIME        string    // RFC 6381: "avc1.64001f"
	TimeBase    Rational  // seconds a tick

	// Of a video track.
	Width, Height int      // pixels, as coded; before Rotation and SampleAspect
	FrameRate     Rational // frames a second, on average
	SampleAspect  Rational // width to height of one pixel
	Rotation      int      // degrees clockwise that a player turns the picture: 0, 90, 180 or 270
	PixelFormat   string   // FFmpeg's name: "yuv420p"
	Color         Color
	Interlaced    bool
	TopFieldFirst bool

	// Of an audio track.
	SampleRate int // Hz
	Channels   int
	BitRate    int64 // bits a second

	Unsupported string // why no segment can hold this track as it is; "" where one can
}

// Color is how samples become light: ISO/IEC 23091-2's code points, under FFmpeg's names.
type Color struct {
	Range, Space, Primaries, Transfer, ChromaLocation string
}

// KeyType is how a GOP's key picture lets a decoder start.
type KeyType string

// The types of key pictures.
const (
	KeyIDR      KeyType = "idr"      // resets the decoder: H.264 and HEVC IDR, AV1 and VP9 key frame
	KeyCRA      KeyType = "cra"      // HEVC clean or broken random access: CRA, BLA
	KeyRecovery KeyType = "recovery" // H.264 recovery point SEI, MPEG-2 and MPEG-4 I picture
	KeyIntra    KeyType = "intra"    // every picture is its own GOP's, or nothing more is known
)

// GOP is a group of pictures: a key packet and all up to the next, in decode order. Times are in
// the time base of the index's primary track; [Start, End) is what it presents.
type GOP struct {
	Number   int
	Start    Ticks // the key's pts
	End      Ticks // max(pts+duration) of its packets
	StartDTS Ticks // the key's dts
	EndDTS   Ticks // the dts of what follows the GOP's last packet
	Frames   int   // packets
	Bytes    int64 // of all payloads of the primary track
	Leading  int   // packets whose pts lies before the key's
	Closed   bool  // decodes completely by itself
	KeyType  KeyType

	// The byte offsets of the first and of the last packet of all that is seen and heard of the
	// GOP, whichever sound is chosen. FirstPos is where a demuxer can begin to read; it is -1
	// where the container finds packets by time.
	FirstPos, LastPos int64

	// The key packet.
	KeyPos      int64 // byte offset in the file; -1 where not known
	KeySize     int   // bytes
	KeyDuration Ticks
}

// Duration is End-Start.
func (g GOP) Duration() Ticks { return g.End - g.Start }

// Index is all that the listing of a video needs, and all that a cut needs beside its bytes.
// It is shared between requests: nobody changes one.
type Index struct {
	Video                 Video
	Tracks                []Track // all that segments can be made of, and what an mp4 cannot hold
	Primary               int     // the place in Tracks of the video track whose GOPs these are
	DefaultAudio          int     // the place in Tracks of the default audio track; -1 where there is none
	GOPs                  []GOP
	PacketsBeforeFirstKey int  // packets before the first key: they belong to no GOP
	Scanned               bool // the whole file was read, for its container tells no packet without it
}

// Track is the primary track.
func (ix *Index) Track() Track { return ix.Tracks[ix.Primary] }

// TrackIndex is the place in Tracks of the n-th track of a kind, counted from 1; -1 where there is none.
func (ix *Index) TrackIndex(kind TrackKind, n int) int {
	for i, t := range ix.Tracks {
		if t.Kind == kind {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// CountTracks is how many tracks of a kind there are.
func (ix *Index) CountTracks(kind TrackKind) int {
	n := 0
	for _, t := range ix.Tracks {
		if t.Kind == kind {
			n++
		}
	}
	return n
}

// Frames counts the packets of all GOPs.
func (ix *Index) Frames() int {
	n := 0
	for _, g := range ix.GOPs {
		n += g.Frames
	}
	return n
}

// Duration is from the first GOP's start to the last one's end.
func (ix *Index) Duration() Ticks {
	if len(ix.GOPs) == 0 {
		return 0
	}
	return ix.GOPs[len(ix.GOPs)-1].End - ix.GOPs[0].Start
}

// Summary is an index in short, as it is kept where there is no room for more.
type Summary struct {
	Track        Track  // the primary one
	AudioCodec   string // the codec of the default audio track; "" where segments have no sound
	GOPs, Frames int
	Duration     Ticks // in the track's time base
}

// Summary sums ix up.
func (ix *Index) Summary() Summary {
	s := Summary{Track: ix.Track(), GOPs: len(ix.GOPs), Frames: ix.Frames(), Duration: ix.Duration()}
	if ix.DefaultAudio >= 0 && ix.AudioUnsupported() == "" {
		s.AudioCodec = ix.Tracks[ix.DefaultAudio].Codec
	}
	return s
}

// Entry is a video of a library, with what is known of it: its summary, or why it has none, or
// neither as long as nobody has looked.
type Entry struct {
	Video   Video
	Summary *Summary
	Err     error
	Pending bool // somebody will look
}
