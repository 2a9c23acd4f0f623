package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"

	"gop/video"
)

// frameList handles GET /videos/{name}/frames.json with the frames of a video, or of a part of it.
func (s *server) frameList(w http.ResponseWriter, r *http.Request) error {
	ix, _, p, err := s.resolveVideo(r, onFrameList)
	if err != nil {
		return err
	}
	p.version = ""
	list := newFrameListWriter(ix, p)
	return s.sendBody(w, r, body{
		contentType: "application/json",
		etag: etag(s.config.Build, "frames", ix.Video.Name, ix.Video.Version,
			strconv.Itoa(ix.Track().StreamIndex), fmt.Sprint(list.from, list.to)),
		modified: ix.Video.ModTime,
		isLarge:  list.isLarge(),
		write: func(w io.Writer) error {
			ctx := r.Context()
			if !list.isLarge() { // other requests may wait for it
				ctx = context.WithoutCancel(ctx)
			}
			return list.write(ctx, w, s.library)
		},
	})
}

// listedFrame is an entry of the list of frames: members that ffprobe -show_frames -of json prints, with its
// names and types, and the number of the frame. Unknown values are omitted.
//
// https://ffmpeg.org/ffprobe.html
type listedFrame struct {
	KeyFrame     int          `json:"key_frame"`
	PTS          video.Ticks  `json:"pts"`
	PTSTime      string       `json:"pts_time"`
	PktDTS       *video.Ticks `json:"pkt_dts,omitempty"`
	PktDTSTime   string       `json:"pkt_dts_time,omitempty"`
	Duration     video.Ticks  `json:"duration"`
	DurationTime string       `json:"duration_time"`
	PktPos       string       `json:"pkt_pos,omitempty"`
	PktSize      string       `json:"pkt_size"`
	PictType     string       `json:"pict_type,omitempty"`
	N            int          `json:"n"`
}

// frameListWriter writes the frames of a video that are presented during an interval in microseconds.
type frameListWriter struct {
	index    *video.Index
	base     video.Rational
	from, to int64
}

func newFrameListWriter(ix *video.Index, p params) frameListWriter {
	l := frameListWriter{index: ix, base: ix.Track().TimeBase, from: math.MinInt64, to: math.MaxInt64}
	if p.part.from.given {
		l.from = p.part.from.micros
	}
	if p.part.to.given {
		l.to = p.part.to.micros
	}
	return l
}

// selects reports whether the interval includes some of the time from start to end.
func (l frameListWriter) selects(start, end video.Ticks) bool {
	return start.Micros(l.base) < l.to && end.Micros(l.base) > l.from
}

// isLarge reports whether the list is surely too large for the cache.
func (l frameListWriter) isLarge() bool {
	const least = 12 // compressed bytes of a frame
	n := 0
	for _, g := range l.index.GOPs.All() {
		if l.selects(g.Start, g.End) {
			n += g.Presented
		}
	}
	return n > maxCachedBody/least
}

// listedRun is consecutive GOPs whose frames are listed with one call.
type listedRun struct {
	first, last, frames int
	selected            bool // some of the frames may be listed
}

// framesAtOnce is the number of frames that are listed with one call, unless a GOP has more.
const framesAtOnce = 512

// runs calls yield for all GOPs in order.
func (l frameListWriter) runs(yield func(listedRun) bool) {
	var r listedRun
	for i, g := range l.index.GOPs.All() {
		selected := l.selects(g.Start, g.End)
		if i > 0 && selected == r.selected && r.frames+g.Presented <= framesAtOnce {
			r.last, r.frames = i, r.frames+g.Presented
			continue
		}
		if i > 0 && !yield(r) {
			return
		}
		r = listedRun{i, i, g.Presented, selected}
	}
	yield(r)
}

// write writes an object with the array of frames, as ffprobe does.
func (l frameListWriter) write(ctx context.Context, w io.Writer, library Library) error {
	if _, err := io.WriteString(w, `{"frames":[`); err != nil {
		return err
	}
	n, isFirst := 0, true
	for r := range l.runs {
		if r.selected {
			frames, err := library.Frames(ctx, l.index, r.first, r.last)
			if err != nil {
				return err
			}
			if isFirst, err = l.writeFrames(w, frames, n, isFirst); err != nil {
				return err
			}
		}
		n += r.frames
	}
	_, err := io.WriteString(w, "]}")
	return err
}

// writeFrames writes the frames of the interval. The first of the frames has the number n. isFirst reports
// whether none of the array was written, before and after the call.
func (l frameListWriter) writeFrames(
	w io.Writer, frames []video.Frame, n int, isFirst bool,
) (stillFirst bool, err error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	for i, f := range frames {
		if !l.selects(f.PTS, f.PTS+max(f.Duration, 1)) {
			continue
		}
		if !isFirst {
			buffer.WriteByte(',')
		}
		isFirst = false
		if err := encoder.Encode(l.entry(f, n+i)); err != nil {
			return false, fmt.Errorf("encode frame %d: %w", n+i, err)
		}
		buffer.Truncate(buffer.Len() - 1) // the line break of Encode
	}
	_, err = buffer.WriteTo(w)
	return isFirst, err
}

// entry returns the entry of frame n.
func (l frameListWriter) entry(f video.Frame, n int) listedFrame {
	e := listedFrame{
		KeyFrame: boolInt(f.Key), PTS: f.PTS, PTSTime: f.PTS.Seconds(l.base),
		Duration: f.Duration, DurationTime: f.Duration.Seconds(l.base),
		PktSize: strconv.Itoa(f.Size), PictType: printIf(f.Key, "I"), N: n,
	}
	if f.DTS != video.NoTime {
		e.PktDTS, e.PktDTSTime = &f.DTS, f.DTS.Seconds(l.base)
	}
	if f.Pos >= 0 {
		e.PktPos = strconv.FormatInt(f.Pos, 10)
	}
	return e
}
