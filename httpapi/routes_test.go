package httpapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

const gopsPath = "/videos/a.mp4/group-of-pictures"

func TestListingGolden(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, gopsPath+".json")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var value any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &value))
	got, err := json.MarshalIndent(value, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "listing.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err, "go test ./httpapi -update makes it")
	assert.JSONEq(t, string(want), string(got))
}

func TestNamesInPaths(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, status := range map[string]int{
		"/videos/a.mp4/group-of-pictures.json":                     200,
		"/videos/%61.mp4/group-of-pictures.json":                   200,
		"/videos/my%20video.mp4/group-of-pictures.json":            200,
		"/videos/deep/er/b.mp4/group-of-pictures.json":             200,
		"/videos/deep%2Fer%2fb.mp4/group-of-pictures/1.mp4":        200,
		"/videos/100%25.mp4/group-of-pictures":                     200,
		"/videos/%E6%97%A5%E6%9C%AC.mp4/group-of-pictures/0.mp4":   200,
		"/videos/日本.mp4/group-of-pictures.json":                    200,
		"/videos/none.mp4/group-of-pictures.json":                  404,
		"/videos/../a.mp4/group-of-pictures.json":                  404,
		"/videos/..%2fa.mp4/group-of-pictures.json":                404,
		"/videos//a.mp4/group-of-pictures.json":                    404,
		"/videos/%00/group-of-pictures.json":                       404,
		"/videos/a.mp4":                                            307,
		"/videos/a.mp4/group-of-pictures/0.webm":                   404,
		"/videos/":                                                 404,
		"/none":                                                    404,
		"/videos/a.mp4/group-of-pictures/2.mp4":                    404,
		"/videos/a.mp4/group-of-pictures/-1.mp4":                   400,
		"/videos/a.mp4/group-of-pictures/+1.mp4":                   400,
		"/videos/a.mp4/group-of-pictures/x.mp4":                    400,
		"/videos/a.mp4/group-of-pictures/1.5.mp4":                  400,
		"/videos/a.mp4/group-of-pictures/.mp4":                     400,
		"/videos/a.mp4/group-of-pictures/99999999999999999999.mp4": 400,
		"/":             200,
		"/healthz":      200,
		"/openapi.yaml": 200,
	} {
		resp := do(t, handler, http.MethodGet, path)
		assert.Equal(t, status, resp.StatusCode, path)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), path)
		if status >= 400 {
			assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), path)
		}
	}
}

func TestTrailingSlash(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, want := range map[string]string{
		gopsPath + "/":       gopsPath,
		gopsPath + ".json/":  gopsPath + ".json",
		gopsPath + "/0.mp4/": gopsPath + "/0.mp4",
		"/videos/my%20video.mp4/group-of-pictures/?a=b":   "/videos/my%20video.mp4/group-of-pictures?a=b",
		"/videos/my%20video.mp4/group-of-pictures/?é=%C3": "/videos/my%20video.mp4/group-of-pictures?%C3%A9=%C3",
	} {
		resp := do(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusPermanentRedirect, resp.StatusCode, path)
		assert.Equal(t, want, resp.Header.Get("Location"), path)
	}
	for _, path := range []string{"//evil.example/", "/none/", gopsPath + "//"} {
		assert.Equal(t, http.StatusNotFound, do(t, handler, http.MethodGet, path).StatusCode, path)
	}
}

// People type the name of a video alone.
func TestNameLeadsToThePage(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, want := range map[string]string{
		"/videos/a.mp4":                 gopsPath,
		"/videos/a.mp4?video=1&é=%C3":   gopsPath + "?video=1&%C3%A9=%C3",
		"/videos/my%20video.mp4":        "/videos/my%20video.mp4/group-of-pictures",
		"/videos/deep%2Fer/b.mp4":       "/videos/deep%2Fer/b.mp4/group-of-pictures",
		"/videos/%2F%2Fevil.example":    "/videos/%2F%2Fevil.example/group-of-pictures",
		"/videos/..%2F..%2Fa":           "/videos/..%2F..%2Fa/group-of-pictures",
		"/videos/group-of-pictures.mp4": "/videos/group-of-pictures.mp4/group-of-pictures",
	} {
		resp := do(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode, path)
		assert.Equal(t, want, resp.Header.Get("Location"), path)
	}
}

