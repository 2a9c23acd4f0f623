package httpapi

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"gop/video"
	"gop/video/cut"
)

// params is a parsed query. The zero params is the empty query.
type params struct {
	video     int      // number of the video track, from 1; 0 if not given
	audio     int      // as in cut.Cut
	noLeading bool     // as in cut.Cut
	edit      cut.Edit // as in cut.Cut and cut.Thumbnail
	stream    bool     // as Fragmented in cut.Cut

	folder string // path of a folder in the library; "" is the library's own
	search string // part of the names of videos, in any case; "" is all
	sort   string // name of an order of videos; "" is by name

	signature string // encoded parameters of a signed URL that links on the page carry on; "" for none
}

// param describes one query parameter of some routes. paramTable has a row for each.
type param struct {
	name     string
	routes   routeSet                          // routes that accept it
	expected string                            // completes the sentence "NAME must be …"
	schema   schema                            // for comparison with openapi.yaml and the form of the page
	parse    func(p *params, text string) bool // sets the value; false if text is not a valid one
	print    func(p *params) string            // returns the value, escaped; "" if it is the default
	check    func(p *params) bool              // if not nil, checks the value against the other parameters
}

// routeSet is a set of routes with the same parameters.
type routeSet uint8

const (
	onLibrary   routeSet = 1 << iota // the page with the videos
	onVideo                          // the page and the listing of a video
	onSegment                        // GOPs as mp4
	onThumbnail                      // GOPs as images
)

// schema states the values of a parameter as JSON Schema does.
type schema struct {
	kind       string // "integer", "number" or "string"
	min, max   float64
	multipleOf int      // 0 for any
	enum       []string // all values; nil for any
}

// parseQuery parses a query for a route: each parameter at most once, and only those that the route accepts.
// Parameters of signed URLs are ignored here. Its errors are video.Invalid.
func parseQuery(rawQuery string, route routeSet) (params, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return params{}, video.WrapError(video.Invalid, err, "the query is not escaped correctly")
	}
	delete(values, expiresParam)
	delete(values, signatureParam)
	var p params
	given := make([]param, 0, len(values))
	for _, row := range paramTable {
		texts := values[row.name]
		if row.routes&route == 0 || len(texts) == 0 {
			continue
		}
		delete(values, row.name)
		if len(texts) > 1 {
			return params{}, video.Errorf(video.Invalid, "parameter %q is given %d times", row.name, len(texts))
		}
		if !row.parse(&p, texts[0]) {
			return params{}, row.invalid(texts[0])
		}
		given = append(given, row)
	}
	if unknown := slices.Sorted(maps.Keys(values)); len(unknown) > 0 {
		return params{}, video.Errorf(video.Invalid, "unknown parameter %q; this URL accepts %s",
			unknown[0], joinWords(paramNames(route)))
	}
	for _, row := range given {
		if row.check != nil && !row.check(&p) {
			return params{}, row.invalid(row.print(&p))
		}
	}
	return p, nil
}

func (row param) invalid(text string) error {
	return video.Errorf(video.Invalid, "%s must be %s, not %q", row.name, row.expected, text)
}

// paramNames returns the names of a route's parameters in canonical order.
func paramNames(route routeSet) (names []string) {
	for _, row := range paramTable {
		if row.routes&route != 0 {
			names = append(names, row.name)
		}
	}
	return names
}

// joinWords joins words as in a sentence.
func joinWords(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// query returns the canonical query for a route, with its question mark: the parameters that the route
// accepts and that differ from their defaults, in the order of paramTable. It is "" if there are none.
func (p params) query(route routeSet) string {
	var parts []string
	for _, row := range paramTable {
		if row.routes&route == 0 {
			continue
		}
		if text := row.print(&p); text != "" {
			parts = append(parts, row.name+"="+text)
		}
	}
	if p.signature != "" {
		parts = append(parts, p.signature)
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

// cut returns the Cut of one GOP.
func (p params) cut(gop int) cut.Cut {
	return cut.Cut{
		Video: p.video, GOP: gop, Audio: p.audio, NoLeading: p.noLeading, Edit: p.edit, Fragmented: p.stream,
	}
}

// thumbnail returns the Thumbnail of one GOP.
func (p params) thumbnail(gop int, format video.ImageFormat) cut.Thumbnail {
	return cut.Thumbnail{Video: p.video, GOP: gop, Format: format, Edit: p.edit}
}

// playable returns p for links from a page or listing to GOPs. GOPs that no mp4 can hold unchanged are
// transcoded.
func (p params) playable(ix *video.Index) params {
	p.edit.Transcode = p.edit.Transcode || ix.Track().Unsupported != ""
	return p
}

// isSortOrder reports whether text names one of the orders of videos.
func isSortOrder(text string) bool {
	return slices.ContainsFunc(sortOrders, func(o sortOrder) bool { return o.name == text })
}
