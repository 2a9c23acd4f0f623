package video

import (
	"math"
	"unsafe"
)

// Description describes a file as ffprobe does: its container, all of its streams, and its chapters. A value
// that the file does not state is zero, except as stated. The numbers and lengths of tags are bounded.
type Description struct {
	Format         string // libav's names of the container: "mov,mp4,m4a,3gp,3g2,mj2"
	FormatLongName string
	Start          Ticks // start of the first stream, in microseconds; NoTime if unknown
	Duration       Ticks // microseconds
	BitRate        int64 // of the whole file, in bits per second
	Tags           Tags
	Programs       []Tags // tags of each program of a transport stream
	Streams        []Stream
	Chapters       []Chapter
}

// NoTime is an unknown time.
const NoTime Ticks = math.MinInt64

// Chapter is a part of the presentation with tags such as title.
type Chapter struct {
	ID         int64
	TimeBase   Rational
	Start, End Ticks
	Tags       Tags
}

// Stream is a stream of a file, of any kind. Names and code points are libav's.
type Stream struct {
	Index         int
	ID            int // in the file, if HasID
	HasID         bool
	Codec         string // "" if libav does not know the codec
	CodecLongName string
	Profile       string
	Kind          string // "video", "audio", "subtitle", "data" or "attachment"; "" if unknown
	CodecTag      uint32 // a FourCC, its first character in the lowest byte
	ExtradataSize int    // bytes
	TimeBase      Rational
	Start         Ticks // NoTime if unknown
	Duration      Ticks
	BitRate       int64    // bits per second
	BitsPerRaw    int      // bits of a component of a pixel, or of an audio sample
	Frames        int64    // packets
	RFrameRate    Rational // lowest rate at which all times are exact; of any stream, like AvgFrameRate
	AvgFrameRate  Rational
	Dispositions  []string // the ones that are set, of DispositionNames
	Tags          Tags
	SideData      []SideData

	// Video streams; also the size of subtitles.
	Width, Height  int
	ReorderDelay   int // frames that a decoder delays
	SampleAspect   Rational
	PixelFormat    string
	Level          int
	Color          Color
	FieldOrder     string // "progressive", "tt", "bb", "tb" or "bt"
	NALLengthBytes int    // H.264: bytes of a NAL unit's length; 0 if start codes precede the units

	// Audio streams.
	SampleFormat   string
	SampleRate     int // Hz
	Channels       int
	ChannelLayout  string
	BitsPerSample  int // of codecs with a fixed number, such as PCM
	InitialPadding int // samples
}

// SideData is data of a stream beside its packets.
type SideData struct {
	Kind     string   // "Display Matrix"
	Matrix   [9]int32 // of a display matrix
	Rotation int      // degrees counterclockwise that a display matrix turns the frame
}

// DispositionNames are libav's names of all dispositions, in its order.
var DispositionNames = []string{
	"default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired",
	"visual_impaired", "clean_effects", "attached_pic", "timed_thumbnails", "non_diegetic", "captions",
	"descriptions", "metadata", "dependent", "still_image", "multilayer",
}

// Memory estimates how many bytes of memory the description takes.
func (d *Description) Memory() int64 {
	const texts = 256 // names of a stream's codec, profile and so on
	n := int(unsafe.Sizeof(*d)) + len(d.Format) + len(d.FormatLongName) + d.Tags.memory()
	for _, tags := range d.Programs {
		n += int(unsafe.Sizeof(tags)) + tags.memory()
	}
	for _, s := range d.Streams {
		n += int(unsafe.Sizeof(s)) + texts + s.Tags.memory() +
			len(s.Dispositions)*int(unsafe.Sizeof("")) + len(s.SideData)*int(unsafe.Sizeof(SideData{}))
	}
	for _, c := range d.Chapters {
		n += int(unsafe.Sizeof(c)) + c.Tags.memory()
	}
	return int64(n)
}
