package httpapi

import (
	"fmt"
	"strconv"
	"strings"

	"gop/video"
)

// fileDescription is a file as ffprobe -show_format -show_streams -show_chapters -of json prints it, with its
// names and types. Unknown values are omitted.
//
// https://ffmpeg.org/ffprobe.html
type fileDescription struct {
	Streams  []streamDescription  `json:"streams"`
	Chapters []chapterDescription `json:"chapters"`
	Format   formatDescription    `json:"format"`
}

type formatDescription struct {
	Filename       string            `json:"filename"` // name of the video in the library
	Streams        int               `json:"nb_streams"`
	Programs       int               `json:"nb_programs"`
	FormatName     string            `json:"format_name"`
	FormatLongName string            `json:"format_long_name"`
	StartTime      string            `json:"start_time,omitempty"`
	Duration       string            `json:"duration,omitempty"`
	Size           string            `json:"size"`
	BitRate        string            `json:"bit_rate,omitempty"`
	Tags           map[string]string `json:"tags,omitempty"`
}

type chapterDescription struct {
	ID        int64             `json:"id"`
	TimeBase  string            `json:"time_base"`
	Start     video.Ticks       `json:"start"`
	StartTime string            `json:"start_time"`
	End       video.Ticks       `json:"end"`
	EndTime   string            `json:"end_time"`
	Tags      map[string]string `json:"tags,omitempty"`
}

type streamDescription struct {
	Index          int    `json:"index"`
	CodecName      string `json:"codec_name,omitempty"`
	CodecLongName  string `json:"codec_long_name,omitempty"`
	Profile        string `json:"profile,omitempty"`
	CodecType      string `json:"codec_type,omitempty"`
	CodecTagString string `json:"codec_tag_string"`
	CodecTag       string `json:"codec_tag"`
	*videoDescription
	*audioDescription
	*sizeDescription
	ID            string            `json:"id,omitempty"`
	RFrameRate    string            `json:"r_frame_rate"`
	AvgFrameRate  string            `json:"avg_frame_rate"`
	TimeBase      string            `json:"time_base"`
	StartPTS      *video.Ticks      `json:"start_pts,omitempty"`
	StartTime     string            `json:"start_time,omitempty"`
	DurationTS    video.Ticks       `json:"duration_ts,omitempty"`
	Duration      string            `json:"duration,omitempty"`
	BitRate       string            `json:"bit_rate,omitempty"`
	BitsPerRaw    string            `json:"bits_per_raw_sample,omitempty"`
	Frames        string            `json:"nb_frames,omitempty"`
	ExtradataSize int               `json:"extradata_size,omitempty"`
	Disposition   map[string]int    `json:"disposition"`
	Tags          map[string]string `json:"tags,omitempty"`
	SideData      []sideData        `json:"side_data_list,omitempty"`
}

// sizeDescription is the size of a video or subtitle stream.
type sizeDescription struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type videoDescription struct {
	HasBFrames         int    `json:"has_b_frames"`
	SampleAspectRatio  string `json:"sample_aspect_ratio,omitempty"`
	DisplayAspectRatio string `json:"display_aspect_ratio,omitempty"`
	PixFmt             string `json:"pix_fmt,omitempty"`
	Level              int    `json:"level"`
	ColorRange         string `json:"color_range,omitempty"`
	ColorSpace         string `json:"color_space,omitempty"`
	ColorTransfer      string `json:"color_transfer,omitempty"`
	ColorPrimaries     string `json:"color_primaries,omitempty"`
	ChromaLocation     string `json:"chroma_location,omitempty"`
	FieldOrder         string `json:"field_order,omitempty"`
	IsAVC              string `json:"is_avc,omitempty"`
	NALLengthSize      string `json:"nal_length_size,omitempty"`
}

type audioDescription struct {
	SampleFmt      string `json:"sample_fmt,omitempty"`
	SampleRate     string `json:"sample_rate"`
	Channels       int    `json:"channels"`
	ChannelLayout  string `json:"channel_layout,omitempty"`
	BitsPerSample  int    `json:"bits_per_sample"`
	InitialPadding int    `json:"initial_padding"`
}

type sideData struct {
	Type          string `json:"side_data_type"`
	DisplayMatrix string `json:"displaymatrix,omitempty"`
	Rotation      *int   `json:"rotation,omitempty"`
}

func newFileDescription(ix *video.Index) fileDescription {
	d := ix.Description
	file := fileDescription{
		Streams:  make([]streamDescription, 0, len(d.Streams)),
		Chapters: make([]chapterDescription, 0, len(d.Chapters)),
		Format: formatDescription{
			Filename: video.PrintableName(ix.Video.Name), Streams: len(d.Streams), Programs: len(d.Programs),
			FormatName: d.Format, FormatLongName: d.FormatLongName,
			StartTime: printIf(d.Start != video.NoTime, video.FormatMicros(int64(d.Start))),
			Duration:  printIf(d.Duration > 0, video.FormatMicros(int64(d.Duration))),
			Size:      strconv.FormatInt(ix.Video.Size, 10), BitRate: formatPositive(d.BitRate),
			Tags: tagObject(d.Tags),
		},
	}
	for _, s := range d.Streams {
		file.Streams = append(file.Streams, newStreamDescription(s))
	}
	for _, c := range d.Chapters {
		file.Chapters = append(file.Chapters, chapterDescription{
			ID: c.ID, TimeBase: fraction(c.TimeBase), Tags: tagObject(c.Tags),
			Start: c.Start, StartTime: formatSeconds(c.Start, c.TimeBase),
			End: c.End, EndTime: formatSeconds(c.End, c.TimeBase),
		})
	}
	return file
}

