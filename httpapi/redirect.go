package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// hasTrailingSlash is a mux.MatcherFunc.
func hasTrailingSlash(r *http.Request, _ *mux.RouteMatch) bool {
	path := r.URL.EscapedPath()
	return len(path) > 1 && strings.HasSuffix(path, "/") && !strings.HasSuffix(path, "//")
}

// redirectTrailingSlash redirects to the path without its trailing slash. It redirects known prefixes only,
// so that no path can lead to another host.
func (s *server) redirectTrailingSlash(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimSuffix(r.URL.EscapedPath(), "/")
	others := []string{"/healthz", "/readyz", "/openapi.yaml"}
	if !strings.HasPrefix(path, "/videos/") && !slices.Contains(others, path) {
		return notFound()
	}
	s.redirect(w, r, path, http.StatusPermanentRedirect)
	return nil
}

// redirectToPage handles GET /videos/{name} with a redirect to the page of the video.
func (s *server) redirectToPage(w http.ResponseWriter, r *http.Request) error {
	name, err := videoName(r)
	if err != nil {
		return err
	}
	if strings.Contains(name, gopsSuffix+"/") {
		return notFound()
	}
	s.redirect(w, r, r.URL.EscapedPath()+gopsSuffix, http.StatusTemporaryRedirect)
	return nil
}

// redirect redirects to a path of this server, with the same query except for foreign parameters.
func (s *server) redirect(w http.ResponseWriter, r *http.Request, path string, status int) {
	path = siteOf(r).prefix + path
	if r.URL.RawQuery != "" {
		path += "?" + escapeNonASCII(r.URL.RawQuery)
	}
	s.varyBySite(w)
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