func TestMethods(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range []string{"/", "/healthz", gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			resp := do(t, handler, method, path)
			assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, "%s %s", method, path)
			assert.Equal(t, "GET, HEAD, OPTIONS", resp.Header.Get("Allow"), "%s %s", method, path)
		}
		options := do(t, handler, http.MethodOptions, path)
		assert.Equal(t, http.StatusNoContent, options.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", options.Header.Get("Allow"), path)
		head, get := do(t, handler, http.MethodHead, path), do(t, handler, http.MethodGet, path)
		assert.Equal(t, get.StatusCode, head.StatusCode, path)
		assert.Equal(t, get.Header.Get("Content-Type"), head.Header.Get("Content-Type"), path)
	}
}

func TestCORS(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, gopsPath+"/0.mp4", "Origin", "https://editor.example")
	assert.Equal(t, "*", resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, strings.ToLower(resp.Header.Get("Access-Control-Expose-Headers")), "content-range")
	preflight := do(t, handler, http.MethodOptions, gopsPath+"/0.mp4", "Origin", "https://editor.example",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
	assert.Equal(t, http.StatusNoContent, preflight.StatusCode)
	assert.Equal(t, "*", preflight.Header.Get("Access-Control-Allow-Origin"))
	assert.NotEmpty(t, preflight.Header.Get("Access-Control-Allow-Headers"))
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		detail string
	}{
		"too large":   {video.WrapError(video.TooLarge, errors.New("inner"), "large"), 413, "large"},
		"unreadable":  {video.WrapError(video.Unreadable, errors.New("inner"), "damaged"), 422, "damaged"},
		"unavailable": {video.Errorf(video.Unavailable, "busy"), 503, "busy"},
		"timeout":     {video.WrapError(video.Timeout, errors.New("inner"), ""), 504, "the request took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeLibrary()
			s.errs["a.mp4"] = c.err
			handler, _ := newHandler(t, s)
			resp := do(t, handler, http.MethodGet, gopsPath+".json")
			assert.Equal(t, c.status, resp.StatusCode)
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			assert.Equal(t, c.status == 503, resp.Header.Get("Retry-After") == "1")
			var problem struct {
				Title, Detail, Instance string
				Status                  int
			}
			require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &problem))
			assert.Equal(t, c.status, problem.Status)
			assert.Equal(t, c.detail, problem.Detail)
			assert.Equal(t, gopsPath+".json", problem.Instance)
			assert.Equal(t, http.StatusText(c.status), problem.Title)
		})
	}
}

// What is the server's fault has an id, in the answer and in the log, and says no more.
func TestFailuresHaveAnID(t *testing.T) {
	s := newFakeLibrary()
	s.errs["a.mp4"] = errors.New("secret inner text")
	for _, path := range []string{gopsPath + ".json", "/videos/panic.mp4/group-of-pictures.json"} {
		handler, log := newHandler(t, s)
		resp := do(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		text := body(t, resp)
		assert.NotContains(t, text, "secret")
		assert.NotContains(t, text, "a bug")
		id := regexp.MustCompile(`under id (\w{10,})`).FindStringSubmatch(text)
		require.NotNil(t, id, text)
		assert.Contains(t, log.String(), id[1])
		assert.Regexp(t, "secret inner text|a bug", log.String())
	}
}

func TestPages(t *testing.T) {
	s := newFakeLibrary()
	s.errs["<bad>.mp4"] = video.Errorf(video.Unreadable, "damaged & torn")
	handler, _ := newHandler(t, s)
	home := do(t, handler, http.MethodGet, "/")
	assert.Equal(t, "text/html; charset=utf-8", home.Header.Get("Content-Type"))
	assert.Contains(t, home.Header.Get("Content-Security-Policy"), "default-src 'none'")
	text := body(t, home)
	assert.Contains(t, text, `href="/?folder=deep"`)
	assert.Contains(t, text, `href="/videos/100%25.mp4/group-of-pictures"`)
	assert.Contains(t, text, "&lt;bad&gt;.mp4")
	assert.Contains(t, text, "damaged &amp; torn")

	page := body(t, do(t, handler, http.MethodGet, "/videos/my%20video.mp4/group-of-pictures"))
	assert.Equal(t, 2, strings.Count(page, "<img src="))
	assert.Contains(t, page, `src="/videos/my%20video.mp4/group-of-pictures/1.jpg"`)
	assert.Contains(t, page, `class="thumbnail" href="/videos/my%20video.mp4/group-of-pictures/1.mp4?leading=0"`)
	assert.Equal(t, 1, strings.Count(page, `class="badge"`), "one GOP is open")

	missing := do(t, handler, http.MethodGet, "/videos/none.mp4/group-of-pictures", "Accept", "text/html,*/*")
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", missing.Header.Get("Content-Type"))
	assert.Contains(t, body(t, missing), "there is no such video")
}
