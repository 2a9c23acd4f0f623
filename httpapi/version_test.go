package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

const (
	immutable = "public, max-age=31536000, immutable"
	noCache   = "public, no-cache"
)

// versionedPaths are paths of GOPs of a.mp4 that accept a version.
var versionedPaths = []string{
	gopPath, gopPath + "?leading=0", gopPath + "?gray=1", streamed, gopsPath + "/0.jpg",
	gopsPath + "/0.png?width=64",
}

// withVersion returns target with a version.
func withVersion(target, version string) string {
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	return target + separator + "v=" + version
}

// versionOfA returns the version of a.mp4 in a library, for the default Config.
func versionOfA(s *fakeLibrary) string { return httpapi.VersionOf("dev", s.indexes["a.mp4"].Video) }

// A version changes only Cache-Control.
func TestVersion(t *testing.T) {
	s := newFakeLibrary()
	current := versionOfA(s)
	require.Regexp(t, "^[0-9a-f]{12}$", current)
	for age, unversioned := range map[time.Duration]string{0: noCache, time.Hour: "public, max-age=3600"} {
		config := httpapi.NewDefaultConfig()
		config.MaxAge = age
		handler := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
		for _, path := range versionedPaths {
			want := get(t, handler, path)
			wantBody, wantCut, wantImage := body(t, want), s.lastCut, s.lastImage
			assert.Equal(t, unversioned, want.Header.Get("Cache-Control"), path)
			for version, control := range map[string]string{
				current: immutable, "": unversioned, current + "0": noCache, current[:11]: noCache,
				strings.ToUpper(current) + "g": noCache, "x%26": noCache,
			} {
				target := withVersion(path, version)
				got := get(t, handler, target)
				require.Equal(t, http.StatusOK, got.StatusCode, target)
				assert.Equal(t, control, got.Header.Get("Cache-Control"), target)
				assert.Equal(t, want.Header.Get("ETag"), got.Header.Get("ETag"), target)
				assert.Equal(t, wantBody, body(t, got), target)
				assert.Equal(t, wantCut, s.lastCut, target)
				assert.Equal(t, wantImage, s.lastImage, target)

				etag := want.Header.Get("ETag")
				for status, resp := range map[int]*http.Response{
					http.StatusOK:             do(t, handler, http.MethodHead, target),
					http.StatusPartialContent: get(t, handler, target, "Range", "bytes=1-2"),
					http.StatusNotModified:    get(t, handler, target, "If-None-Match", etag),
				} {
					assert.Equal(t, status, resp.StatusCode, target)
					assert.Equal(t, control, resp.Header.Get("Cache-Control"), "%d %s", status, target)
				}
			}
		}
	}
}

// An error is not cached, although its URL has the version of the video.
func TestVersionOfErrors(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	current := versionOfA(s)
	for _, test := range []struct {
		target string
		header []string
		status int
	}{
		{gopPath + "?gray=2", nil, 400},
		{gopPath + "?v=" + current, nil, 400}, // twice
		{gopsPath + "/9.mp4", nil, 404},
		{gopsPath + "/9.jpg", nil, 404},
		{gopPath, []string{"If-Match", `"x"`}, 412},
		{gopPath, []string{"If-Unmodified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}, 412},
		{gopsPath + "/1.jpg", []string{"If-Match", `"x"`}, 412},
		{gopPath, []string{"Range", "bytes=99-"}, 416},
		{gopsPath + "/1.jpg", []string{"Range", "bytes=99-"}, 416},
	} {
		resp := get(t, handler, withVersion(test.target, current), test.header...)
		assert.Equal(t, test.status, resp.StatusCode, test.target)
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), "%d %s", test.status, test.target)
	}
	for _, path := range []string{gopsPath, gopsPath + ".json", "/videos/a.mp4.json", "/"} {
		assert.Equal(t, http.StatusBadRequest, get(t, handler, path+"?v="+current).StatusCode, path)
	}
	for kind, status := range map[video.Kind]int{
		video.Internal: 500, video.Unreadable: 422, video.Unavailable: 503, video.Timeout: 504,
	} {
		s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
			return nil, video.Errorf(kind, "a reason")
		}
		resp := get(t, handler, withVersion(gopPath, current))
		assert.Equal(t, status, resp.StatusCode)
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), status)
	}
}

// A link of an older listing or page leads to the current bytes, which are not kept under that URL. So does a
// link of another build, whose bytes may differ.
func TestVersionOfAChangedVideo(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	old := versionOfA(s)
	assert.NotEqual(t, old, httpapi.VersionOf("dev", s.indexes["my video.mp4"].Video), "another video")
	s.indexes["a.mp4"].Video.Version = "v2"
	now := versionOfA(s)
	require.NotEqual(t, old, now)
	config := httpapi.NewDefaultConfig()
	config.Build = "next"
	next := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	for _, path := range versionedPaths {
		for _, test := range []struct {
			handler          http.Handler
			version, control string
		}{
			{handler, old, noCache},
			{handler, now, immutable},
			{next, now, noCache},
			{next, httpapi.VersionOf("next", s.indexes["a.mp4"].Video), immutable},
		} {
			resp := get(t, test.handler, withVersion(path, test.version))
			assert.Equal(t, http.StatusOK, resp.StatusCode, path)
			assert.Equal(t, test.control, resp.Header.Get("Cache-Control"), path)
		}
	}
}

