package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

const token = "a-token-of-some-length"

var (
	newKey, oldKey = bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 32)
	foreignKey     = bytes.Repeat([]byte{3}, 16)
)

func withKeys(c *httpapi.Config) { c.URLKeys = [][]byte{newKey, oldKey} }

func signedURL(t *testing.T, key []byte, target string, until time.Time) string {
	t.Helper()
	signed, err := httpapi.Sign(key, target, until)
	require.NoError(t, err)
	return signed
}

// withSignature returns target with the signature of a signed URL.
func of(signed, target string) string {
	u, err := url.Parse(signed)
	if err != nil {
		panic(err)
	}
	mark := "?"
	if strings.Contains(target, "?") {
		mark = "&"
	}
	return target + mark + "expires=" + u.Query().Get("expires") + "&signature=" + u.Query().Get("signature")
}

func TestSignedURLs(t *testing.T) {
	handler, _ := newRestrictedHandler(t, withKeys)
	const gop, other = gopsPath + "/1.mp4", "/videos/my%20video.mp4/group-of-pictures"
	hour := time.Now().Add(time.Hour)
	forGOP := signedURL(t, newKey, gop, hour)
	forTracks := signedURL(t, newKey, gop+"?leading=0&audio=0", hour)
	forEdit := signedURL(t, newKey, gop+"?gray=1&crop=64:32", hour)
	forVideo := signedURL(t, newKey, gopsPath, hour)
	forAll := signedURL(t, newKey, "/", hour)
	for _, test := range []struct {
		name, target string
		status       int
	}{
		{"a GOP", forGOP, 200},
		{"by the key before", signedURL(t, oldKey, gop, hour), 200},
		{"by a key that is none", signedURL(t, foreignKey, gop, hour), 403},
		{"no signature", gop, 403},
		{"expired", signedURL(t, newKey, gop, time.Now().Add(-time.Second)), 403},
		{"for another GOP", of(forGOP, gopsPath+"/0.mp4"), 403},
		{"for another video", of(forGOP, other+"/1.mp4"), 403},
		{"with another query", of(forGOP, gop+"?audio=0"), 403},
		{"for its page", of(forGOP, gopsPath), 403},
		{"for its listing", of(forGOP, gopsPath+".json"), 403},
		{"with its query", forTracks, 200},
		{"with its query in another order", of(forTracks, gop+"?leading=0&audio=0"), 200},
		{"with less of its query", of(forTracks, gop+"?leading=0"), 403},
		{"without its query", of(forTracks, gop), 403},
		{"with what is done to its pictures", forEdit, 200},
		{"the same in another order", of(forEdit, gop+"?crop=64%3A32&gray=1"), 200},
		{"with more done to its pictures", of(forEdit, gop+"?crop=64:32&gray=1&blur=1"), 403},
		{"with less done to its pictures", of(forEdit, gop+"?crop=64:32"), 403},
		{"with something else done", of(forEdit, gop+"?crop=64:34&gray=1"), 403},
		{"with nothing done", of(forEdit, gop), 403},
		{"its key picture, likewise", of(forEdit, gopsPath+"/1.jpg?crop=64:32&gray=1"), 403},
		{"something done by what is for nothing", of(forGOP, gop+"?gray=1"), 403},
		{"an edited image", signedURL(t, newKey, gopsPath+"/1.jpg?crop=64:32", hour), 200},
		{"something done by the page's", of(forVideo, gop+"?gray=1"), 200},
		{"a page", forVideo, 200},
		{"a listing by the page's", of(forVideo, gopsPath+".json"), 200},
		{"a GOP by the page's", of(forVideo, gopsPath+"/0.mp4?audio=0"), 200},
		{"by a listing's", of(signedURL(t, newKey, gopsPath+".json", hour), gopsPath+"/0.mp4"), 200},
		{"another video by the page's", of(forVideo, other), 403},
		{"the videos by the page's", of(forVideo, "/"), 403},
		{"all", forAll, 200},
		{"a video by that for all", of(forAll, other+".json"), 200},
		{"the description by that for all", of(forAll, "/openapi.yaml"), 200},
		{"the description", "/openapi.yaml", 403},
		{"another time", strings.Replace(forGOP, "expires=", "expires=1", 1), 403},
		{"a time that is none", strings.Replace(forGOP, "expires=", "expires=x", 1), 403},
		{"padding", forGOP + "=", 403},
		{"more", forGOP + "A", 403},
		{"a line end", forGOP + "%0A", 403},
		{"less", forGOP[:len(forGOP)-1], 403},
		{"no base64", forGOP[:len(forGOP)-1] + "!", 403},
		{"two signatures", forGOP + "&signature=" + strings.Repeat("A", 43), 403},
		{"two times", forGOP + "&expires=9999999999", 403},
		{"empty", gop + "?expires=&signature=", 403},
		{"no such GOP", signedURL(t, newKey, gopsPath+"/9.mp4", hour), 404},
		{"no GOP", of(forVideo, gopsPath+"/x.mp4"), 400},
		{"health", "/healthz", 200},
		{"readiness", "/readyz", 200},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			resp := do(t, handler, method, test.target)
			assert.Equal(t, test.status, resp.StatusCode, "%s %s: %s", method, test.name, test.target)
			assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), test.name)
		}
	}
	resp := get(t, handler, signedURL(t, newKey, gop, time.Unix(1e9, 0)))
	assert.Contains(t, body(t, resp), "the URL expired at 2001-09-09T01:46:40Z")
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, 206, get(t, handler, forGOP, "Range", "bytes=1-2").StatusCode)
	etag := get(t, handler, forGOP).Header.Get("ETag")
	assert.Equal(t, 304, get(t, handler, forGOP, "If-None-Match", etag).StatusCode)
	assert.Equal(t, 403, get(t, handler, gop, "If-None-Match", etag).StatusCode)
}

