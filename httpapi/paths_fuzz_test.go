package httpapi_test

import (
	"bufio"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// statuses are those of a GET without headers, except 500 and 499.
var statuses = []int{200, 307, 308, 400, 404, 413, 422, 503, 504}

// Every target has a documented status, and every link and redirect of its response works.
func FuzzPath(f *testing.F) {
	s := newMultiTrackLibrary()
	for name, kind := range map[string]video.Kind{
		"large.mp4": video.TooLarge, "bad.mp4": video.Unreadable, "busy.mp4": video.Unavailable,
		"slow.mp4":  video.Timeout,
		"panic.mp4": video.NotFound,
	} {
		s.errs[name] = video.Errorf(kind, "a reason")
	}
	handler := newHandlerWith(f, httpapi.NewDefaultConfig(), s, slog.New(slog.DiscardHandler))
	config := httpapi.NewDefaultConfig()
	config.URLKeys, config.Token = [][]byte{newKey}, token
	restricted := newHandlerWith(f, config, s, slog.New(slog.DiscardHandler))
	for name := range s.indexes {
		page := "/videos/" + (&url.URL{Path: name}).EscapedPath() + "/group-of-pictures"
		for _, rest := range []string{
			"", ".json", "/0.mp4", "/1.mp4?leading=0", "/", ".json/?audio=0&video=2", "/?q=é",
		} {
			f.Add(page + rest)
		}
		f.Add(strings.TrimSuffix(page, "/group-of-pictures") + ".json")
	}
	for _, target := range []string{
		"/", "/healthz", "/openapi.yaml/", "/videos/a.mp4", "/videos/%2F/..", "//evil.example/",
		"/videos/bad.mp4/group-of-pictures/0.mp4", "/videos/slow.mp4/group-of-pictures",
		"/videos/deep%2Fer/b.mp4/group-of-pictures/1.mp4", "/videos/%00/group-of-pictures",
		"/videos/../a.mp4/group-of-pictures", "/videos/many.mp4/group-of-pictures.json?audio=3",
		"/videos/a.mp4/group-of-pictures/-1.mp4", "http://example.org/healthz", "*",
	} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		request := requestFor(target)
		if request == nil {
			return // net/http refuses it
		}
		w := httptest.NewRecorder()
		restricted.ServeHTTP(w, request)
		require.True(t, w.Code >= 300 || w.Body.String() == "ok\n",
			"only /healthz and /readyz need no authorization")
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		require.Contains(t, statuses, w.Code)
		switch {
		case w.Code < 400 && w.Code >= 300:
			to := w.Header().Get("Location")
			require.Regexp(t, `^/[!-.0-~][!-~]*$`, to, "a path of this host, in ASCII")
			led := requestFor(to)
			require.NotNil(t, led)
			if w.Code == http.StatusPermanentRedirect {
				require.Equal(t, strings.Count(request.URL.EscapedPath(), "/")-1,
					strings.Count(led.URL.EscapedPath(), "/"))
			} else {
				require.Equal(t, request.URL.Path+"/group-of-pictures", led.URL.Path)
			}
		case w.Code >= 400:
			checkProblem(t, request, w)
		}
		for _, href := range hrefsIn(t, w) {
			w := httptest.NewRecorder()
			linked := requestFor(href)
			require.NotNil(t, linked, href)
			handler.ServeHTTP(w, linked)
			require.Equal(t, http.StatusOK, w.Code, href)
		}
	})
}

// requestFor returns a request as net/http parses it from a connection; nil if it refuses the target.
func requestFor(target string) *http.Request {
	if strings.ContainsAny(target, " \r\n") {
		return nil
	}
	text := "GET " + target + " HTTP/1.1\r\nHost: example.org\r\n\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil
	}
	return r
}

// checkProblem compares an error response with RFC 9457, section 3.1.
func checkProblem(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	var problem struct {
		Title, Detail, Instance string
		Status                  int
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
	require.Equal(t, http.StatusText(w.Code), problem.Title)
	require.Equal(t, w.Code, problem.Status)
	require.NotEmpty(t, problem.Detail)
	require.Equal(t, r.URL.EscapedPath(), problem.Instance)
	require.Equal(t, w.Code == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
}

var linkInPage = regexp.MustCompile(`(?:href|src)="(/videos/[^"]*)"`)

// hrefsIn returns the links of a listing or page, except those to videos that cannot be read.
func hrefsIn(t *testing.T, w *httptest.ResponseRecorder) (hrefs []string) {
	t.Helper()
	switch kind := w.Header().Get("Content-Type"); {
	case w.Code != http.StatusOK:
	case kind == "application/json" && w.Body.Bytes()[0] == '{': // a description
	case kind == "application/json":
		var entries []struct{ GOP struct{ Href string } }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &entries))
		require.Len(t, entries, 2)
		for _, e := range entries {
			hrefs = append(hrefs, e.GOP.Href)
		}
	case strings.HasPrefix(kind, "text/html"):
		for _, match := range linkInPage.FindAllStringSubmatch(w.Body.String(), -1) {
			hrefs = append(hrefs, html.UnescapeString(match[1]))
		}
		require.NotEmpty(t, hrefs)
		hrefs = slices.DeleteFunc(hrefs, func(href string) bool {
			return slices.ContainsFunc([]string{"large", "bad", "busy", "slow", "panic"},
				func(name string) bool {
					return strings.HasPrefix(href, "/videos/"+name+".mp4/")
				})
		})
	}
	return hrefs
}
