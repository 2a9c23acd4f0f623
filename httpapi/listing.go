package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"

	"gop/video"
)

// listing handles GET /videos/{name}/group-of-pictures.json with an array of the video's GOPs.
func (s *server) listing(w http.ResponseWriter, r *http.Request) error {
	ix, first, p, err := s.resolveVideo(r, onListing)
	if err != nil {
		return err
	}
	return s.sendBody(w, r, body{
		contentType: "application/json",
		etag:        s.linkingETag("listing", ix, p),
		modified:    ix.Video.ModTime,
		hasLinks:    !p.columns,
		write: func(w io.Writer) error {
			if p.columns {
				return writeColumns(w, ix)
			}
			hrefs := newSegmentURLs(ix.Video.Name, p.forLinks(first))
			return writeListing(w, ix, selectedGOPs(ix, p.part), hrefs.of)
		},
	})
}

// keyFrame is an entry of the listing: the members that ffprobe -show_frames -of json prints for the keyframe
// of a GOP, with its names and types, and the member gop. Unknown values are omitted, like ffprobe omits
// them. pkt_pts, pkt_pts_time, pkt_duration and pkt_duration_time are the names of older versions of ffprobe.
//
// https://ffmpeg.org/ffprobe.html
type keyFrame struct {
	MediaType               string      `json:"media_type"`
	StreamIndex             int         `json:"stream_index"`
	KeyFrame                int         `json:"key_frame"`
	PktPTS                  video.Ticks `json:"pkt_pts"`
	PktPTSTime              string      `json:"pkt_pts_time"`
	PTS                     video.Ticks `json:"pts"`
	PTSTime                 string      `json:"pts_time"`
	PktDTS                  video.Ticks `json:"pkt_dts"`
	PktDTSTime              string      `json:"pkt_dts_time"`
	BestEffortTimestamp     video.Ticks `json:"best_effort_timestamp"`
	BestEffortTimestampTime string      `json:"best_effort_timestamp_time"`
	PktDuration             video.Ticks `json:"pkt_duration,omitempty"`
	PktDurationTime         string      `json:"pkt_duration_time,omitempty"`
	Duration                video.Ticks `json:"duration,omitempty"`
	DurationTime            string      `json:"duration_time,omitempty"`
	PktPos                  string      `json:"pkt_pos,omitempty"`
	PktSize                 string      `json:"pkt_size"`
	Width                   int         `json:"width"`
	Height                  int         `json:"height"`
	PixFmt                  string      `json:"pix_fmt,omitempty"`
	SampleAspectRatio       string      `json:"sample_aspect_ratio,omitempty"`
	PictType                string      `json:"pict_type"`
	InterlacedFrame         int         `json:"interlaced_frame"`
	TopFieldFirst           int         `json:"top_field_first"`
	RepeatPict              int         `json:"repeat_pict"`
	ColorRange              string      `json:"color_range,omitempty"`
	ColorSpace              string      `json:"color_space,omitempty"`
	ColorPrimaries          string      `json:"color_primaries,omitempty"`
	ColorTransfer           string      `json:"color_transfer,omitempty"`
	ChromaLocation          string      `json:"chroma_location,omitempty"`
	GOP                     group       `json:"gop"`
}

// group is the member gop of a keyFrame.
type group struct {
	Index        int           `json:"index"`
	Frames       int           `json:"frames"`        // packets
	Bytes        int64         `json:"bytes"`         // size of the video track's payloads
	StartTime    string        `json:"start_time"`    // seconds
	EndTime      string        `json:"end_time"`      // seconds; presentation time of the next GOP
	DurationTime string        `json:"duration_time"` // seconds
	BitRate      string        `json:"bit_rate"`      // bits per second, as a string like ffprobe's
	Closed       bool          `json:"closed"`
	Leading      int           `json:"leading"`
	KeyType      video.KeyType `json:"key_type"`
	Trimmed      bool          `json:"trimmed"` // by an edit list, as a whole
	Scanned      bool          `json:"scanned"` // the whole file was read to make the listing
	Href         string        `json:"href,omitempty"`
}

// WriteListing writes the listing of the GOPs of ix, which has its keys, without links.
func WriteListing(w io.Writer, ix *video.Index) error {
	return writeListing(w, ix, selectedGOPs(ix, part{}), func(int) string { return "" })
}

