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
func withSignature(signed, target string) string {
	u, err := url.Parse(signed)
	if err != nil {
		panic(err)
	}
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	query := u.Query()
	return target + separator + "expires=" + query.Get("expires") + "&signature=" + query.Get("signature")
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
		{"signed by the old key", signedURL(t, oldKey, gop, hour), 200},
		{"signed by an unknown key", signedURL(t, foreignKey, gop, hour), 403},
		{"no signature", gop, 403},
		{"expired", signedURL(t, newKey, gop, time.Now().Add(-time.Second)), 403},
		{"for another GOP", withSignature(forGOP, gopsPath+"/0.mp4"), 403},
		{"for another video", withSignature(forGOP, other+"/1.mp4"), 403},
		{"with another query", withSignature(forGOP, gop+"?audio=0"), 403},
		{"for the page", withSignature(forGOP, gopsPath), 403},
		{"for the listing", withSignature(forGOP, gopsPath+".json"), 403},
		{"a GOP with a query", forTracks, 200},
		{"with the same query in another order", withSignature(forTracks, gop+"?leading=0&audio=0"), 200},
		{"with a part of its query", withSignature(forTracks, gop+"?leading=0"), 403},
		{"without its query", withSignature(forTracks, gop), 403},
		{"an edited GOP", forEdit, 200},
		{"the same edit in another order", withSignature(forEdit, gop+"?crop=64%3A32&gray=1"), 200},
		{"with another edit added", withSignature(forEdit, gop+"?crop=64:32&gray=1&blur=1"), 403},
		{"with an edit removed", withSignature(forEdit, gop+"?crop=64:32"), 403},
		{"with another crop", withSignature(forEdit, gop+"?crop=64:34&gray=1"), 403},
		{"without its edits", withSignature(forEdit, gop), 403},
		{"a thumbnail with the same edits", withSignature(forEdit, gopsPath+"/1.jpg?crop=64:32&gray=1"), 403},
		{"an edit with the signature of an unedited GOP", withSignature(forGOP, gop+"?gray=1"), 403},
		{"an edited thumbnail", signedURL(t, newKey, gopsPath+"/1.jpg?crop=64:32", hour), 200},
		{"an edit with the signature of the page", withSignature(forVideo, gop+"?gray=1"), 200},
		{"a page", forVideo, 200},
		{"a listing with the signature of the page", withSignature(forVideo, gopsPath+".json"), 200},
		{"a GOP with the signature of the page", withSignature(forVideo, gopsPath+"/0.mp4?audio=0"), 200},
		{
			"a GOP with the signature of the listing",
			withSignature(signedURL(t, newKey, gopsPath+".json", hour), gopsPath+"/0.mp4"), 200,
		},
		{"a description with the signature of the page", withSignature(forVideo, "/videos/a.mp4.json"), 200},
		{"a description", signedURL(t, newKey, "/videos/a.mp4.json", hour), 200},
		{
			"another description with the signature of the page",
			withSignature(forVideo, "/videos/my%20video.mp4.json"), 403,
		},
		{"a description with the signature of a GOP", withSignature(forGOP, "/videos/a.mp4.json"), 403},
		{"another video with the signature of the page", withSignature(forVideo, other), 403},
		{"the library with the signature of a page", withSignature(forVideo, "/"), 403},
		{"the library", forAll, 200},
		{"a video with the signature of the library", withSignature(forAll, other+".json"), 200},
		{"openapi.yaml with the signature of the library", withSignature(forAll, "/openapi.yaml"), 200},
		{"openapi.yaml", "/openapi.yaml", 403},
		{"another expiry", strings.Replace(forGOP, "expires=", "expires=1", 1), 403},
		{"an expiry that is not a number", strings.Replace(forGOP, "expires=", "expires=x", 1), 403},
		{"with padding", forGOP + "=", 403},
		{"with a letter added", forGOP + "A", 403},
		{"with a line feed", forGOP + "%0A", 403},
		{"with a letter removed", forGOP[:len(forGOP)-1], 403},
		{"not base64", forGOP[:len(forGOP)-1] + "!", 403},
		{"two signatures", forGOP + "&signature=" + strings.Repeat("A", 43), 403},
		{"two expiries", forGOP + "&expires=9999999999", 403},
		{"empty parameters", gop + "?expires=&signature=", 403},
		{"a GOP that does not exist", signedURL(t, newKey, gopsPath+"/9.mp4", hour), 404},
		{"not a GOP number", withSignature(forVideo, gopsPath+"/x.mp4"), 400},
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
	for _, target := range []string{
		signedURL(t, newKey, "/", hour),
		signedURL(t, newKey, gopsPath, hour),
		withSignature(signedURL(t, newKey, gopsPath, hour), gopsPath+"?audio=0"),
	} {
		resp := get(t, handler, target, "Accept", "text/html")
		require.Equal(t, 200, resp.StatusCode)
		links := page.FindAllStringSubmatch(body(t, resp), -1)
		require.NotEmpty(t, links, target)
		for _, link := range links {
			to := strings.ReplaceAll(link[1], "&amp;", "&")
			assert.Equal(t, 200, get(t, handler, to).StatusCode, to)
		}
	}
	// A page links to the library only if its signature is valid for the library.
	libraryLink := func(target string, header ...string) string {
		text := body(t, get(t, handler, target, append(header, "Accept", "text/html")...))
		found := regexp.MustCompile(`<nav[^>]*><a href="([^"]*)">Videos</a>`).FindStringSubmatch(text)
		if found == nil {
			return ""
		}
		return strings.ReplaceAll(found[1], "&amp;", "&")
	}
	forAll := signedURL(t, newKey, "/", hour)
	for _, path := range []string{gopsPath, "/videos/none.mp4/group-of-pictures"} {
		assert.Equal(t, forAll, libraryLink(withSignature(forAll, path)), path)
		assert.Empty(t, libraryLink(signedURL(t, newKey, path, hour)), path)
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
			assert.Contains(t, target, strings.SplitN(withoutVersions(e.GOP.Href), "?", 2)[1],
				"the signature of the listing")
		}
		tags[resp.Header.Get("ETag")] = true
	}
	assert.Len(t, tags, 2, "other links need another ETag")
}

func TestToken(t *testing.T) {
	handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) { c.Token = token })
	for given, status := range map[string]int{
		"Bearer " + token: 200, "bearer " + token: 200,
		"": 401, "Bearer": 401, "Bearer ": 401, token: 401, "Basic " + token: 401,
		"Bearer " + token + "x": 401, "Bearer " + token[1:]: 401,
	} {
		for _, path := range []string{
			"/", "/openapi.yaml", gopsPath, gopsPath + ".json",
			gopsPath + "/0.mp4",
		} {
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
	assert.Equal(t, "authorization", preflight.Header.Get("Access-Control-Allow-Headers"),
		"a preflight needs no token")
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
	// The log has no secrets.
	assert.Contains(t, log.String(), "msg=request")
	u, err := url.Parse(signed)
	require.NoError(t, err)
	for _, secret := range []string{token, u.Query().Get("signature")} {
		assert.NotContains(t, log.String(), secret)
	}
}
