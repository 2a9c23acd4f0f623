package httpapi_test

import (
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

func TestLibraryPageViews(t *testing.T) {
	handler, _ := newHandler(t, newFolderLibrary())
	for query, want := range map[string]struct{ videos, folders []string }{
		"":               {[]string{"a.mp4", "z.mp4"}, []string{"/?folder=b", "/?folder=e"}},
		"?search=&sort=": {[]string{"a.mp4", "z.mp4"}, []string{"/?folder=b", "/?folder=e"}},
		"?sort=largest": {
			[]string{"z.mp4", "a.mp4"},
			[]string{"/?folder=b&sort=largest", "/?folder=e&sort=largest"},
		},
		"?folder=b":            {[]string{"Cat.mp4"}, []string{"/?folder=b%2Fc"}},
		"?folder=b/c":          {[]string{"cat 2.mp4", "d.mp4"}, nil},
		"?search=CAT":          {[]string{"b/Cat.mp4", "b/c/cat 2.mp4"}, nil},
		"?folder=b&search=cat": {[]string{"Cat.mp4", "c/cat 2.mp4"}, nil},
		"?search=.mp4&sort=newest": {[]string{
			"a.mp4", "b/Cat.mp4", "b/c/cat 2.mp4", "b/c/d.mp4", "e/f.mp4", "z.mp4",
		}, nil},
		"?search=.mp4&sort=largest": {[]string{
			"z.mp4", "e/f.mp4", "b/c/d.mp4", "b/c/cat 2.mp4", "b/Cat.mp4", "a.mp4",
		}, nil},
		"?search=f&sort=longest": {[]string{"e/f.mp4"}, nil},
		"?search=cat&sort=gops":  {[]string{"b/Cat.mp4", "b/c/cat 2.mp4"}, nil},
	} {
		t.Run(query, func(t *testing.T) {
			resp := get(t, handler, "/"+query)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			text := body(t, resp)
			assert.Equal(t, want.videos, hrefs(t, text, `data-name="([^"]*)"`))
			if folders := `<a class="name" href="(/\?[^"]*)"`; want.folders == nil {
				assert.NotRegexp(t, folders, text)
			} else {
				assert.Equal(t, want.folders, hrefs(t, text, folders))
			}
		})
	}
	for query, status := range map[string]int{
		"?folder=none": 404, "?folder=a.mp4": 404, "?folder=../b": 400, "?folder=/b": 400, "?folder=.": 400,
		"?sort=worst": 400, "?search=a&search=b": 400, "?search=%zz": 400,
		"?page=1": 200, "?page=2": 404, "?page=999999999": 404,
		"?page=0": 400, "?page=-1": 400, "?page=": 400,
		"?page=x": 400, "?page=99999999999999999999": 400,
	} {
		assert.Equal(t, status, get(t, handler, "/"+query).StatusCode, query)
	}
	text := body(t, get(t, handler, "/?search=none"))
	assert.Contains(t, text, "No video name here contains “none”.")
	assert.Contains(t, text, "0 of 6 videos match “none”")
}

// The page of a folder links to its parent folders, and the page of a video to the folders of the video.
func TestBreadcrumbs(t *testing.T) {
	handler, _ := newHandler(t, newFolderLibrary())
	text := body(t, get(t, handler, "/?folder=b/c&sort=newest"))
	assert.Contains(t, text,
		`<a href="/?sort=newest">Videos</a> / <a href="/?folder=b&amp;sort=newest">b</a> /`)
	assert.Contains(t, text, "<h1>c</h1>")
	assert.Contains(t, text, `<input type="hidden" name="folder" value="b/c">`)
	text = body(t, get(t, handler, "/videos/b/c/d.mp4/group-of-pictures"))
	assert.Contains(t, text,
		`<nav aria-label="Folders"><a href="/">Videos</a> / `+
			`<a href="/?folder=b">b</a> / <a href="/?folder=b%2Fc">c</a> / </nav>`)
	assert.Contains(t, text, "<title>b/c/d.mp4</title>")
	assert.Contains(t, text, "<h1>d.mp4</h1>")
	text = body(t, get(t, handler, "/videos/z.mp4/group-of-pictures"))
	assert.Contains(t, text, `<nav aria-label="Folders"><a href="/">Videos</a> / </nav>`)
	text = body(t, get(t, handler, "/videos/none.mp4/group-of-pictures", "Accept", "text/html"))
	assert.Contains(t, text, `<nav aria-label="Folders"><a href="/">Videos</a> / </nav>`)
}

// Videos that are not indexed yet come last, and the page shows the progress.
func TestPendingVideos(t *testing.T) {
	s := newFolderLibrary()
	s.pending = []string{"0.mp4", "b/1.mp4"}
	handler, _ := newHandler(t, s)
	text := body(t, get(t, handler, "/?sort=longest"))
	assert.Contains(t, text, `<progress id="progress" value="6" max="8">`)
	assert.Equal(t, []string{"a.mp4", "z.mp4", "0.mp4"}, hrefs(t, text, `data-name="([^"]*)"`))
	assert.Equal(t, 1, strings.Count(text, "data-pending"))
	assert.NotContains(t, body(t, get(t, handler, "/?folder=e")), "<progress")
}

// Links, thumbnails and the form of a signed library page keep its signature.
func TestLibraryLinksKeepTheSignature(t *testing.T) {
	config := httpapi.NewDefaultConfig()
	withKeys(&config)
	handler := newHandlerWith(t, config, newFolderLibrary(), slog.New(slog.DiscardHandler))
	signed := signedURL(t, newKey, "/", time.Now().Add(time.Hour))
	resp := get(t, handler, withSignature(signed, "/?folder=b"))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	text := body(t, resp)
	assert.Contains(t, text, `<input type="hidden" name="signature"`)
	for _, link := range append(hrefs(t, text, `<a [^>]*href="([^"]*)"`),
		hrefs(t, text, `<img src="([^"]*)"`)...) {
		assert.Equal(t, http.StatusOK, get(t, handler, link).StatusCode, link)
	}
}

func TestLibraryAndVideoPages(t *testing.T) {
	s := newFakeLibrary()
	s.errs["<bad>.mp4"] = video.Errorf(video.Unreadable, "damaged & truncated")
	handler, _ := newHandler(t, s)
	home := get(t, handler, "/")
	assert.Equal(t, "text/html; charset=utf-8", home.Header.Get("Content-Type"))
	assert.Contains(t, home.Header.Get("Content-Security-Policy"), "default-src 'none'")
	text := body(t, home)
	assert.Contains(t, text, `href="/?folder=deep"`)
	assert.Contains(t, text, `href="/videos/100%25.mp4/group-of-pictures"`)
	assert.Contains(t, text, "&lt;bad&gt;.mp4")
	assert.Contains(t, text, "damaged &amp; truncated")

	page := withoutVersions(body(t, get(t, handler, "/videos/my%20video.mp4/group-of-pictures")))
	assert.Equal(t, 2, strings.Count(page, "<img src="))
	assert.Contains(t, page, `src="/videos/my%20video.mp4/group-of-pictures/1.jpg"`)
	assert.Contains(t, page,
		`class="thumbnail" href="/videos/my%20video.mp4/group-of-pictures/1.mp4?leading=0"`)
	assert.Equal(t, 1, strings.Count(page, `class="badge"`), "one GOP is open")

	missing := get(t, handler, "/videos/none.mp4/group-of-pictures", "Accept", "text/html,*/*")
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", missing.Header.Get("Content-Type"))
	assert.Contains(t, body(t, missing), "there is no such video")
}

func TestEmptyLibraryPage(t *testing.T) {
	handler, _ := newHandler(t, &fakeLibrary{})
	resp := get(t, handler, "/")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, body(t, resp), "There are no videos")
}

