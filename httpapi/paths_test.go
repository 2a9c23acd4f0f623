package httpapi_test

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLinksWorkForEveryName(t *testing.T) {
	for _, name := range []string{
		"a.mp4", "my video.mp4", "deep/er/b.mp4", "100%.mp4", "50%25.mp4", "a%2Fb.mp4", "q?a=b&c.mp4",
		"tag #1.mp4", "a+b.mp4", "日本/ü.mp4", "it's \"quoted\".mp4", "<b>.mp4", "c:d.mp4",
		"back\\slash.mp4", "new\nline.mp4", "group-of-pictures/0.mp4", "x/group-of-pictures.json/a.mp4",
		"trailing /a.mp4", "semi;colon,.mp4", "caf\xe9/d\xff.mp4", "caf%E9/d%FF.mp4",
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeLibrary()
			s.indexes = indexes(name)
			handler, _ := newHandler(t, s)
			home := body(t, get(t, handler, "/"))
			page := hrefs(t, home, `class="name" href="([^"]*)"`)[0]
			for strings.HasPrefix(page, "/?") { // a folder
				page = hrefs(t, body(t, get(t, handler, page)), `class="name" href="([^"]*)"`)[0]
			}
			resp := get(t, handler, page)
			require.Equal(t, http.StatusOK, resp.StatusCode, page)
			text := body(t, resp)
			assert.True(t, utf8.ValidString(home+text))

			listing := hrefs(t, text, `href="(/videos/[^"]*\.json)"`)[0]
			require.Equal(t, http.StatusOK, get(t, handler, listing).StatusCode, listing)
			segments := hrefs(t, text, `class="thumbnail" href="([^"]*)"`)
			require.Len(t, segments, 2)
			for _, thumbnail := range hrefs(t, text, `src="([^"]*\.jpg\?v=[^"]*)"`) {
				assert.Equal(t, http.StatusOK, get(t, handler, thumbnail).StatusCode, thumbnail)
			}
			for i, frame := range entries(t, s, listing) {
				href := frame["gop"].(map[string]any)["href"].(string)
				assert.Equal(t, href, strings.Replace(segments[i], "?leading=0&", "?", 1))
				assert.Equal(t, http.StatusOK, get(t, handler, href).StatusCode, href)
			}
		})
	}
}

// A GOP number consists of digits. Leading zeros do not change it.
func TestGOPNumbers(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	tag := get(t, handler, gopsPath+"/1.mp4").Header.Get("ETag")
	for number, status := range map[string]int{
		"1": 200, "01": 200, "2": 404, "2147483647": 404, "2147483648": 400, "18446744073709551617": 400,
		"-0": 400, "1e0": 400, "0x1": 400, "1_0": 400, "%201": 400, "1%20": 400, "%D9%A1": 400,
		"1%2F..%2F1": 400, "null": 400, "1,2": 400, "%00": 400,
	} {
		resp := get(t, handler, gopsPath+"/"+number+".mp4")
		assert.Equal(t, status, resp.StatusCode, number)
		if status == http.StatusOK {
			assert.Equal(t, tag, resp.Header.Get("ETag"), number)
		}
	}
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
		resp := get(t, handler, path)
		assert.Equal(t, status, resp.StatusCode, path)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), path)
		if status >= 400 {
			assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), path)
		}
	}
}

// A name that is not UTF-8 is printed with its bytes percent-encoded, a name that looks like that with one
// more escape, and both lead to their own video.
func TestNamesThatAreNotUTF8(t *testing.T) {
	s := newFakeLibrary()
	s.indexes = indexes("caf\xe9/a\xff.mp4")
	maps.Copy(s.indexes, indexes("caf%E9/a.mp4"))
	handler, log := newHandler(t, s)

	home := body(t, get(t, handler, "/"))
	assert.Contains(t, home, `<a class="name" href="/?folder=caf%25E9">caf%E9</a>`)
	assert.Contains(t, home, `<a class="name" href="/?folder=caf%2525E9">caf%25E9</a>`)
	for folder, want := range map[string]string{
		"caf%25E9":   `href="/videos/caf%E9/a%FF.mp4/group-of-pictures">a%FF.mp4</a>`,
		"caf%E9":     `href="/videos/caf%E9/a%FF.mp4/group-of-pictures">a%FF.mp4</a>`,
		"caf%2525E9": `href="/videos/caf%25E9/a.mp4/group-of-pictures">a.mp4</a>`,
	} {
		page := body(t, get(t, handler, "/?folder="+folder))
		assert.Contains(t, page, want, folder)
		// The form's field is the text that the parameter has.
		field := html.UnescapeString(hrefs(t, page, `name="folder" value="([^"]*)"`)[0])
		assert.Contains(t, body(t, get(t, handler, "/?folder="+url.QueryEscape(field))), want, folder)
	}
	for search, count := range map[string]int{"%25FF": 1, "%FF": 1, "caf": 2, "%2525E9": 1} {
		page := body(t, get(t, handler, "/?search="+search))
		assert.Equal(t, count, strings.Count(page, `<a class="name"`), search)
		assert.True(t, utf8.ValidString(page), search)
	}

	page := body(t, get(t, handler, "/videos/caf%E9/a%FF.mp4/group-of-pictures"))
	assert.Contains(t, page, "<title>caf%E9/a%FF.mp4")
	assert.Contains(t, page, `<a href="/?folder=caf%25E9">caf%E9</a>`)
	assert.Contains(t, log.String(), "path=/videos/caf%E9/a%FF.mp4/group-of-pictures status=200")
	assert.Contains(t, log.String(), "video=caf%E9/a%FF.mp4")
}