func newStreamDescription(s video.Stream) streamDescription {
	d := streamDescription{
		Index: s.Index, CodecName: s.Codec, CodecLongName: s.CodecLongName, Profile: s.Profile,
		CodecType: s.Kind, CodecTagString: fourCC(s.CodecTag), CodecTag: fmt.Sprintf("0x%04x", s.CodecTag),
		ID:         printIf(s.HasID, fmt.Sprintf("0x%x", uint32(s.ID))),
		RFrameRate: fraction(s.RFrameRate), AvgFrameRate: fraction(s.AvgFrameRate),
		TimeBase:   fraction(s.TimeBase),
		DurationTS: s.Duration, Duration: printIf(s.Duration > 0, formatSeconds(s.Duration, s.TimeBase)),
		BitRate: formatPositive(s.BitRate), BitsPerRaw: formatPositive(int64(s.BitsPerRaw)),
		Frames: formatPositive(s.Frames), ExtradataSize: s.ExtradataSize,
		Disposition: map[string]int{}, Tags: tagObject(s.Tags),
	}
	if s.Start != video.NoTime {
		d.StartPTS, d.StartTime = &s.Start, formatSeconds(s.Start, s.TimeBase)
	}
	for _, name := range video.DispositionNames {
		d.Disposition[name] = 0
	}
	for _, name := range s.Dispositions {
		d.Disposition[name] = 1
	}
	for _, data := range s.SideData {
		d.SideData = append(d.SideData, newSideData(data))
	}
	if s.Width > 0 && s.Height > 0 {
		d.sizeDescription = &sizeDescription{s.Width, s.Height}
	}
	switch s.Kind {
	case "video":
		d.videoDescription = newVideoDescription(s)
	case "audio":
		d.audioDescription = &audioDescription{
			SampleFmt: s.SampleFormat, SampleRate: strconv.Itoa(s.SampleRate), Channels: s.Channels,
			ChannelLayout: s.ChannelLayout, BitsPerSample: s.BitsPerSample, InitialPadding: s.InitialPadding,
		}
	}
	return d
}

func newVideoDescription(s video.Stream) *videoDescription {
	d := &videoDescription{
		HasBFrames: s.ReorderDelay, PixFmt: s.PixelFormat, Level: s.Level, FieldOrder: s.FieldOrder,
		ColorRange: s.Color.Range, ColorSpace: s.Color.Space, ColorTransfer: s.Color.Transfer,
		ColorPrimaries: s.Color.Primaries, ChromaLocation: s.Color.ChromaLocation,
	}
	if s.SampleAspect.Known() {
		display := video.Rational{Num: s.Width * s.SampleAspect.Num, Den: s.Height * s.SampleAspect.Den}
		d.SampleAspectRatio, d.DisplayAspectRatio = s.SampleAspect.String(), display.Reduced().String()
	}
	if s.Codec == "h264" {
		d.IsAVC = strconv.FormatBool(s.NALLengthBytes > 0)
		d.NALLengthSize = strconv.Itoa(s.NALLengthBytes)
	}
	return d
}

func newSideData(s video.SideData) sideData {
	d := sideData{Type: s.Kind}
	if s.Matrix == [9]int32{} {
		return d
	}
	d.Rotation = &s.Rotation
	var text strings.Builder
	text.WriteByte('\n')
	for i := range 3 {
		row := s.Matrix[3*i : 3*i+3]
		fmt.Fprintf(&text, "%08x:  %11d %11d %11d\n", i, row[0], row[1], row[2])
	}
	d.DisplayMatrix = text.String()
	return d
}

// tagObject returns tags as the members of an object; nil if there are none.
func tagObject(tags video.Tags) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	object := make(map[string]string, len(tags))
	for _, t := range tags {
		object[t.Name] = t.Value
	}
	return object
}

// fourCC formats a codec tag as av_fourcc2str does: four characters. A character that is no letter,
// no digit and none of "-_. " is its code in brackets.
func fourCC(tag uint32) string {
	var text strings.Builder
	for range 4 {
		c := byte(tag)
		tag >>= 8
		isLetter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if isLetter || c >= '0' && c <= '9' || c != 0 && strings.IndexByte("-_. ", c) >= 0 {
			text.WriteByte(c)
		} else {
			fmt.Fprintf(&text, "[%d]", c)
		}
	}
	return text.String()
}

// fraction formats r as ffprobe does time bases and rates.
func fraction(r video.Rational) string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }

// formatSeconds formats t in seconds; "" if the time base is unknown.
func formatSeconds(t video.Ticks, base video.Rational) string {
	if !base.Known() {
		return ""
	}
	return t.Seconds(base)
}

func formatPositive(n int64) string { return printIf(n > 0, strconv.FormatInt(n, 10)) }