// A page that has not changed is not made.
func TestLibraryPageIsRevalidated(t *testing.T) {
	s := newFolderLibrary()
	handler, _ := newHandler(t, s)
	const path = "/?folder=b&search=cat"
	first := get(t, handler, path)
	tag := first.Header.Get("ETag")
	assert.Equal(t, "gop; fwd=miss", first.Header.Get("Cache-Status"))
	assert.Equal(t, "gop; hit", get(t, handler, path).Header.Get("Cache-Status"))
	assert.Equal(t, "gop; hit", get(t, handler, "/?search=cat&folder=b&sort=").Header.Get("Cache-Status"))
	assert.NotEqual(t, tag, get(t, handler, "/?folder=b").Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, get(t, handler, path, "If-None-Match", tag).StatusCode)
	assert.Equal(t, http.StatusNotModified, get(t, handler, path, "If-None-Match", "*").StatusCode)
	missing := get(t, handler, "/?folder=none", "If-None-Match", "*")
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)

	s.pending = []string{"b/new cat.mp4"}
	for range 2 {
		resp := get(t, handler, path, "If-None-Match", tag)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Contains(t, body(t, resp), "new cat.mp4")
		assert.Equal(t, "gop; fwd=miss", resp.Header.Get("Cache-Status"), "the next one differs")
	}
}

