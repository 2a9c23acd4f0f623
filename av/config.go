package av

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Presets are x264's, from the fastest to that of the smallest files.
var Presets = []string{"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}

// LargePicture is the size, in pixels, above which pictures are encoded with another preset: 1080p, in whole macroblocks. An
// encoder cannot be stopped within a picture, and one of 2160p takes a core 230 ms with veryfast, and 50 ms with ultrafast.
const LargePicture = 1920 * 1088

// Config bounds what the engine may use.
type Config struct {
	MaxPackets      int           // packets of one video's primary track
	MaxGOPs         int           // GOPs of one video
	MaxSegmentBytes int64         // bytes of one segment's payloads
	MaxPixels       int           // of one picture that is decoded
	MaxAllocBytes   int64         // of one piece of C memory
	MaxEncodeFrames int           // pictures of a GOP that is encoded anew
	EncodeThreads   int           // of one encoder, on which the bytes depend; its decoder has one more
	EncodePreset    string        // x264's: "ultrafast" to "veryslow"
	LargePreset     string        // the same, for pictures of more than LargePicture
	EncodeQuality   int           // x264's CRF where nobody asks for another: 0, without loss, to 51
	IdleDemuxers    int           // demuxers, each with its file, kept open between requests
	IdleBytes       int64         // memory that they take together, about
	IdleTime        time.Duration // how long each of them is kept
}

// NewDefaultConfig allows a day of video at 50 pictures a second.
func NewDefaultConfig() Config {
	return Config{
		MaxPackets:      5_000_000,
		MaxGOPs:         500_000,
		MaxSegmentBytes: 256 << 20,
		MaxPixels:       8192 * 8192,
		MaxAllocBytes:   512 << 20,
		MaxEncodeFrames: 3000,
		EncodeThreads:   1,
		EncodePreset:    "veryfast",
		LargePreset:     "ultrafast",
		EncodeQuality:   23,
		IdleDemuxers:    16,
		IdleBytes:       512 << 20,
		IdleTime:        time.Minute,
	}
}

// Validate tells all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, message string) {
		if !ok {
			errs = append(errs, errors.New(message))
		}
	}
	check(c.MaxPackets > 0, "the greatest number of packets must be positive")
	check(c.MaxGOPs > 0, "the greatest number of GOPs must be positive")
	check(c.MaxSegmentBytes > 0, "the greatest size of a segment must be positive")
	check(c.MaxPixels > 0, "the greatest number of pixels must be positive")
	check(c.MaxAllocBytes >= 1<<20, "the greatest piece of C memory must be a MiB or more")
	check(c.MaxEncodeFrames > 0, "the greatest number of pictures that are encoded must be positive")
	check(c.EncodeThreads > 0 && c.EncodeThreads <= 64, "the threads of an encoder must be 1 to 64")
	check(slices.Contains(Presets, c.EncodePreset), "the preset of encoders must be one of "+strings.Join(Presets, ", "))
	check(slices.Contains(Presets, c.LargePreset), "the preset of encoders of large pictures must be one of "+strings.Join(Presets, ", "))
	check(c.EncodeQuality >= 0 && c.EncodeQuality <= 51, "the quality of encodes must be 0 to 51")
	check(c.IdleDemuxers >= 0, "the number of idle demuxers must not be negative")
	check(c.IdleBytes > 0, "the memory of idle demuxers must be positive")
	check(c.IdleTime > 0, "the time that a demuxer is kept must be positive")
	return errors.Join(errs...)
}

// Encoder is all that the bytes of an encode depend on besides the pictures and the program.
func (c Config) Encoder() string {
	return fmt.Sprintf("%s %s %d %d", c.EncodePreset, c.LargePreset, c.EncodeQuality, c.EncodeThreads)
}

// preset is x264's preset for pictures of that size.
func (c Config) preset(width, height int) string {
	if width*height > LargePicture {
		return c.LargePreset
	}
	return c.EncodePreset
}