// A video that changes between index and segment no longer has the version of the URL.
func TestVersionOfAVideoThatChanges(t *testing.T) {
	s := newFakeLibrary()
	s.segment = func(ix *video.Index, _ video.SegmentKey) (*video.Segment, error) {
		if ix.Video.Version == "v1" {
			changed := testIndex("a.mp4")
			changed.Video.Version = "v2"
			s.indexes["a.mp4"] = changed
			return nil, fmt.Errorf("cut: %w", video.ErrChanged)
		}
		return &video.Segment{
			ContentType: "video/mp4", Size: 3, Parts: []video.Part{{Data: []byte("new")}},
		}, nil
	}
	handler, _ := newHandler(t, s)
	resp := get(t, handler, withVersion(gopPath, versionOfA(s)))
	assert.Equal(t, noCache, resp.Header.Get("Cache-Control"))
	assert.Equal(t, "new", body(t, resp))
}

// All links of the listing and the pages to GOPs are immutable, and no others are.
func TestLinksHaveTheVersion(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	const many = "/videos/many.mp4/group-of-pictures"
	var targets []string
	for _, page := range []string{"/", gopsPath, many + "?video=2&audio=2&metadata=1"} {
		text := body(t, get(t, handler, page))
		targets = append(targets, hrefs(t, text, `(?:href|src)="(/[^"]*)"`)...)
	}
	var entries []struct{ GOP struct{ Href string } }
	require.NoError(t, json.Unmarshal([]byte(body(t, get(t, handler, many+".json?audio=0"))), &entries))
	for _, e := range entries {
		targets = append(targets, e.GOP.Href)
	}
	gops := 0
	for _, target := range targets {
		u, err := url.Parse(target)
		require.NoError(t, err)
		isGOP := strings.Contains(u.Path, "/group-of-pictures/")
		if isGOP {
			gops++
		}
		resp := get(t, handler, target)
		require.Equal(t, http.StatusOK, resp.StatusCode, target)
		isImmutable := isGOP || strings.HasPrefix(u.Path, "/assets/")
		assert.Equal(t, isImmutable, resp.Header.Get("Cache-Control") == immutable, target)
		assert.Equal(t, isGOP, u.Query().Has("v"), target)
	}
	assert.Equal(t, 5+2*6+2, gops, "thumbnails of videos, links of GOPs, entries of the listing")
}

// Responses that need authorization stay private, and are not kept longer than their URL is valid. A
// signature of one GOP covers the version like other parameters.
func TestVersionWithAccessControl(t *testing.T) {
	synctest.Test(t, testVersionWithAccessControl) // the clock stands still
}

func testVersionWithAccessControl(t *testing.T) {
	handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) {
		withKeys(c)
		c.Token = token
	})
	current := versionOfA(newFakeLibrary())
	hour := time.Now().Add(time.Hour)
	bearer := []string{"Authorization", "Bearer " + token}
	forVideo := signedURL(t, newKey, gopsPath, hour)
	forGOP := signedURL(t, newKey, withVersion(gopPath, current), hour)
	for _, test := range []struct {
		target  string
		header  []string
		control string
	}{
		{withVersion(gopPath, current), bearer, "private, max-age=31536000, immutable"},
		{withVersion(gopPath, "old"), bearer, "private, no-cache"},
		{withSignature(forVideo, withVersion(gopPath, current)), nil, "private, max-age=3600, immutable"},
		{withSignature(forVideo, withVersion(gopPath, "old")), nil, "private, no-cache"},
		{forGOP, nil, "private, max-age=3600, immutable"},
		{signedURL(t, newKey, withVersion(gopPath, "old"), hour), nil, "private, no-cache"},
		{
			signedURL(t, newKey, withVersion(gopPath, current), hour.Add(1e4*time.Hour)), nil,
			"private, max-age=31536000, immutable",
		},
	} {
		resp := get(t, handler, test.target, test.header...)
		assert.Equal(t, http.StatusOK, resp.StatusCode, test.target)
		assert.Equal(t, test.control, resp.Header.Get("Cache-Control"), test.target)
	}
	for _, target := range []string{
		withSignature(forGOP, gopPath), withSignature(forGOP, withVersion(gopPath, "old")),
		withVersion(gopPath, current),
	} {
		resp := get(t, handler, target, "Accept", "text/html")
		assert.NotEqual(t, http.StatusOK, resp.StatusCode, target)
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), target)
	}
}

// A stream that is aborted is not taken for complete. HTTP/1.0 cannot tell its end from that of the
// connection, so a cache must not store it.
func TestVersionOfAStream(t *testing.T) {
	s := newFakeLibrary()
	s.streamErr, s.failsAt = video.Errorf(video.Unreadable, "damaged"), '4'
	handler, _ := newHandler(t, s)
	server := httptest.NewServer(handler)
	defer server.Close()
	target := withVersion(streamed, versionOfA(s))
	resp, err := server.Client().Get(server.URL + target)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, immutable, resp.Header.Get("Cache-Control"))
	_, err = io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)

	conn := dial(t, server.Listener.Addr().String())
	old, text := roundTrip(t, conn, "GET "+target+" HTTP/1.0\r\n\r\n")
	assert.Equal(t, "0123", text)
	assert.Equal(t, "no-store", old.Header.Get("Cache-Control"))
}
