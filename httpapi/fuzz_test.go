package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// documented are the statuses that there are without overload or a fault.
var documented = []int{200, 308, 400, 404, 405, 413, 414, 422}

// FuzzTarget asks for any path and query: the answer is one that the description knows, a refusal is a problem,
// what a listing leads to is there, and nothing is had from a guarded server.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"/", "/healthz", "/readyz", "/openapi.yaml", "/healthz/", "//", "/videos/", "/videos//group-of-pictures",
		grid, grid + "/", grid + ".json", grid + "/0.mp4", grid + "/9.mp4", grid + "/x.mp4", grid + "/-1.mp4", grid + "/99999999999999999999.mp4",
		grid + "/0.mp4?audio=0&leading=0&video=1", grid + ".json?leading=0", grid + "?video=2", grid + "?video=", grid + "?audio=%zz", grid + "?a=b",
		"/videos/deep%2Fer%2Fb.mp4/group-of-pictures.json", "/videos/deep/er/b.mp4/group-of-pictures/1.mp4", "/videos/..%2f..%2fetc%2fpasswd/group-of-pictures",
		"/videos/100%25.mp4/group-of-pictures.json", "/videos/%00/group-of-pictures.json", "/videos/a.mp4/group-of-pictures.json/group-of-pictures.json",
		"http://other.example/videos/a.mp4/group-of-pictures.json", "*", grid + "/0.mp4?expires=1&signature=AAAA",
		"/videos/many.mp4/group-of-pictures.json?video=2&audio=2",
	} {
		f.Add(target)
	}
	open := fuzzed(f, httpapi.NewDefaultConfig())
	config := httpapi.NewDefaultConfig()
	config.URLKeys, config.Token = [][]byte{newKey}, token
	closed := fuzzed(f, config)
	f.Fuzz(func(t *testing.T, target string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: gop\r\n\r\n")))
		if err != nil {
			return // net/http refuses it before anybody sees it
		}
		w := httptest.NewRecorder()
		open.ServeHTTP(w, r)
		require.Contains(t, documented, w.Code)
		if w.Code >= 400 {
			var problem struct {
				Title, Detail, Instance, ID string
				Status                      int
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
			require.Equal(t, w.Code, problem.Status)
			require.NotEmpty(t, problem.Detail)
			require.Equal(t, w.Header().Get("X-Request-Id"), problem.ID)
		}
		if to := w.Header().Get("Location"); to != "" {
			require.True(t, strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//"), "leads to another host: %s", to)
		}
		if w.Header().Get("Content-Type") == "application/json" {
			followLinks(t, open, w.Body.Bytes())
		}

		guarded := httptest.NewRecorder()
		closed.ServeHTTP(guarded, r)
		if guarded.Code < 300 {
			require.Equal(t, "ok\n", guarded.Body.String(), "nothing but health is had")
		}
	})
}

// fuzzed is a handler that logs nothing.
func fuzzed(f *testing.F, config httpapi.Config) http.Handler {
	f.Helper()
	return handlerOf(f, config, ofMany(), slog.New(slog.DiscardHandler))
}

// followLinks asks for all GOPs of a listing, and for the listing that its links' query asks for, which is the same.
func followLinks(t *testing.T, handler http.Handler, listing []byte) {
	t.Helper()
	var entries []struct{ GOP struct{ Href string } }
	require.NoError(t, json.Unmarshal(listing, &entries))
	for _, e := range entries {
		require.Equal(t, http.StatusOK, ask(t, handler, http.MethodGet, e.GOP.Href).StatusCode, e.GOP.Href)
		path, query, _ := strings.Cut(e.GOP.Href, "?")
		again := ask(t, handler, http.MethodGet, path[:strings.LastIndex(path, "/")]+".json?"+query)
		require.Equal(t, string(listing), body(t, again))
	}
}

// FuzzConditional asks for a GOP with any preconditions and ranges: the answer is what net/http makes of the same
// bytes in one piece.
func FuzzConditional(f *testing.F) {
	for _, seed := range [][4]string{
		{"", "", "", ""}, {"bytes=0-1", "", "", ""}, {"bytes=2-3,5-", "", "", ""}, {"bytes=-3", `"tag"`, "", ""}, {"bytes=9-1", "", "", ""},
		{"bytes=10-", "", "", ""}, {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9", "", "", ""}, {"lines=1-2", "", "", ""},
		{"", "", "*", ""}, {"", "", `W/"x", "tag"`, ""}, {"", "", "", "*"}, {"", "", "", `"tag"`}, {"bytes=1-2", "Fri, 02 Jan 2026 03:04:05 GMT", "", ""},
		{"bytes=99999999999999999999-", "", "", ""}, {"bytes=-0", "", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], "Fri, 02 Jan 2026 03:04:05 GMT", "")
		f.Add(seed[0], seed[1], seed[2], seed[3], "", "Thu, 01 Jan 1970 00:00:00 GMT")
	}
	handler := fuzzed(f, httpapi.NewDefaultConfig())
	first := httptest.NewRecorder()
	handler.ServeHTTP(first, httptest.NewRequest(http.MethodGet, grid+"/0.mp4", nil))
	tag, whole := first.Header().Get("ETag"), first.Body.Bytes()
	f.Fuzz(func(t *testing.T, ranges, ifRange, ifNoneMatch, ifMatch, ifModified, ifUnmodified string) {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := httptest.NewRequest(method, grid+"/0.mp4", nil)
			for name, value := range map[string]string{
				"Range": ranges, "If-Range": ifRange, "If-None-Match": ifNoneMatch, "If-Match": ifMatch,
				"If-Modified-Since": ifModified, "If-Unmodified-Since": ifUnmodified,
			} {
				if value = strings.ReplaceAll(value, `"tag"`, tag); value != "" {
					r.Header.Set(name, value)
				}
			}
			got, want := httptest.NewRecorder(), httptest.NewRecorder()
			handler.ServeHTTP(got, r)
			want.Header().Set("ETag", tag)
			want.Header().Set("Content-Type", "video/mp4")
			http.ServeContent(want, r, "", modified, bytes.NewReader(whole))
			require.Equal(t, want.Code, got.Code)
			for _, name := range []string{"Content-Range", "Last-Modified", "ETag"} {
				require.Equal(t, want.Header().Get(name), got.Header().Get(name), name)
			}
			wantParts, gotParts := parts(t, want), parts(t, got)
			require.Equal(t, wantParts, gotParts)
		}
	})
}

// parts is what an answer consists of, without the borders, which are drawn by lot.
func parts(t *testing.T, w *httptest.ResponseRecorder) (all []string) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" || w.Body.Len() == 0 {
		return []string{w.Header().Get("Content-Type"), w.Header().Get("Content-Length"), w.Body.String()}
	}
	reader := multipart.NewReader(w.Body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return slices.Clip(all)
		}
		require.NoError(t, err)
		text, err := io.ReadAll(part)
		require.NoError(t, err)
		all = append(all, part.Header.Get("Content-Range"), part.Header.Get("Content-Type"), string(text))
	}
}
