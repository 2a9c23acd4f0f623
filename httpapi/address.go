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

// videoName is the name that the path holds, unescaped. Whether there is such a video is the
// library's to say.
func videoName(r *http.Request) (string, error) {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil { // net/url has already parsed the path, so this cannot be
		return "", video.WrapError(video.Invalid, err, "the path is not escaped as a path must be")
	}
	recordOf(r).Video = name
	return name, nil
}

// gopNumber is the number that the path holds: digits alone. A number too large for any video is
// none.
func gopNumber(r *http.Request) (int, error) {
	text := mux.Vars(r)["gop"]
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, video.Errorf(video.Invalid, "the number of a GOP is a whole number from 0, in digits; this is %q", text)
	}
	recordOf(r).GOP = int(n)
	return int(n), nil
}

// gopsOf stands behind the name of a video, where its GOPs are.
const gopsOf = "/group-of-pictures"

// videoPath is the path of a video's page. The slashes of the name stay what they are.
func videoPath(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/videos/" + strings.Join(parts, "/") + gopsOf
}

// segmentPath is the path of a GOP's mp4, and the query that makes the choice.
func segmentPath(name string, gop int, c choice) string {
	return videoPath(name) + "/" + strconv.Itoa(gop) + ".mp4" + c.query()
}

func hasTrailingSlash(r *http.Request, _ *mux.RouteMatch) bool {
	path := r.URL.EscapedPath()
	return len(path) > 1 && strings.HasSuffix(path, "/") && !strings.HasSuffix(path, "//")
}

// redirectTrailingSlash leads to the path without the slash at its end. Only a path that begins
// with a known word is led on, so that no path can be made to name another host.
func redirectTrailingSlash(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimSuffix(r.URL.EscapedPath(), "/")
	if !strings.HasPrefix(path, "/videos/") && path != "/healthz" && path != "/readyz" && path != "/openapi.yaml" {
		return video.Errorf(video.NotFound, "there is nothing at this address")
	}
	redirect(w, r, path, http.StatusPermanentRedirect)
	return nil
}

// redirectToPage answers GET /videos/{name}, which people type: it leads to the page of the video.
func redirectToPage(w http.ResponseWriter, r *http.Request) error {
	name, err := videoName(r)
	if err != nil {
		return err
	}
	if strings.Contains(name, gopsOf+"/") {
		return video.Errorf(video.NotFound, "there is nothing at this address")
	}
	redirect(w, r, r.URL.EscapedPath()+gopsOf, http.StatusTemporaryRedirect)
	return nil
}

// redirect leads to a path of this server, with the same query.
func redirect(w http.ResponseWriter, r *http.Request, path string, status int) {
	if r.URL.RawQuery != "" {
		path += "?" + inASCII(r.URL.RawQuery)
	}
	w.Header().Set("Location", path)
	w.WriteHeader(status)
}

// inASCII escapes the bytes of a query that no URI may have (RFC 3986, section 2). net/http lets
// them in.
func inASCII(query string) string {
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
