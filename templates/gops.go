package templates

import (
	"iter"
	"path"
	"slices"
	"time"
)

// GOPsPage lists the GOPs of a video.
type GOPsPage struct {
	Site
	Name            string
	Breadcrumbs     []Link // the parent folders; nil if the client may not list them
	Bytes           int64  // file size
	JSONHref        string // the JSON listing
	DescriptionHref string // the JSON description of the file
	MetadataHref    string // this page with the other choice of HasMetadata; empty if the file has no tags
	HasMetadata     bool   // the mp4s that the page links to have the file's tags
	Metadata        Metadata
	Summary
	Notes       []string    // sentences
	VideoTracks []TrackLink // nil if there are fewer than two
	AudioTracks []TrackLink // nil if there are fewer than two
	GOPs        []GOPCell
}

// Title returns the title of the document.
func (p GOPsPage) Title() string { return p.Name }

// Heading returns the base name of the video if breadcrumbs show its folders, and the full name otherwise.
func (p GOPsPage) Heading() string {
	if len(p.Breadcrumbs) == 0 {
		return p.Name
	}
	return path.Base(p.Name)
}

// cellsPerList is the number of cells in one list element of the page. The browser skips layout of lists that
// are far outside the viewport. 60 fills the rows of one to six columns.
const cellsPerList = 60

// Lists returns the GOPs in chunks of one list element each.
func (p GOPsPage) Lists() iter.Seq[[]GOPCell] { return slices.Chunk(p.GOPs, cellsPerList) }

// Metadata is what the tags of a video file say.
type Metadata struct {
	Properties []Property // those that most people look for
	Chapters   []ChapterLink
	Tags       []Property // the others
}

// Property is a named value.
type Property struct{ Name, Value string }

// ChapterLink is a chapter, with a link to the GOP that is presented at its start.
type ChapterLink struct {
	Title string
	Start time.Duration
	GOP   int
}

// TrackLink is a link to the video's page with another track selected.
type TrackLink struct {
	Number      int    // from 1, among tracks of the same kind
	Details     string // codec, language and title
	Href        string // empty if the track cannot be served
	Unsupported string // why the track cannot be served as it is; empty if it can
	Selected    bool
}

// GOPCell is one GOP on the page.
type GOPCell struct {
	Number        int    // from 0
	DownloadHref  string // the mp4 file
	PlayHref      string // the mp4 to play: without leading frames that a browser would not present
	ThumbnailHref string // image of the keyframe
	Start, End    time.Duration
	Frames        int
	Bytes         int64
	BitRate       int64 // bits per second; 0 if unknown
	Open          bool  // leading frames reference the previous GOP
	Trimmed       bool  // the edit list trims it as a whole

	// MarkIrregular sets the following fields.

	Long        bool // more than twice the median duration
	SingleFrame bool // one frame, and the median has more
	Irregular   bool // Long, SingleFrame, Trimmed, or Open where most GOPs are closed
}

// Badges returns labels for the unusual properties of the GOP.
func (c GOPCell) Badges() (badges []Badge) {
	if c.Open {
		badges = append(badges, Badge{"open", "The first frames reference the previous GOP"})
	}
	if c.Trimmed {
		badges = append(badges, Badge{"trimmed", "The video's edit list trims it: players leave it out"})
	}
	if c.SingleFrame {
		badges = append(badges, Badge{"one frame", "The keyframe is its only frame"})
	}
	if c.Long {
		badges = append(badges, Badge{"long", "Lasts more than twice the median duration"})
	}
	return badges
}

// Badge is a label of a GOP with a sentence that explains it.
type Badge struct{ Label, Description string }
