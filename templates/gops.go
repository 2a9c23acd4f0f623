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
	GOPs        []GOPCell   // all of the video
	Page        int         // number of the page, from 1; see GOPsPerPage
	PageLinks   []Link      // to other pages
	ColumnsHref string      // the JSON columns of all GOPs; empty if there is one page
}

// Title returns the title of the document.
func (p GOPsPage) Title() string { return p.Name }

// GOPsPerPage is the number of GOPs on a page. Scripts show the others on the same page.
const GOPsPerPage = 500

// CountPages returns the number of pages of a video.
func CountPages(gops int) int { return max(1, (gops+GOPsPerPage-1)/GOPsPerPage) }

// PageOf returns the number of the page of a GOP.
func PageOf(gop int) int { return gop/GOPsPerPage + 1 }

// First returns the number of the first GOP on the page.
func (p GOPsPage) First() int { return (max(p.Page, 1) - 1) * GOPsPerPage }

// Shown returns the GOPs on the page, a part of GOPs.
func (p GOPsPage) Shown() []GOPCell {
	return p.GOPs[p.First():min(p.First()+GOPsPerPage, len(p.GOPs))]
}

// Last returns the number of the last GOP on the page.
func (p GOPsPage) Last() int { return p.First() + len(p.Shown()) - 1 }

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

// Lists returns the GOPs on the page in chunks of one list element each.
func (p GOPsPage) Lists() iter.Seq[[]GOPCell] { return slices.Chunk(p.Shown(), cellsPerList) }

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

	PageHref string // the page of the GOP; empty if it is this page
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
	for i, applies := range []bool{c.Open, c.Trimmed, c.SingleFrame, c.Long} {
		if applies {
			badges = append(badges, allBadges[i])
		}
	}
	return badges
}

// Badge is a label of a GOP with a sentence that explains it.
type Badge struct{ Label, Description string }

// allBadges lists the badges in their order in a cell.
var allBadges = []Badge{
	{"open", "The first frames reference the previous GOP"},
	{"trimmed", "The video's edit list trims it: players leave it out"},
	{"one frame", "The keyframe is its only frame"},
	{"long", "Lasts more than twice the median duration"},
}

// AllBadges returns every badge.
func (GOPsPage) AllBadges() []Badge { return allBadges }
