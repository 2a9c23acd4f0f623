package httpapi

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"gop/video"
	"gop/video/cut"
)

// storyboard handles GET /videos/{name}/storyboard.vtt with cues that name the tiles of a storyboard.
//
// https://www.w3.org/TR/webvtt1/ and https://www.w3.org/TR/media-frags/#naming-space
func (s *server) storyboard(w http.ResponseWriter, r *http.Request) error {
	ix, _, p, err := s.resolveVideo(r, onStoryboard)
	if err != nil {
		return err
	}
	tiles, err := p.storyboard().Tiles(ix)
	if err != nil {
		return err
	}
	return s.sendBody(w, r, body{
		contentType: "text/vtt; charset=utf-8",
		etag: etag(s.config.Build, "storyboard", ix.Video.Name, ix.Video.Version,
			p.query(onStoryboard)),
		modified: ix.Video.ModTime,
		write:    func(w io.Writer) error { return WriteStoryboard(w, tiles, p.sheetURL) },
	})
}

// WriteStoryboard writes a WebVTT file with a cue for each tile. href returns the link to a sheet, which is
// relative to the file, since some players do not resolve others.
func WriteStoryboard(w io.Writer, tiles cut.Tiles, href func(sheet int) string) error {
	var buffer bytes.Buffer
	buffer.WriteString("WEBVTT\n")
	for i := range tiles.Count {
		sheet, at := i/tiles.PerSheet(), i%tiles.PerSheet()
		from := int64(i) * tiles.Every
		fmt.Fprintf(&buffer, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n",
			cueTime(from), cueTime(min(from+tiles.Every, tiles.End)), href(sheet),
			at%tiles.Columns*tiles.Width, at/tiles.Columns*tiles.Height, tiles.Width, tiles.Height)
		if buffer.Len() < listingBuffer {
			continue
		}
		if _, err := buffer.WriteTo(w); err != nil {
			return err
		}
	}
	_, err := buffer.WriteTo(w)
	return err
}

// sheetURL returns the link to a sheet in a storyboard with the parameters p.
func (p params) sheetURL(sheet int) string {
	return fmt.Sprintf("storyboard/%d.%s%s", sheet, cmp.Or(p.format, "jpg"), p.query(onSheet))
}

// cueTime formats microseconds as hh:mm:ss.ttt, rounded up to the next millisecond so that no cue is empty.
func cueTime(micros int64) string {
	ms := (micros + 999) / 1000
	d := time.Duration(ms) * time.Millisecond
	hours, minutes, seconds := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	return fmt.Sprintf("%02d:%02d:%02d.%03d", hours, minutes, seconds, ms%1000)
}

// sheet handles GET /videos/{name}/storyboard/{sheet}.jpg, or .png, with tiles of a storyboard.
func (s *server) sheet(w http.ResponseWriter, r *http.Request) error {
	text := mux.Vars(r)["sheet"]
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return video.Errorf(video.Invalid, "the sheet must be a whole number from 0, not %q", text)
	}
	name, p, err := parseRequest(r, onSheet)
	if err != nil {
		return err
	}
	return s.image(w, r, name, p, cut.Sheet{Storyboard: p.storyboard(), Number: int(n), Format: formatOf(r)})
}

// contactSheet handles GET /videos/{name}/contact.jpg, or .png, with tiles of the whole video.
func (s *server) contactSheet(w http.ResponseWriter, r *http.Request) error {
	name, p, err := parseRequest(r, onContactSheet)
	if err != nil {
		return err
	}
	return s.image(w, r, name, p, p.contactSheet(formatOf(r)))
}