// Folders, videos, a search and an order are spread over pages of 500.
func TestLibraryPages(t *testing.T) {
	s := newFolderLibrary()
	for i := range 1200 {
		name := fmt.Sprintf("many/%04d.mp4", i)
		if i < 600 {
			name = fmt.Sprintf("many/%04d/a.mp4", i)
		}
		ix := testIndex(name)
		ix.Video.Size = int64(i)
		s.indexes[name] = ix
	}
	handler, _ := newHandler(t, s)
	for _, c := range []struct {
		query           string
		folders, videos int
		first, last     string // video
		links           []string
	}{
		{"folder=many", 500, 0, "", "", []string{"Next 2", "Last 3"}},
		{"folder=many&page=1", 500, 0, "", "", []string{"Next 2", "Last 3"}},
		{"folder=many&page=2", 100, 400, "0600.mp4", "0999.mp4", []string{
			"First", "Previous", "Next 3", "Last 3",
		}},
		{"folder=many&page=3", 0, 200, "1000.mp4", "1199.mp4", []string{"First", "Previous 2"}},
		{"folder=many&sort=largest&page=2", 100, 400, "1199.mp4", "0800.mp4", []string{
			"First", "Previous", "Next 3", "Last 3",
		}},
		{"search=many", 0, 500, "many/0000/a.mp4", "many/0499/a.mp4", []string{"Next 2", "Last 3"}},
		{"search=many&page=3", 0, 200, "many/1000.mp4", "many/1199.mp4", []string{"First", "Previous 2"}},
		{"folder=many&search=1", 0, 471, "0001/a.mp4", "1199.mp4", nil},
	} {
		t.Run(c.query, func(t *testing.T) {
			text := body(t, get(t, handler, "/?"+c.query))
			assert.Equal(t, c.folders, strings.Count(text, `<li><a class="name" href="/?folder=`))
			assert.Equal(t, c.videos, strings.Count(text, "<li data-name="))
			if c.videos > 0 {
				names := hrefs(t, text, `data-name="([^"]*)"`)
				assert.Equal(t, []string{c.first, c.last}, []string{names[0], names[len(names)-1]})
			}
			query, err := url.ParseQuery(c.query)
			require.NoError(t, err)
			var links []string
			for _, link := range regexp.MustCompile(`<a href="([^"]*)"( rel="\w+")?>(\w+)</a>\n`).
				FindAllStringSubmatch(text, -1) {
				target, err := url.Parse(html.UnescapeString(link[1]))
				require.NoError(t, err)
				wantRel := map[string]string{"Next": ` rel="next"`, "Previous": ` rel="prev"`}[link[3]]
				assert.Equal(t, wantRel, link[2])
				for _, name := range []string{"folder", "search", "sort"} {
					assert.Equal(t, query.Get(name), target.Query().Get(name))
				}
				links = append(links, strings.TrimSpace(link[3]+" "+target.Query().Get("page")))
			}
			assert.Equal(t, c.links, links)
		})
	}
	text := body(t, get(t, handler, "/?folder=many&page=3"))
	assert.Contains(t, text, "Page 3 of 3")
	assert.Contains(t, text, "1200 videos")
	assert.Contains(t, text, "<h2>Videos</h2>", "the list has folders on another page")
	assert.Contains(t, body(t, get(t, handler, "/?search=many&page=2")), "1200 of 1206 videos match “many”")
	missing := body(t, get(t, handler, "/?folder=many&page=4"))
	assert.Contains(t, missing, "there is no page 4; the last is page 3")
}
