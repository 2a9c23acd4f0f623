package templates

import (
	"cmp"
	"math"
	"strconv"
	"time"
)

// VideosPage lists the videos and subfolders of a folder, or the videos below it whose names match a search.
type VideosPage struct {
	Site
	Folder      string // base name; empty for the library's root
	Breadcrumbs []Link // the parent folders
	AllHref     string // the page without the search

	Search       string
	SortOptions  []SortOption
	HiddenFields []FormField // of the search form
	Truncated    bool        // the library has more videos than it lists

	Total, Pending int  // videos in the folder and below, and those of them that are not indexed yet
	Matches        int  // videos that the list has, on all its pages
	HasFolders     bool // the list has folders, on any of its pages

	Page, Pages int    // number of the page, from 1, and of the last one
	PageLinks   []Link // to other pages of the list
	Folders     []FolderCard
	Videos      []VideoCard
}

// Title returns the title of the document and its heading.
func (p VideosPage) Title() string { return cmp.Or(p.Folder, "Videos") }

// Indexed returns the number of videos that are indexed, including unreadable ones.
func (p VideosPage) Indexed() int { return p.Total - p.Pending }

// SortOption is an order in which videos can be listed.
type SortOption struct {
	Name     string // value of the query parameter
	Label    string
	Selected bool
}

// FormField is the name and the value of a form control.
type FormField struct{ Name, Value string }

// FolderCard is a subfolder on the page of videos.
type FolderCard struct {
	Name   string
	Href   string // the folder's page
	Videos int    // videos in the folder and below
}

// VideoCard is a video on the page of videos.
type VideoCard struct {
	Name          string
	Href          string // the video's page
	ThumbnailHref string // empty if there is none yet
	Bytes         int64
	Summary       *Summary // nil until the video is indexed, and if it is unreadable
	Unreadable    string   // why the video cannot be served; empty if it can
	Pending       bool     // the video is not indexed yet
}

// Summary describes a video.
type Summary struct {
	Codec         string // FFmpeg's name of the video codec, such as h264
	CodecsParam   string // codecs parameter of the MIME type (RFC 6381)
	Width, Height int    // displayed size in pixels, after rotation
	Duration      time.Duration
	GOPs, Frames  int
	AudioCodec    string // FFmpeg's name; empty if there is no audio
}

// FrameRate returns the average number of frames per second with at most three decimals, or "" if it is
// unknown.
func (s Summary) FrameRate() string {
	if s.Duration <= 0 {
		return ""
	}
	rate := float64(s.Frames) / s.Duration.Seconds()
	return strconv.FormatFloat(math.Round(rate*1000)/1000, 'f', -1, 64)
}
