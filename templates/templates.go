// Package templates makes the pages. Each page is a struct that holds all that it shows, and
// renders itself; what a page needs is inside of it, and nothing is asked from elsewhere.
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"iter"
	"math"
	"path"
	"slices"
	"strconv"
	"time"
)

// Page is a page that is ready to be shown.
type Page interface {
	Render(w io.Writer) error
}

// Videos is the page of the videos of a folder, or of those in it that were searched for.
type Videos struct {
	Folder string // its name; "" for that of the library
	Path   []Link // to the folders that it lies in
	Whole  string // the path of the page without a search

	Search string
	Orders []Order
	Hidden []Field // of the form that searches
	More   bool    // videos than are shown

	All, Pending int // videos below the folder, and those of them that will be looked into
	Folders      []FolderCard
	Videos       []VideoCard
}

// Known is how many videos were looked into.
func (p Videos) Known() int { return p.All - p.Pending }

// Link leads to another page.
type Link struct{ Text, Href string }

// Order is one that the videos can be in.
type Order struct {
	Name, Words string
	Chosen      bool
}

// Field is one of a form.
type Field struct{ Name, Value string }

// FolderCard is a folder on that page.
type FolderCard struct {
	Name   string
	Href   string // of the folder's page
	Videos int    // in it and below
}

// VideoCard is one video on that page.
type VideoCard struct {
	Name       string
	Href       string // of the video's page
	Poster     string // the path of a picture; "" where there is none, or not yet
	Bytes      int64
	Facts      *Facts // nil where they are not known, or not yet
	Unreadable string // why the video cannot be served; "" where it can
	Pending    bool   // it will be looked into
}

// Facts is what there is to say of a video in short.
type Facts struct {
	Codec         string // "h264"
	MIME          string // RFC 6381
	Width, Height int    // pixels, as a player shows them
	Duration      time.Duration
	GOPs, Frames  int
	Sound         string // the codec, or ""
}

// Rate is the frames a second, on average, with at most three places; "" where it is not known.
func (f Facts) Rate() string {
	if f.Duration <= 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(float64(f.Frames)/f.Duration.Seconds()*1000)/1000, 'f', -1, 64)
}

// Grid is the page of the GOPs of a video.
type Grid struct {
	Name    string
	Path    []Link // to the folders that it lies in; nil where who asks may not see them
	Bytes   int64
	Listing string // the path of the JSON listing
	Facts
	Notes          []string    // sentences
	Videos, Audios []TrackLink // nil where there is nothing to choose
	GOPs           []GOPCell
}

// Heading is the file's own name, where the path to it is shown, or else all of it.
func (p Grid) Heading() string {
	if len(p.Path) == 0 {
		return p.Name
	}
	return path.Base(p.Name)
}

// portion is how many cells a browser lays out together. What is far from view costs it nothing so; rows of one to
// six cells come out even.
const portion = 60

// Rows are the GOPs in portions.
func (p Grid) Rows() iter.Seq[[]GOPCell] { return slices.Chunk(p.GOPs, portion) }

// TrackLink leads to the page of a video with another track of it.
type TrackLink struct {
	Number int // from 1
	Codec  string
	Href   string // "" where the track cannot be served
	Left   string // why
	Chosen bool
}

// GOPCell is one GOP on that page.
type GOPCell struct {
	Number     int
	Href       string // of the mp4
	Play       string // of what the browser plays: the same pictures, without those that it would hide
	Still      string // of its key picture
	Start, End time.Duration
	Frames     int
	Bytes      int64
	BitRate    int64 // bits a second; 0 where not known
	Open       bool  // needs the GOP before for all of its pictures
	// MarkOdd sets these.
	Long bool // lasts longer than twice the median
	Lone bool // has one frame, where the median has more
	Odd  bool // is one of these, or open where most are not
}

// Badges say what is special about the GOP, in a word and in a sentence.
func (c GOPCell) Badges() (badges []Badge) {
	if c.Open {
		badges = append(badges, Badge{"open", "Its first pictures need the GOP before"})
	}
	if c.Lone {
		badges = append(badges, Badge{"one frame", "It has no picture but its key"})
	}
	if c.Long {
		badges = append(badges, Badge{"long", "It lasts more than twice as long as most"})
	}
	return badges
}

// Badge is a word, and what it means.
type Badge struct{ Word, Meaning string }

// Problem is the page that says why there is no other.
type Problem struct {
	Path   []Link // as in Grid
	Status int
	Title  string
	Detail string
}

// Render writes the page.
func (p Videos) Render(w io.Writer) error { return render(w, "videos.html", p) }

// Render writes the page.
func (p Grid) Render(w io.Writer) error { return render(w, "grid.html", p) }

// Render writes the page.
func (p Problem) Render(w io.Writer) error { return render(w, "problem.html", p) }

//go:embed *.html
var files embed.FS

// ContentSecurityPolicy allows what the pages do, and nothing else: style, script, videos, pictures, questions
// and forms of the same origin, and the empty icon that keeps browsers from asking for one.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; media-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"asset":   assetPath,
	"scripts": assetPaths,
	"seconds": func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) },
	"bytes":   formatBytes,
	"clock":   formatClock,
	"bitrate": formatBitRate,
	"count":   formatCount,
}).ParseFS(files, "*.html"))

func render(w io.Writer, name string, data any) error {
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}

// formatCount prints how many things there are.
func formatCount(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// formatBytes prints a size with its unit, in powers of 1000.
func formatBytes(n int64) string {
	return formatUnit(float64(n), "B", "kB", "MB", "GB", "TB")
}

func formatBitRate(n int64) string {
	return formatUnit(float64(n), "b/s", "kb/s", "Mb/s", "Gb/s")
}

func formatUnit(value float64, units ...string) string {
	unit := 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 99.5 {
		return fmt.Sprintf("%.0f\u00a0%s", value, units[unit])
	}
	return fmt.Sprintf("%.1f\u00a0%s", value, units[unit])
}

// formatClock prints a time as h:mm:ss.mmm, without hours where there are none.
func formatClock(d time.Duration) string {
	sign := ""
	if d = d.Round(time.Millisecond); d < 0 {
		sign, d = "-", -d
	}
	hours, minutes := d/time.Hour, d/time.Minute%60
	seconds, millis := d/time.Second%60, d/time.Millisecond%1000
	if hours > 0 {
		return fmt.Sprintf("%s%d:%02d:%02d.%03d", sign, hours, minutes, seconds, millis)
	}
	return fmt.Sprintf("%s%d:%02d.%03d", sign, minutes, seconds, millis)
}
