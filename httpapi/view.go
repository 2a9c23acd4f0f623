package httpapi

import (
	"cmp"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"gop/templates"
	"gop/video"
)

// view is what the query of the page of videos says: which of them, and in what order. The zero view is
// those of the whole library, by their names.
type view struct {
	folder string // below the library's; "" for that itself
	search string // what names have in them, in any case of letters; "" for all
	sort   string // one of orders
	grant  string // as in choice
}

// orders are in which videos can be shown, the first one being the default. What is not known of a video has it
// come last; names decide between equals.
var orders = []struct {
	name, words string
	compare     func(a, b video.Entry) int
}{
	{"name", "name", func(a, b video.Entry) int { return 0 }},
	{"newest", "newest first", func(a, b video.Entry) int { return b.Video.ModTime.Compare(a.Video.ModTime) }},
	{"largest", "largest first", func(a, b video.Entry) int { return cmp.Compare(b.Video.Size, a.Video.Size) }},
	{"longest", "longest first", func(a, b video.Entry) int { return cmp.Compare(seconds(b), seconds(a)) }},
	{"gops", "most GOPs first", func(a, b video.Entry) int { return cmp.Compare(gops(b), gops(a)) }},
}

func seconds(e video.Entry) float64 {
	if e.Summary == nil {
		return -1
	}
	return microseconds(e.Summary.Duration, e.Summary.Track.TimeBase).Seconds()
}

func gops(e video.Entry) int {
	if e.Summary == nil {
		return -1
	}
	return e.Summary.GOPs
}

// viewOf reads the query: folder=path, search=text, sort=order, each at most once. An empty one says nothing, as
// forms send it.
func viewOf(r *http.Request) (v view, err error) {
	given, err := queryOf(r, "folder", "search", "sort")
	if err != nil {
		return v, err
	}
	v = view{folder: given.Get("folder"), search: given.Get("search"), sort: given.Get("sort"), grant: grantOf(r).query}
	if v.folder != "" && (!fs.ValidPath(v.folder) || v.folder == ".") {
		return v, video.Errorf(video.Invalid, "folder is a path below the library's folder; this is %q", v.folder)
	}
	names := make([]string, len(orders))
	for i, o := range orders {
		names[i] = o.name
	}
	if v.sort != "" && !slices.Contains(names, v.sort) {
		return v, video.Errorf(video.Invalid, "sort is one of %s; this is %s", listed(names), strconv.Quote(v.sort))
	}
	return v, nil
}

// link is the address of the page with that view.
func (v view) link() string {
	query := url.Values{}
	for name, value := range map[string]string{"folder": v.folder, "search": v.search, "sort": v.sort} {
		if value != "" {
			query.Set(name, value)
		}
	}
	said := []string{query.Encode(), v.grant}
	said = slices.DeleteFunc(said, func(part string) bool { return part == "" })
	if len(said) == 0 {
		return everything
	}
	return everything + "?" + strings.Join(said, "&")
}

// into is the view of a folder, as a whole, in the same order.
func (v view) into(folder string) view { return view{folder: folder, sort: v.sort, grant: v.grant} }

// path leads to the library's folder, and from there to the view's.
func (v view) path() []templates.Link {
	links := []templates.Link{{Text: "Videos", Href: v.into("").link()}}
	for i, c := range v.folder + "/" {
		if c == '/' && i > 0 {
			folder := v.folder[:i]
			links = append(links, templates.Link{Text: path.Base(folder), Href: v.into(folder).link()})
		}
	}
	return links
}

// below is the name as it is in the folder, and whether it lies in there at all.
func (v view) below(name string) (string, bool) {
	if v.folder == "" {
		return name, true
	}
	return strings.CutPrefix(name, v.folder+"/")
}

// folderOf is the folder that a video lies in; "" for the library's own.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// subfolder is a folder in the one that is shown, and how many videos lie in it and below.
type subfolder struct {
	name   string
	videos int
}

// shown is what of the entries the view has: the folder's own videos, or all below it that are searched for, in
// its order; the folders in it; and how many lie below it, and how many of these are pending.
func (v view) shown(entries []video.Entry) (videos []video.Entry, folders []subfolder, all, pending int) {
	search := strings.ToLower(v.search)
	for _, e := range entries {
		name, ok := v.below(e.Video.Name)
		if !ok {
			continue
		}
		all++
		if e.Pending {
			pending++
		}
		first, _, deeper := strings.Cut(name, "/")
		switch {
		case search != "":
			if strings.Contains(strings.ToLower(name), search) {
				videos = append(videos, e)
			}
		case !deeper:
			videos = append(videos, e)
		case len(folders) == 0 || folders[len(folders)-1].name != first:
			folders = append(folders, subfolder{first, 1})
		default:
			folders[len(folders)-1].videos++
		}
	}
	for _, o := range orders {
		if o.name == v.sort {
			slices.SortStableFunc(videos, o.compare)
		}
	}
	return videos, folders, all, pending
}
