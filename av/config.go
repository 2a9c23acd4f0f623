package av

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Presets are the x264 presets, from the fastest to the one with the smallest output.
var Presets = []string{
	"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
}

// LargeFrame is the frame size, in pixels, above which TranscodeLargePreset applies: 1080p in whole
// macroblocks. An encoder cannot be stopped within a frame: a 2160p frame takes 230 ms with veryfast and
// 50 ms with ultrafast.
const LargeFrame = 1920 * 1088

// Config limits the engine. Its tags define options of gop serve: default, unit and help exist only here.
// Fields without an option are constants that tests change.
type Config struct {
	MaxPackets int `default:"5000000" help:"Packets of a primary track; a video with more is refused."`

	MaxGOPs int `name:"max-gops" default:"500000" help:"GOPs of a video; a video with more is refused."`

	MaxSegmentBytes int64 `default:"268435456" help:"Bytes of a GOP's packets; a GOP with more is refused."`

	MaxPixels int `default:"67108864" help:"Pixels of a decoded frame; a larger frame is refused."`

	MaxTranscodeFrames int `default:"3000" help:"Frames of a transcoded GOP; a GOP with more is refused."`

	// TranscodeThreads changes the bytes of a transcode. The decoder has one thread more.
	TranscodeThreads int `default:"1" help:"Threads of one x264 encoder."`

	TranscodePreset string `default:"veryfast" help:"x264 preset up to 1080p."`

	// TranscodeLargePreset applies to frames of more than LargeFrame pixels.
	TranscodeLargePreset string `default:"ultrafast" help:"x264 preset above 1080p."`

	TranscodeCRF int `default:"23" help:"Default x264 CRF: 0 (lossless) to 51."`

	IdleDemuxers int `default:"16" help:"Files kept open between requests."`

	// MaxAllocBytes limits a single libav allocation.
	MaxAllocBytes int64 `kong:"-"`
	// IdleBytes estimates the memory that idle demuxers may hold in total.
	IdleBytes int64 `kong:"-"`
	// IdleTime is how long an idle demuxer is kept.
	IdleTime time.Duration `kong:"-"`
}

// NewDefaultConfig returns the defaults of the tags. They admit a day of video at 50 frames per second.
func NewDefaultConfig() Config {
	c := Config{MaxAllocBytes: 512 << 20, IdleBytes: 512 << 20, IdleTime: time.Minute}
	if err := kong.ApplyDefaults(&c); err != nil {
		panic(fmt.Sprintf("av: the tags of Config: %v", err))
	}
	return c
}

// Validate reports every invalid field. Its messages name the options.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, message string) {
		if !ok {
			errs = append(errs, errors.New(message))
		}
	}
	checkPreset := func(preset, option string) {
		check(slices.Contains(Presets, preset), option+" must be one of "+strings.Join(Presets, ", "))
	}
	check(c.MaxPackets > 0, "--max-packets must be positive")
	check(c.MaxGOPs > 0, "--max-gops must be positive")
	check(c.MaxSegmentBytes > 0, "--max-segment-bytes must be positive")
	check(c.MaxPixels > 0, "--max-pixels must be positive")
	check(c.MaxTranscodeFrames > 0, "--max-transcode-frames must be positive")
	check(c.TranscodeThreads > 0 && c.TranscodeThreads <= 64, "--transcode-threads must be 1 to 64")
	checkPreset(c.TranscodePreset, "--transcode-preset")
	checkPreset(c.TranscodeLargePreset, "--transcode-large-preset")
	check(c.TranscodeCRF >= 0 && c.TranscodeCRF <= 51, "--transcode-crf must be 0 to 51")
	check(c.IdleDemuxers >= 0, "--idle-demuxers must not be negative")
	check(c.MaxAllocBytes >= 1<<20, "MaxAllocBytes must be at least 1 MiB")
	check(c.IdleBytes > 0, "IdleBytes must be positive")
	check(c.IdleTime > 0, "IdleTime must be positive")
	return errors.Join(errs...)
}

// Encoder describes the settings that the bytes of a transcode depend on. It is part of every ETag.
func (c Config) Encoder() string {
	presets := c.TranscodePreset + " " + c.TranscodeLargePreset
	return fmt.Sprintf("%s %d %d", presets, c.TranscodeCRF, c.TranscodeThreads)
}

// preset returns the x264 preset for frames of the given size.
func (c Config) preset(width, height int) string {
	if width*height > LargeFrame {
		return c.TranscodeLargePreset
	}
	return c.TranscodePreset
}
