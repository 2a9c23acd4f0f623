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

const grid = "/videos/a.mp4/group-of-pictures"

func TestListingGolden(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, grid+".json")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	var value any
	require.NoError(t, json.Unmarshal([]byte(body(t, answer)), &value))
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
	handler, _ := serverOf(t, newShelf())
	for path, status := range map[string]int{
		"/videos/a.mp4/group-of-pictures.json":                     200,
		"/videos/%61.mp4/group-of-pictures.json":                   200,
		"/videos/my%20film.mp4/group-of-pictures.json":             200,
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
		answer := ask(t, handler, http.MethodGet, path)
		assert.Equal(t, status, answer.StatusCode, path)
		assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"), path)
		if status >= 400 {
			assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"), path)
		}
	}
}

func TestTrailingSlash(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for path, want := range map[string]string{
		grid + "/":       grid,
		grid + ".json/":  grid + ".json",
		grid + "/0.mp4/": grid + "/0.mp4",
		"/videos/my%20film.mp4/group-of-pictures/?a=b":   "/videos/my%20film.mp4/group-of-pictures?a=b",
		"/videos/my%20film.mp4/group-of-pictures/?é=%C3": "/videos/my%20film.mp4/group-of-pictures?%C3%A9=%C3",
	} {
		answer := ask(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusPermanentRedirect, answer.StatusCode, path)
		assert.Equal(t, want, answer.Header.Get("Location"), path)
	}
	for _, path := range []string{"//evil.example/", "/none/", grid + "//"} {
		assert.Equal(t, http.StatusNotFound, ask(t, handler, http.MethodGet, path).StatusCode, path)
	}
}

// People type the name of a video alone.
func TestNameLeadsToThePage(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for path, want := range map[string]string{
		"/videos/a.mp4":                 grid,
		"/videos/a.mp4?video=1&é=%C3":   grid + "?video=1&%C3%A9=%C3",
		"/videos/my%20film.mp4":         "/videos/my%20film.mp4/group-of-pictures",
		"/videos/deep%2Fer/b.mp4":       "/videos/deep%2Fer/b.mp4/group-of-pictures",
		"/videos/%2F%2Fevil.example":    "/videos/%2F%2Fevil.example/group-of-pictures",
		"/videos/..%2F..%2Fa":           "/videos/..%2F..%2Fa/group-of-pictures",
		"/videos/group-of-pictures.mp4": "/videos/group-of-pictures.mp4/group-of-pictures",
	} {
		answer := ask(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusTemporaryRedirect, answer.StatusCode, path)
		assert.Equal(t, want, answer.Header.Get("Location"), path)
	}
}

func TestMethods(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for _, path := range []string{"/", "/healthz", grid, grid + ".json", grid + "/0.mp4"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			answer := ask(t, handler, method, path)
			assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, "%s %s", method, path)
			assert.Equal(t, "GET, HEAD, OPTIONS", answer.Header.Get("Allow"), "%s %s", method, path)
		}
		options := ask(t, handler, http.MethodOptions, path)
		assert.Equal(t, http.StatusNoContent, options.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", options.Header.Get("Allow"), path)
		head, get := ask(t, handler, http.MethodHead, path), ask(t, handler, http.MethodGet, path)
		assert.Equal(t, get.StatusCode, head.StatusCode, path)
		assert.Equal(t, get.Header.Get("Content-Type"), head.Header.Get("Content-Type"), path)
	}
}

func TestCORS(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, grid+"/0.mp4", "Origin", "https://editor.example")
	assert.Equal(t, "*", answer.Header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, strings.ToLower(answer.Header.Get("Access-Control-Expose-Headers")), "content-range")
	preflight := ask(t, handler, http.MethodOptions, grid+"/0.mp4", "Origin", "https://editor.example",
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
			s := newShelf()
			s.errs["a.mp4"] = c.err
			handler, _ := serverOf(t, s)
			answer := ask(t, handler, http.MethodGet, grid+".json")
			assert.Equal(t, c.status, answer.StatusCode)
			assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			assert.Equal(t, c.status == 503, answer.Header.Get("Retry-After") == "1")
			var problem struct {
				Title, Detail, Instance string
				Status                  int
			}
			require.NoError(t, json.Unmarshal([]byte(body(t, answer)), &problem))
			assert.Equal(t, c.status, problem.Status)
			assert.Equal(t, c.detail, problem.Detail)
			assert.Equal(t, grid+".json", problem.Instance)
			assert.Equal(t, http.StatusText(c.status), problem.Title)
		})
	}
}

// What is the server's fault has an id, in the answer and in the log, and says no more.
func TestFailuresHaveAnID(t *testing.T) {
	s := newShelf()
	s.errs["a.mp4"] = errors.New("secret inner text")
	for _, path := range []string{grid + ".json", "/videos/panic.mp4/group-of-pictures.json"} {
		handler, log := serverOf(t, s)
		answer := ask(t, handler, http.MethodGet, path)
		assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
		text := body(t, answer)
		assert.NotContains(t, text, "secret")
		assert.NotContains(t, text, "a bug")
		id := regexp.MustCompile(`under id (\w{10,})`).FindStringSubmatch(text)
		require.NotNil(t, id, text)
		assert.Contains(t, log.String(), id[1])
		assert.Regexp(t, "secret inner text|a bug", log.String())
	}
}

func TestPages(t *testing.T) {
	s := newShelf()
	s.errs["<bad>.mp4"] = video.Errorf(video.Unreadable, "damaged & torn")
	handler, _ := serverOf(t, s)
	home := ask(t, handler, http.MethodGet, "/")
	assert.Equal(t, "text/html; charset=utf-8", home.Header.Get("Content-Type"))
	assert.Contains(t, home.Header.Get("Content-Security-Policy"), "default-src 'none'")
	text := body(t, home)
	assert.Contains(t, text, `href="/?folder=deep"`)
	assert.Contains(t, text, `href="/videos/100%25.mp4/group-of-pictures"`)
	assert.Contains(t, text, "&lt;bad&gt;.mp4")
	assert.Contains(t, text, "damaged &amp; torn")

	page := body(t, ask(t, handler, http.MethodGet, "/videos/my%20film.mp4/group-of-pictures"))
	assert.Equal(t, 2, strings.Count(page, "<img src="))
	assert.Contains(t, page, `src="/videos/my%20film.mp4/group-of-pictures/1.jpg"`)
	assert.Contains(t, page, `class="thumbnail" href="/videos/my%20film.mp4/group-of-pictures/1.mp4?leading=0"`)
	assert.Equal(t, 1, strings.Count(page, `class="badge"`), "one GOP is open")

	missing := ask(t, handler, http.MethodGet, "/videos/none.mp4/group-of-pictures", "Accept", "text/html,*/*")
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", missing.Header.Get("Content-Type"))
	assert.Contains(t, body(t, missing), "there is no such video")
}
