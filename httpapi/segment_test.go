package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSegment(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopPath)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "video/mp4", resp.Header.Get("Content-Type"))
	assert.Equal(t, "10", resp.Header.Get("Content-Length"))
	assert.Equal(t, "bytes", resp.Header.Get("Accept-Ranges"))
	assert.Equal(t, "Fri, 02 Jan 2026 03:04:05 GMT", resp.Header.Get("Last-Modified"))
	assert.Regexp(t, `^"[0-9a-f]{32}"$`, resp.Header.Get("ETag"))
	assert.Equal(t, "0123456789", body(t, resp))
	other := get(t, handler, gopsPath+"/0.mp4")
	assert.NotEqual(t, resp.Header.Get("ETag"), other.Header.Get("ETag"))
}

func TestLeadingParam(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	tag := func(path string) string { return get(t, handler, path).Header.Get("ETag") }
	assert.NotEqual(t, tag(gopPath), tag(gopPath+"?leading=0"), "an open GOP")
	assert.Equal(t, tag(gopPath), tag(gopPath+"?leading=1"))
	assert.Equal(t, tag(gopsPath+"/0.mp4"), tag(gopsPath+"/0.mp4?leading=0"), "a closed GOP")
	for _, query := range []string{"?leading=x", "?leading=", "?leading=0&leading=0", "?leading=%zz"} {
		assert.Equal(t, http.StatusBadRequest, get(t, handler, gopPath+query).StatusCode, query)
	}
	page := withoutVersions(body(t, get(t, handler, gopsPath)))
	assert.Contains(t, page, `class="thumbnail" href="`+gopPath+`?leading=0"`, "the link for playback")
	assert.Contains(t, page, `href="`+gopPath+`"`, "the download link")
}