// A page or a listing signs its links with its own signature.
func TestLinksAreSigned(t *testing.T) {
	handler, _ := newRestrictedHandler(t, withKeys)
	hour := time.Now().Add(time.Hour)
	page := regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)
	for _, target := range []string{signedURL(t, newKey, "/", hour), signedURL(t, newKey, gopsPath, hour), of(signedURL(t, newKey, gopsPath, hour), gopsPath+"?audio=0")} {
		resp := get(t, handler, target, "Accept", "text/html")
		require.Equal(t, 200, resp.StatusCode)
		links := page.FindAllStringSubmatch(body(t, resp), -1)
		require.NotEmpty(t, links, target)
		for _, link := range links {
			to := strings.ReplaceAll(link[1], "&amp;", "&")
			assert.Equal(t, 200, get(t, handler, to).StatusCode, to)
		}
	}
	// The page of all videos is led to by whom it is open to.
	up := func(target string, header ...string) string {
		text := body(t, get(t, handler, target, append(header, "Accept", "text/html")...))
		found := regexp.MustCompile(`<nav[^>]*><a href="([^"]*)">Videos</a>`).FindStringSubmatch(text)
		if found == nil {
			return ""
		}
		return strings.ReplaceAll(found[1], "&amp;", "&")
	}
	forAll := signedURL(t, newKey, "/", hour)
	for _, path := range []string{gopsPath, "/videos/none.mp4/group-of-pictures"} {
		assert.Equal(t, forAll, up(of(forAll, path)), path)
		assert.Empty(t, up(signedURL(t, newKey, path, hour)), path)
	}
	first := signedURL(t, newKey, gopsPath+".json", hour)
	second := signedURL(t, newKey, gopsPath+".json", hour.Add(time.Minute))
	tags := map[string]bool{}
	for _, target := range []string{first, second} {
		resp := get(t, handler, target)
		var entries []struct{ GOP struct{ Href string } }
		require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &entries))
		for _, e := range entries {
			assert.Equal(t, 200, get(t, handler, e.GOP.Href).StatusCode, e.GOP.Href)
			assert.Contains(t, target, strings.SplitN(e.GOP.Href, "?", 2)[1], "as long as the listing")
		}
		tags[resp.Header.Get("ETag")] = true
	}
	assert.Len(t, tags, 2, "other links make another document")
}

func TestToken(t *testing.T) {
	handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) { c.Token = token })
	for given, status := range map[string]int{
		"Bearer " + token: 200, "bearer " + token: 200, "": 401, "Bearer": 401, "Bearer ": 401, token: 401, "Basic " + token: 401,
		"Bearer " + token + "x": 401, "Bearer " + token[1:]: 401,
	} {
		for _, path := range []string{"/", "/openapi.yaml", gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
			resp := get(t, handler, path, "Authorization", given)
			assert.Equal(t, status, resp.StatusCode, given)
			if status == 401 {
				assert.Equal(t, `Bearer realm="gop"`, resp.Header.Get("WWW-Authenticate"))
				assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
			}
		}
	}
	assert.Equal(t, 200, get(t, handler, "/healthz").StatusCode)
	preflight := do(t, handler, http.MethodOptions, gopsPath+".json", "Origin", "https://editor.example",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
	assert.Equal(t, "authorization", preflight.Header.Get("Access-Control-Allow-Headers"), "asks for no token")
}

func TestTokenOrSignature(t *testing.T) {
	handler, log := newRestrictedHandler(t, func(c *httpapi.Config) { withKeys(c); c.Token = token })
	signed := signedURL(t, oldKey, gopsPath+"/0.mp4", time.Now().Add(time.Hour))
	assert.Equal(t, 200, get(t, handler, signed).StatusCode)
	assert.Equal(t, 200, get(t, handler, gopsPath+"/0.mp4", "Authorization", "Bearer "+token).StatusCode)
	neither := get(t, handler, gopsPath+"/0.mp4", "Authorization", "Bearer wrong")
	assert.Equal(t, 401, neither.StatusCode)
	assert.Equal(t, `Bearer realm="gop"`, neither.Header.Get("WWW-Authenticate"))
	assert.Equal(t, 403, get(t, handler, signed+"x", "Accept", "text/html").StatusCode)
	// The log tells of all that, and gives nothing away.
	assert.Contains(t, log.String(), "msg=request")
	u, err := url.Parse(signed)
	require.NoError(t, err)
	for _, secret := range []string{token, u.Query().Get("signature")} {
		assert.NotContains(t, log.String(), secret)
	}
}
