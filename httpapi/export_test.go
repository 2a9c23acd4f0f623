package httpapi

import (
	"net/http"
	"regexp"

	"gop/video"
	"gop/video/cut"
)

// ParsedCut parses the query of a segment and returns its Cut and canonical query.
func ParsedCut(rawQuery string, gop int) (cut.Cut, string, error) {
	p, err := parseQuery(rawQuery, onSegment)
	return p.cut(run{gop, gop}), p.query(onSegment), err
}

// ParsedClip parses the query of a clip and returns its Cut and canonical query.
func ParsedClip(rawQuery string) (cut.Cut, string, error) {
	p, err := parseQuery(rawQuery, onClip)
	c := p.cut(run{})
	c.Clip = p.part.clip()
	return c, p.query(onClip), err
}

// ParsedThumbnail parses the query of a thumbnail and returns its Thumbnail and canonical query.
func ParsedThumbnail(rawQuery string, gop int) (cut.Thumbnail, string, error) {
	p, err := parseQuery(rawQuery, onThumbnail)
	return p.thumbnail(gop, video.PNG), p.query(onThumbnail), err
}

// RouteNames returns the names of all routes by their paths, without the patterns of variables.
func RouteNames() map[string]string {
	names := map[string]string{}
	for _, route := range (&server{}).routes() {
		names[regexp.MustCompile(`:[^{}]*\}`).ReplaceAllString(route.path, "}")] = route.name
	}
	return names
}

// SegmentETag returns the entity tag of a segment.
func SegmentETag(build string, key video.SegmentKey) string { return segmentETag(build, key) }

// VersionOf returns the version of a video in URLs.
func VersionOf(build string, v video.Video) string { return versionOf(build, v) }

// RetryChanged calls handler, and once more if it returns video.ErrChanged.
func RetryChanged(
	handler func(http.ResponseWriter, *http.Request) error, w http.ResponseWriter, r *http.Request,
) error {
	return retryChanged(handler, w, r)
}

// Normalized returns a request in the form that handlers receive.
func Normalized(r *http.Request) (normalized *http.Request) {
	normalizeConditions(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		normalized = r
	})).ServeHTTP(nil, r)
	return normalized
}

// ETag returns the entity tag of a list of parts.
func ETag(parts ...string) string { return etag(parts...) }

// ParamRow is a row of paramTable.
type ParamRow struct {
	Name, Kind string
	Min, Max   float64
	MultipleOf int
	Enum       []string
}

// RouteSet is a set of routes for ParamRows.
type RouteSet = routeSet

// Sets of routes for ParamRows.
const (
	OnLibrary, OnPage, OnListing, OnVideo = onLibrary, onPage, onListing, onVideo
	OnSegment, OnClip, OnThumbnail        = onSegment, onClip, onThumbnail
	OnFrame, OnFrameList                  = onFrame, onFrameList
	OnStoryboard, OnSheet, OnContactSheet = onStoryboard, onSheet, onContactSheet
)

// ParamRows returns the rows of a route in canonical order.
func ParamRows(route routeSet) (rows []ParamRow) {
	for _, row := range paramTable {
		if row.routes&route != 0 {
			s := row.schema
			rows = append(rows, ParamRow{row.name, s.kind, s.min, s.max, s.multipleOf, s.enum})
		}
	}
	return rows
}
