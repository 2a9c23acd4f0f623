package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

const one = gopsPath + "/1.mp4"

func TestSegment(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, one)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "video/mp4", resp.Header.Get("Content-Type"))
	assert.Equal(t, "10", resp.Header.Get("Content-Length"))
	assert.Equal(t, "bytes", resp.Header.Get("Accept-Ranges"))
	assert.Equal(t, "Fri, 02 Jan 2026 03:04:05 GMT", resp.Header.Get("Last-Modified"))
	assert.Regexp(t, `^"[0-9a-f]{32}"$`, resp.Header.Get("ETag"))
	assert.Equal(t, "0123456789", body(t, resp))
	other := do(t, handler, http.MethodGet, gopsPath+"/0.mp4")
	assert.NotEqual(t, resp.Header.Get("ETag"), other.Header.Get("ETag"))
}

func TestRanges(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	etag := do(t, handler, http.MethodGet, one).Header.Get("ETag")
	for _, c := range []struct {
		header  string
		ifRange string
		status  int
		want    string
	}{
		{"bytes=0-0", "", 206, "0"},
		{"bytes=1-2", "", 206, "12"},
		{"bytes=1-8", "", 206, "12345678"},
		{"bytes=8-", "", 206, "89"},
		{"bytes=-3", "", 206, "789"},
		{"bytes=5-99", "", 206, "56789"},
		{"bytes=10-", "", 416, ""},
		{"lines=1-2", "", 416, ""},
		{"bytes=1-2", etag, 206, "12"},
		{"bytes=1-2", `"other"`, 200, "0123456789"},
	} {
		headers := []string{"Range", c.header}
		if c.ifRange != "" {
			headers = append(headers, "If-Range", c.ifRange)
		}
		resp := do(t, handler, http.MethodGet, one, headers...)
		assert.Equal(t, c.status, resp.StatusCode, c.header)
		if c.want != "" {
			assert.Equal(t, c.want, body(t, resp), c.header)
		}
	}
	several := do(t, handler, http.MethodGet, one, "Range", "bytes=0-1,8-9")
	assert.Equal(t, http.StatusPartialContent, several.StatusCode)
	assert.Contains(t, several.Header.Get("Content-Type"), "multipart/byteranges")
}

// A client that has the GOP already costs no cut.
func TestConditionalRequests(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	etag := do(t, handler, http.MethodGet, one).Header.Get("ETag")
	require.Equal(t, 1, s.made)
	for _, c := range []struct {
		header, value string
		status, made  int
	}{
		{"If-None-Match", etag, 304, 0},
		{"If-None-Match", `"x", ` + etag, 304, 0},
		{"If-None-Match", "*", 304, 0},
		{"If-None-Match", `"x"`, 200, 1},
		{"If-Modified-Since", modified.Format(http.TimeFormat), 304, 0},
		{"If-Modified-Since", modified.Add(-time.Second).Format(http.TimeFormat), 200, 1},
		{"If-Match", `"x"`, 412, 1},
		{"If-Match", etag, 200, 1},
	} {
		s.made = 0
		resp := do(t, handler, http.MethodGet, one, c.header, c.value)
		assert.Equal(t, c.status, resp.StatusCode, "%s: %s", c.header, c.value)
		assert.Equal(t, c.made, s.made, "%s: %s", c.header, c.value)
		if c.status == 304 {
			assert.Equal(t, etag, resp.Header.Get("ETag"))
			assert.Empty(t, body(t, resp))
		}
	}
	// Another version of the video has another tag.
	s.indexes["a.mp4"].Video.Version = "v2"
	assert.Equal(t, http.StatusOK, do(t, handler, http.MethodGet, one, "If-None-Match", etag).StatusCode)
}

// Where the video changed between index and cut, the new one is served.
func TestVideoThatChanges(t *testing.T) {
	s := newFakeLibrary()
	changes := 1
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		if changes > 0 {
			changes--
			return nil, video.ErrChanged
		}
		return &video.Segment{ContentType: "video/mp4", Size: 1, Parts: []video.Part{{Data: []byte("x")}}}, nil
	}
	handler, _ := newHandler(t, s)
	assert.Equal(t, http.StatusOK, do(t, handler, http.MethodGet, one).StatusCode)
	changes = 2
	resp := do(t, handler, http.MethodGet, one)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, "1", resp.Header.Get("Retry-After"))
}

func TestLeadingPicturesCanBeLeftOut(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	tag := func(path string) string { return do(t, handler, http.MethodGet, path).Header.Get("ETag") }
	assert.NotEqual(t, tag(one), tag(one+"?leading=0"), "an open GOP")
	assert.Equal(t, tag(one), tag(one+"?leading=1"))
	assert.Equal(t, tag(gopsPath+"/0.mp4"), tag(gopsPath+"/0.mp4?leading=0"), "a GOP that has none")
	for _, query := range []string{"?leading=x", "?leading=", "?leading=0&leading=0", "?leading=%zz"} {
		assert.Equal(t, http.StatusBadRequest, do(t, handler, http.MethodGet, one+query).StatusCode, query)
	}
	page := body(t, do(t, handler, http.MethodGet, gopsPath))
	assert.Contains(t, page, `class="thumbnail" href="`+one+`?leading=0"`, "what the page plays")
	assert.Contains(t, page, `href="`+one+`"`, "what the page offers to keep")
}

// RFC 9211, section 2.
func TestCacheStatus(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for origin, want := range map[video.CacheStatus]string{
		video.CacheMiss: "gop; fwd=miss", video.CacheCollapsed: "gop; fwd=miss; collapsed", video.CacheHit: "gop; hit",
	} {
		s.status = origin
		resp := do(t, handler, http.MethodGet, one)
		assert.Equal(t, want, resp.Header.Get("Cache-Status"))
	}
	assert.Empty(t, do(t, handler, http.MethodGet, gopsPath+"/9.mp4").Header.Get("Cache-Status"))
}
