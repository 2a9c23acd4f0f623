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
	video     int               // number of the video track, from 1; 0 if not given
	audio     int               // like cut.Cut's Audio
	noLeading bool              // like cut.Cut's NoLeading
	metadata  bool              // like cut.Cut's Metadata
	page      int               // number of a page of GOPs, or of folders and videos, from 1; 0 if not given
	columns   bool              // the listing is an object of arrays
	part      part              // of the listing, or of the clip
	number    int               // like cut.Frame's Number
	time      clock             // like cut.Frame's Time
	every     video.Thousandths // like cut.Storyboard's Every
	tiles     tiles             // of the contact sheet
	format    string            // extension of the sheets of a storyboard; "" is jpg
	edit      cut.Edit          // like cut.Cut's, cut.Thumbnail's and cut.Frame's Edit
	stream    bool              // like cut.Cut's Fragmented
	version   string            // of the video, as versionOf returns it; "" for any

	folder string // path of a folder in the library; "" is the library's own
	search string // text that names of videos contain, in any case; "" is every name
	sort   string // name of an order of videos; "" is by name

	links // in the response
}

// tiles are the numbers of tiles of a contact sheet; 0 if not given.
type tiles struct{ columns, rows int }

// param describes one query parameter of some routes. paramTable has a row for each.
type param struct {
	name     string
	routes   routeSet                          // routes that accept it
	expected string                            // completes the sentence "NAME must be …"
	schema   schema                            // tests compare openapi.yaml, the docs and the form with it
	parse    func(p *params, text string) bool // sets the value; false if text is not a valid one
	print    func(p *params) string            // returns the value, escaped; "" if it is the default
	check    func(p *params) bool              // if not nil, checks the value against the other parameters
	conflict string                            // message if check fails
}

// routeSet is a set of routes with the same parameters.
type routeSet uint16

const (
	onLibrary      routeSet = 1 << iota // the library page
	onPage                              // the page of a video
	onListing                           // the listing of a video
	onSegment                           // the mp4 of a GOP or a run
	onClip                              // the mp4 of a clip
	onThumbnail                         // the thumbnail of a GOP
	onFrame                             // the image of a frame
	onFrameList                         // the list of frames of a video
	onStoryboard                        // the WebVTT file of a storyboard
	onSheet                             // a sheet of a storyboard
	onContactSheet                      // the contact sheet of a video
	onDescription                       // the description of a video's file, which has no parameters
)

// schema describes the values of a parameter in the terms of JSON Schema.
type schema struct {
	kind       string // "integer", "number" or "string"
	min, max   float64
	multipleOf int      // 0 for any
	enum       []string // all values; nil for any
}

// parseQuery parses a query for a route. It accepts only the parameters of the route, each at most once, and
// ignores those of signed URLs. Its errors are video.Invalid.
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
			return params{}, video.Errorf(video.Invalid, "parameter %q is given %d times",
				row.name, len(texts))
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
			return params{}, video.Errorf(video.Invalid, "%s", row.conflict)
		}
	}
	return p, nil
}

// invalid returns the error for a text that is not a valid value.
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

// joinWords returns "a, b and c", or "none".
func joinWords(words []string) string {
	switch last := len(words) - 1; last {
	case -1:
		return "none"
	case 0:
		return words[0]
	default:
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
}

// query returns the canonical query for a route, with its question mark, or "": the parameters of the route
// whose values are not the default, in the order of paramTable.
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

// cut returns the Cut of a run of GOPs.
func (p params) cut(gops run) cut.Cut {
	return cut.Cut{
		Video: p.video, GOP: gops.first, More: gops.last - gops.first,
		Audio: p.audio, NoLeading: p.noLeading, Metadata: p.metadata,
		Edit: p.edit, Fragmented: p.stream,
	}
}

// thumbnail returns the Thumbnail of one GOP.
func (p params) thumbnail(gop int, format video.ImageFormat) cut.Thumbnail {
	return cut.Thumbnail{Video: p.video, GOP: gop, Format: format, Edit: p.edit}
}

// frame returns the Frame that p selects.
func (p params) frame(format video.ImageFormat) cut.Frame {
	return cut.Frame{
		Video: p.video, Number: p.number, ByTime: p.time.given, Time: p.time.micros,
		Format: format, Edit: p.edit,
	}
}

// storyboard returns the Storyboard that p describes.
func (p params) storyboard() cut.Storyboard {
	return cut.Storyboard{Video: p.video, Width: p.edit.Width, Every: p.every}
}

// contactSheet returns the ContactSheet that p describes.
func (p params) contactSheet(format video.ImageFormat) cut.ContactSheet {
	return cut.ContactSheet{
		Video: p.video, Width: p.edit.Width, Columns: p.tiles.columns, Rows: p.tiles.rows, Format: format,
	}
}
