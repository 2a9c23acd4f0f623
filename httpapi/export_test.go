package httpapi

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"gop/video"
)

// Chosen is what a request's query chooses: the number of the video track, how a GOP is cut, and
// the query that the server writes for that.
func Chosen(r *http.Request, gop int) (track int, cut video.Cut, query string, err error) {
	c, err := choiceOf(r, videoGrammar)
	return c.track(), c.cut(gop), c.query(), err
}

// Edited is the edit of a query's values, and the query that the server writes for it.
func Edited(values url.Values, still bool) (video.Edit, string, error) {
	e, err := editOf(values, still)
	return e, strings.Join(editQuery(e), "&"), err
}

// Paths is where there is something, with the names of variables alone.
func Paths() (paths []string) {
	for _, route := range (&server{}).routes() {
		paths = append(paths, regexp.MustCompile(`:[^{}]*\}`).ReplaceAllString(route.path, "}"))
	}
	return paths
}
