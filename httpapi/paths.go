package httpapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"gop/video"
)

// parseRequest parses the name in the path and the query of a request for a video.
func parseRequest(r *http.Request, route routeSet) (name string, p params, err error) {
	if name, err = videoName(r); err != nil {
		return "", params{}, err
	}
	if p, err = parseQuery(r.URL.RawQuery, route); err != nil {
		return "", params{}, err
	}
	p.links = linksOf(r)
	return name, p, nil
}

// videoName returns the name in the path, unescaped. The video may not exist.
func videoName(r *http.Request) (string, error) {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil { // cannot happen: net/url has parsed the path
		return "", video.WrapError(video.Invalid, err, "the path is not escaped correctly")
	}
	logEntryOf(r).Video = video.PrintableName(name)
	return name, nil
}

// gopNumber returns the number in the path. The video may have fewer GOPs.
func gopNumber(r *http.Request) (int, error) {
	text := mux.Vars(r)["gop"]
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, video.Errorf(video.Invalid, "the GOP must be a whole number from 0, not %q", text)
	}
	logEntryOf(r).GOP = int(n)
	return int(n), nil
}

// run is the numbers of consecutive GOPs.
type run struct{ first, last int }

// gopRun returns the run in the path: I or I-J. The video may have fewer GOPs.
func gopRun(r *http.Request) (run, error) {
	text := mux.Vars(r)["gop"]
	from, to, isRun := strings.Cut(text, "-")
	if !isRun {
		to = from
	}
	first, firstOK := parseInt(from)
	last, lastOK := parseInt(to)
	if !firstOK || !lastOK {
		return run{}, video.Errorf(video.Invalid,
			"the GOP must be a whole number from 0, or a run of them such as 3-9, not %q", text)
	}
	if last < first {
		return run{}, video.Errorf(video.Invalid, "the run %s ends before it starts", text)
	}
	logEntryOf(r).GOP = first
	return run{first, last}, nil
}

// parseGOPRequest parses the path and the query of a request for one GOP.
func parseGOPRequest(r *http.Request, route routeSet) (name string, gop int, p params, err error) {
	if gop, err = gopNumber(r); err != nil {
		return "", 0, params{}, err
	}
	name, p, err = parseRequest(r, route)
	return name, gop, p, err
}

const (
	gopsSuffix        = "/group-of-pictures" // follows the name of a video in the paths of its GOPs
	clipSuffix        = "/clip.mp4"          // follows it in the path of a clip
	descriptionSuffix = ".json"              // follows it in the path of its description
	frameListSuffix   = "/frames.json"       // follows it in the path of the list of its frames
	storyboardSuffix  = "/storyboard.vtt"    // follows it in the path of its storyboard
)

// namePath returns the start of the paths of a video, without a prefix. Slashes in the name stay unescaped.
func namePath(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/videos/" + strings.Join(parts, "/")
}

// videoPath returns the path of a video's page, without a prefix. It is also the scope of signatures for the
// video.
func videoPath(name string) string { return namePath(name) + gopsSuffix }

// pageURL returns the path and query of a video's page.
func pageURL(name string, p params) string { return p.prefix + videoPath(name) + p.query(onPage) }

// listingURL returns the path and query of the listing of a video's GOPs.
func listingURL(name string, p params) string {
	return p.prefix + videoPath(name) + ".json" + p.query(onListing)
}

// descriptionURL returns the path and query of the description of a video's file.
func descriptionURL(name string, p params) string {
	return p.prefix + namePath(name) + descriptionSuffix + p.query(onDescription)
}

// segmentURL returns the path and query of a GOP's mp4.
func segmentURL(name string, gop int, p params) string {
	return p.prefix + videoPath(name) + "/" + strconv.Itoa(gop) + ".mp4" + p.query(onSegment)
}

// gopURLs makes the paths and queries of the GOPs of a video. They differ only in the number.
type gopURLs struct{ before, after string }

// newSegmentURLs returns the URLs that segmentURL returns.
func newSegmentURLs(name string, p params) gopURLs {
	return gopURLs{p.prefix + videoPath(name) + "/", ".mp4" + p.query(onSegment)}
}

// of returns the URL of a GOP.
func (u gopURLs) of(gop int) string { return u.before + strconv.Itoa(gop) + u.after }

// thumbnailURL returns the path and query of a GOP's thumbnail.
func thumbnailURL(name string, gop int, p params) string {
	return p.prefix + videoPath(name) + "/" + strconv.Itoa(gop) + ".jpg" + p.query(onThumbnail)
}
