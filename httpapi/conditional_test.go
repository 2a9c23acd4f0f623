package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No segment is made for a 304 or a 412.
func TestConditionalRequests(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	etag := get(t, handler, gopPath).Header.Get("ETag")
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
		{"If-Match", `"x"`, 412, 0},
		{"If-Match", etag, 200, 1},
	} {
		s.made = 0
		resp := get(t, handler, gopPath, c.header, c.value)
		assert.Equal(t, c.status, resp.StatusCode, "%s: %s", c.header, c.value)
		assert.Equal(t, c.made, s.made, "%s: %s", c.header, c.value)
		if c.status == 304 {
			assert.Equal(t, etag, resp.Header.Get("ETag"))
			assert.Empty(t, body(t, resp))
		}
	}
	// Another version of the video has another tag.
	s.indexes["a.mp4"].Video.Version = "v2"
	assert.Equal(t, http.StatusOK, get(t, handler, gopPath, "If-None-Match", etag).StatusCode)
}

// A 304 takes precedence over a range, and no segment is made for it.
func TestNotModifiedBeforeRange(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	etag := get(t, handler, gopPath).Header.Get("ETag")
	s.made = 0
	resp := get(t, handler, gopPath, "Range", "bytes=1-2", "If-None-Match", etag)
	assert.Equal(t, http.StatusNotModified, resp.StatusCode)
	assert.Zero(t, s.made)
}

// If-None-Match: * does not match a GOP that does not exist.
func TestNotFoundBeforeNotModified(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopsPath+"/2.mp4", "If-None-Match", "*")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}
