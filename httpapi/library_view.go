package httpapi

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gop/templates"
	"gop/video"
)

// sortOrder is an order of videos on the library page.
type sortOrder struct {
	name, label string
	compare     func(a, b *video.Entry) int
}

// sortOrders are the orders of videos; the first is the default. Videos that are not indexed yet come last.
// Equal videos stay ordered by name.
var sortOrders = []sortOrder{
	{"name", "name", func(_, _ *video.Entry) int { return 0 }},
	{"newest", "newest first", func(a, b *video.Entry) int {
		return b.Video.ModTime.Compare(a.Video.ModTime)
	}},
	{"largest", "largest first", func(a, b *video.Entry) int {
		return cmp.Compare(b.Video.Size, a.Video.Size)
	}},
	{"longest", "longest first", func(a, b *video.Entry) int { return cmp.Compare(seconds(b), seconds(a)) }},
	{"gops", "most GOPs first", func(a, b *video.Entry) int { return cmp.Compare(gops(b), gops(a)) }},
}

// isSortOrder reports whether text names one of sortOrders.
func isSortOrder(text string) bool {
	return slices.ContainsFunc(sortOrders, func(o sortOrder) bool { return o.name == text })
}

func sortOrderNames() []string {
	names := make([]string, len(sortOrders))
	for i, o := range sortOrders {
		names[i] = o.name
	}
	return names
}

// seconds returns the duration of a video; -1 if it is not indexed.
func seconds(e *video.Entry) float64 {
	if e.Summary == nil {
		return -1
	}
	return duration(e.Summary.Duration, e.Summary.Track.TimeBase).Seconds()
}

// gops returns the number of GOPs of a video; -1 if it is not indexed.
func gops(e *video.Entry) int {
	if e.Summary == nil {
		return -1
	}
	return e.Summary.GOPs
}

// libraryURL returns the path and query of the library page.
func libraryURL(p params) string { return p.prefix + libraryPath + p.query(onLibrary) }

// folderParams returns the params of the page of a folder, in the order of p.
func folderParams(p params, folder string) params {
	return params{folder: folder, sort: p.sort, links: p.links}
}

// folderLinks returns links to the library's folder and to each folder of the path in p.
func folderLinks(p params) []templates.Link {
	links := []templates.Link{{Text: "Videos", Href: libraryURL(folderParams(p, ""))}}
	for i, c := range p.folder + "/" {
		if c == '/' && i > 0 {
			folder := p.folder[:i]
			links = append(links, templates.Link{
				Text: video.PrintableName(path.Base(folder)), Href: libraryURL(folderParams(p, folder)),
			})
		}
	}
	return links
}

// nameIn returns a video's name relative to a folder. It reports false if the video is not in the folder.
func nameIn(folder, name string) (string, bool) {
	if folder == "" {
		return name, true
	}
	return strings.CutPrefix(name, folder+"/")
}

// folderOf returns the folder of a video; "" is the library's own.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// subfolder is a folder on the page of another.
type subfolder struct {
	name   string
	videos int // number of videos in it and in its own subfolders
}

// libraryView is the part of a library that a folder's page or a search lists, on all its pages.
type libraryView struct {
	videos         []*video.Entry // the folder's own, or all below it that match the search; sorted
	folders        []subfolder    // in the folder
	total, pending int            // videos in the folder and below; those that are not indexed yet
}

// cardsPerPage is the number of folders and videos on a page.
const cardsPerPage = 500

// pages returns the number of pages, at least one.
func (v libraryView) pages() int {
	return max(1, (len(v.folders)+len(v.videos)+cardsPerPage-1)/cardsPerPage)
}

// page returns the folders and the videos on the n-th page, counted from 1. The folders come first.
func (v libraryView) page(n int) ([]subfolder, []*video.Entry) {
	from := (n - 1) * cardsPerPage
	folders := v.folders[min(from, len(v.folders)):min(from+cardsPerPage, len(v.folders))]
	from = max(from-len(v.folders), 0)
	return folders, v.videos[min(from, len(v.videos)):min(from+cardsPerPage-len(folders), len(v.videos))]
}

// selectEntries returns the view of the entries, which are ordered by name, that p describes. The error is
// video.NotFound if it has no videos in p's folder or if p's page is after the last.
func selectEntries(p params, entries []video.Entry) (v libraryView, err error) {
	search := strings.ToLower(p.search)
	for i := range entries {
		e := &entries[i]
		name, ok := nameIn(p.folder, e.Video.Name)
		if !ok {
			continue
		}
		v.total++
		if e.Pending {
			v.pending++
		}
		first, _, isDeeper := strings.Cut(name, "/")
		switch {
		case search != "":
			if strings.Contains(strings.ToLower(video.PrintableName(name)), search) {
				v.videos = append(v.videos, e)
			}
		case !isDeeper:
			v.videos = append(v.videos, e)
		case len(v.folders) == 0 || v.folders[len(v.folders)-1].name != first:
			v.folders = append(v.folders, subfolder{first, 1})
		default:
			v.folders[len(v.folders)-1].videos++
		}
	}
	if p.folder != "" && v.total == 0 {
		return v, video.Errorf(video.NotFound, "there is no folder of this name with videos in it")
	}
	if last := v.pages(); p.page > last {
		return v, video.Errorf(video.NotFound, "there is no page %d; the last is page %d", p.page, last)
	}
	for _, o := range sortOrders {
		if o.name == p.sort {
			slices.SortStableFunc(v.videos, o.compare)
		}
	}
	return v, nil
}