// writeListing writes an array with an entry for each of some GOPs of ix. href returns the link to a GOP.
func writeListing(w io.Writer, ix *video.Index, gops iter.Seq[video.GOP], href func(gop int) string) error {
	base := ix.Track().TimeBase
	common := newKeyFrame(ix.Track())
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	separator := byte('[')
	for g := range gops {
		frame := common
		frame.setGOP(g, base)
		frame.GOP.Scanned = ix.Scanned
		frame.GOP.Href = href(g.Number)
		buffer.WriteByte(separator)
		separator = ','
		if err := encoder.Encode(&frame); err != nil {
			return fmt.Errorf("encode GOP %d: %w", g.Number, err)
		}
		buffer.Truncate(buffer.Len() - 1) // the line break of Encode
		if buffer.Len() < listingBuffer {
			continue
		}
		if _, err := buffer.WriteTo(w); err != nil {
			return err
		}
	}
	if separator == '[' {
		buffer.WriteByte('[')
	}
	buffer.WriteByte(']')
	_, err := buffer.WriteTo(w)
	return err
}

// selectedGOPs returns the GOPs of a part of ix.
func selectedGOPs(ix *video.Index, p part) iter.Seq[video.GOP] {
	return func(yield func(video.GOP) bool) {
		first, last, ok := p.gops(ix)
		for n, g := range ix.GOPs.From(first) {
			if !ok || n > last || !yield(g) {
				return
			}
		}
	}
}

// listingBuffer is the number of bytes of a listing that are encoded before they are written.
const listingBuffer = 16 << 10

// newKeyFrame returns an entry with the members that all keyframes of a track share.
func newKeyFrame(track video.Track) keyFrame {
	f := keyFrame{
		MediaType: "video", StreamIndex: track.StreamIndex, KeyFrame: 1, PictType: "I",
		Width: track.Width, Height: track.Height, PixFmt: track.PixelFormat,
		InterlacedFrame: boolInt(track.Interlaced), TopFieldFirst: boolInt(track.TopFieldFirst),
		ColorRange: track.Color.Range, ColorSpace: track.Color.Space,
		ColorPrimaries: track.Color.Primaries, ColorTransfer: track.Color.Transfer,
		ChromaLocation: track.Color.ChromaLocation,
	}
	if track.SampleAspect.Known() {
		f.SampleAspectRatio = track.SampleAspect.String()
	}
	return f
}

// setGOP sets the members that describe a GOP and its keyframe. Its times are in units of base.
func (f *keyFrame) setGOP(g video.GOP, base video.Rational) {
	f.PTS, f.PTSTime = g.KeyPTS, g.KeyPTS.Seconds(base)
	f.PktPTS, f.PktPTSTime = f.PTS, f.PTSTime
	f.BestEffortTimestamp, f.BestEffortTimestampTime = f.PTS, f.PTSTime
	f.PktDTS, f.PktDTSTime = g.StartDTS, g.StartDTS.Seconds(base)
	if g.KeyDuration > 0 {
		f.Duration, f.DurationTime = g.KeyDuration, g.KeyDuration.Seconds(base)
		f.PktDuration, f.PktDurationTime = f.Duration, f.DurationTime
	}
	if g.KeyPos >= 0 {
		f.PktPos = strconv.FormatInt(g.KeyPos, 10)
	}
	f.PktSize = strconv.Itoa(g.KeySize)
	if g.Width > 0 {
		f.Width, f.Height = g.Width, g.Height
	}
	f.GOP = group{
		Index: g.Number, Frames: g.Frames, Bytes: g.Bytes,
		StartTime: g.Start.Seconds(base), EndTime: g.End.Seconds(base),
		DurationTime: g.Duration().Seconds(base), BitRate: strconv.FormatInt(bitRate(g, base), 10),
		Closed: g.Closed, Leading: g.Leading, KeyType: g.KeyType, Trimmed: g.Trimmed,
	}
}

// bitRate returns the bit rate of a GOP's video payloads in bits per second; 0 if its duration is 0.
func bitRate(g video.GOP, base video.Rational) int64 {
	us := g.Duration().Micros(base)
	if us <= 0 {
		return 0
	}
	return int64(float64(g.Bytes) * 8e6 / float64(us))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
