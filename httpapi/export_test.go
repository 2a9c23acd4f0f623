package httpapi

import (
	"regexp"

	"gop/video"
	"gop/video/cut"
)

// ParsedCut returns the Cut of a query on the route of segments, and its canonical query.
func ParsedCut(rawQuery string, gop int) (cut.Cut, string, error) {
	p, err := parseQuery(rawQuery, onSegment)
	return p.cut(gop), p.query(onSegment), err
}

// ParsedThumbnail returns the Thumbnail of a query, and its canonical query.
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

// ETag returns the entity tag of parts.
func ETag(parts ...string) string { return etag(parts...) }

// ParamRow is a row of the table of parameters, for one route.
type ParamRow struct {
	Name, Kind string
	Min, Max   float64
	MultipleOf int
	Enum       []string
}

// The sets of routes, for ParamRows.
const (
	OnLibrary, OnVideo, OnSegment, OnThumbnail = onLibrary, onVideo, onSegment, onThumbnail
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
