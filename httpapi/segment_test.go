package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

const one = grid + "/1.mp4"

func TestSegment(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, one)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "video/mp4", answer.Header.Get("Content-Type"))
	assert.Equal(t, "10", answer.Header.Get("Content-Length"))
	assert.Equal(t, "bytes", answer.Header.Get("Accept-Ranges"))
	assert.Equal(t, "Fri, 02 Jan 2026 03:04:05 GMT", answer.Header.Get("Last-Modified"))
	assert.Regexp(t, `^"[0-9a-f]{32}"$`, answer.Header.Get("ETag"))
	assert.Equal(t, "0123456789", body(t, answer))
	other := ask(t, handler, http.MethodGet, grid+"/0.mp4")
	assert.NotEqual(t, answer.Header.Get("ETag"), other.Header.Get("ETag"))
}

func TestRanges(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	etag := ask(t, handler, http.MethodGet, one).Header.Get("ETag")
	for _, c := range []struct {
		ask     string
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
		headers := []string{"Range", c.ask}
		if c.ifRange != "" {
			headers = append(headers, "If-Range", c.ifRange)
		}
		answer := ask(t, handler, http.MethodGet, one, headers...)
		assert.Equal(t, c.status, answer.StatusCode, c.ask)
		if c.want != "" {
			assert.Equal(t, c.want, body(t, answer), c.ask)
		}
	}
	several := ask(t, handler, http.MethodGet, one, "Range", "bytes=0-1,8-9")
	assert.Equal(t, http.StatusPartialContent, several.StatusCode)
	assert.Contains(t, several.Header.Get("Content-Type"), "multipart/byteranges")
}

// A client that has the GOP already costs no cut.
func TestConditionalRequests(t *testing.T) {
	s := newShelf()
	handler, _ := serverOf(t, s)
	etag := ask(t, handler, http.MethodGet, one).Header.Get("ETag")
	require.Equal(t, 1, s.made)
	for _, c := range []struct {
		header, value string
		status, cuts  int
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
		answer := ask(t, handler, http.MethodGet, one, c.header, c.value)
		assert.Equal(t, c.status, answer.StatusCode, "%s: %s", c.header, c.value)
		assert.Equal(t, c.cuts, s.made, "%s: %s", c.header, c.value)
		if c.status == 304 {
			assert.Equal(t, etag, answer.Header.Get("ETag"))
			assert.Empty(t, body(t, answer))
		}
	}
	// Another version of the video has another tag.
	s.indexes["a.mp4"].Video.Version = "v2"
	assert.Equal(t, http.StatusOK, ask(t, handler, http.MethodGet, one, "If-None-Match", etag).StatusCode)
}

// Where the video changed between index and cut, the new one is served.
func TestVideoThatChanges(t *testing.T) {
	s := newShelf()
	changes := 1
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		if changes > 0 {
			changes--
			return nil, video.ErrChanged
		}
		return &video.Segment{ContentType: "video/mp4", Size: 1, Parts: []video.Part{{Data: []byte("x")}}}, nil
	}
	handler, _ := serverOf(t, s)
	assert.Equal(t, http.StatusOK, ask(t, handler, http.MethodGet, one).StatusCode)
	changes = 2
	answer := ask(t, handler, http.MethodGet, one)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "1", answer.Header.Get("Retry-After"))
}

func TestLeadingPicturesCanBeLeftOut(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	tag := func(path string) string { return ask(t, handler, http.MethodGet, path).Header.Get("ETag") }
	assert.NotEqual(t, tag(one), tag(one+"?leading=0"), "an open GOP")
	assert.Equal(t, tag(one), tag(one+"?leading=1"))
	assert.Equal(t, tag(grid+"/0.mp4"), tag(grid+"/0.mp4?leading=0"), "a GOP that has none")
	for _, query := range []string{"?leading=x", "?leading=", "?leading=0&leading=0", "?leading=%zz"} {
		assert.Equal(t, http.StatusBadRequest, ask(t, handler, http.MethodGet, one+query).StatusCode, query)
	}
	page := body(t, ask(t, handler, http.MethodGet, grid))
	assert.Contains(t, page, `class="thumbnail" href="`+one+`?leading=0"`, "what the page plays")
	assert.Contains(t, page, `href="`+one+`"`, "what the page offers to keep")
}

// RFC 9211, section 2.
func TestCacheStatus(t *testing.T) {
	s := newShelf()
	handler, _ := serverOf(t, s)
	for origin, want := range map[video.CacheStatus]string{
		video.CacheMiss: "gop; fwd=miss", video.CacheCollapsed: "gop; fwd=miss; collapsed", video.CacheHit: "gop; hit",
	} {
		s.status = origin
		answer := ask(t, handler, http.MethodGet, one)
		assert.Equal(t, want, answer.Header.Get("Cache-Status"))
	}
	assert.Empty(t, ask(t, handler, http.MethodGet, grid+"/9.mp4").Header.Get("Cache-Status"))
}
