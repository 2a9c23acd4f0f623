package httpapi

import (
	"fmt"
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
	p.signature = grantOf(r).query
	return name, p, nil
}

// videoName returns the name in the path, unescaped. The library knows whether there is such a video.
func videoName(r *http.Request) (string, error) {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil { // cannot happen: net/url has parsed the path
		return "", video.WrapError(video.Invalid, err, "the path is not escaped correctly")
	}
	logEntryOf(r).Video = name
	return name, nil
}

// gopNumber returns the number in the path. A number that no video can have is invalid.
func gopNumber(r *http.Request) (int, error) {
	text := mux.Vars(r)["gop"]
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, video.Errorf(video.Invalid, "the GOP must be a whole number from 0, not %q", text)
	}
	logEntryOf(r).GOP = int(n)
	return int(n), nil
}

// gopsSuffix follows the name of a video in the paths of its GOPs.
const gopsSuffix = "/group-of-pictures"

// videoPath returns the path of a video's page. Slashes in the name stay unescaped.
func videoPath(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/videos/" + strings.Join(parts, "/") + gopsSuffix
}

// segmentURL returns the path and query of a GOP's mp4.
func segmentURL(name string, gop int, p params) string {
	return videoPath(name) + "/" + strconv.Itoa(gop) + ".mp4" + p.query(onSegment)
}

// thumbnailURL returns the path and query of a GOP's thumbnail.
func thumbnailURL(name string, gop int, p params) string {
	return videoPath(name) + "/" + strconv.Itoa(gop) + ".jpg" + p.query(onThumbnail)
}

func hasTrailingSlash(r *http.Request, _ *mux.RouteMatch) bool {
	path := r.URL.EscapedPath()
	return len(path) > 1 && strings.HasSuffix(path, "/") && !strings.HasSuffix(path, "//")
}

func notFound() error { return video.Errorf(video.NotFound, "not found") }

// redirectTrailingSlash redirects to the path without its trailing slash. It redirects known prefixes only,
// so that no path can lead to another host.
func redirectTrailingSlash(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimSuffix(r.URL.EscapedPath(), "/")
	if !strings.HasPrefix(path, "/videos/") && path != "/healthz" && path != "/readyz" && path != "/openapi.yaml" {
		return notFound()
	}
	redirect(w, r, path, http.StatusPermanentRedirect)
	return nil
}

// redirectToPage answers GET /videos/{name} with a redirect to the page of the video.
func redirectToPage(w http.ResponseWriter, r *http.Request) error {
	name, err := videoName(r)
	if err != nil {
		return err
	}
	if strings.Contains(name, gopsSuffix+"/") {
		return notFound()
	}
	redirect(w, r, r.URL.EscapedPath()+gopsSuffix, http.StatusTemporaryRedirect)
	return nil
}

// redirect redirects to a path of this server, with the same query.
func redirect(w http.ResponseWriter, r *http.Request, path string, status int) {
	if r.URL.RawQuery != "" {
		path += "?" + escapeNonASCII(r.URL.RawQuery)
	}
	w.Header().Set("Location", path)
	w.WriteHeader(status)
}

// escapeNonASCII escapes the bytes of a query that no URI may contain (RFC 3986, section 2). net/http accepts
// them.
func escapeNonASCII(query string) string {
	var escaped strings.Builder
	for _, b := range []byte(query) {
		if b < 0x80 {
			escaped.WriteByte(b)
		} else {
			fmt.Fprintf(&escaped, "%%%02X", b)
		}
	}
	return escaped.String()
}
