package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

const streamed = gopPath + "?codec=h264&stream=1"

func TestStream(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	resp := get(t, handler, streamed)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "video/mp4", resp.Header.Get("Content-Type"))
	assert.Empty(t, resp.Header.Get("Content-Length"))
	assert.Equal(t, "gop; fwd=miss", resp.Header.Get("Cache-Status"))
	assert.Equal(t, "Fri, 02 Jan 2026 03:04:05 GMT", resp.Header.Get("Last-Modified"))
	assert.Equal(t, "0123456789", body(t, resp))
	assert.Zero(t, s.made, "no whole segment is made")
	etag := resp.Header.Get("ETag")
	assert.NotEqual(t, etag, get(t, handler, gopPath+"?codec=h264").Header.Get("ETag"),
		"fragmented and plain mp4 differ")
	assert.Equal(t, http.StatusNotModified, get(t, handler, streamed, "If-None-Match", etag).StatusCode)

	// Media elements ask for the range from the first byte to the end, which is streamed. Other ranges need
	// the whole segment.
	for _, test := range []struct {
		headers []string
		status  int
		made    int
		want    string
	}{
		{[]string{"Range", "bytes=0-"}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "Bytes=00-"}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "bytes=0-", "If-Range", etag}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "bytes=4-", "If-Range", `"x"`}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "bytes=4-", "If-Range", "W/" + etag}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "lines=4-"}, http.StatusOK, 0, "0123456789"},
		{[]string{"Range", "bytes=4-", "If-Range", etag}, http.StatusPartialContent, 1, "456789"},
		{[]string{"Range", "bytes=0-1"}, http.StatusPartialContent, 1, "01"},
		{[]string{"Range", "bytes=1-"}, http.StatusPartialContent, 1, "123456789"},
		{[]string{"If-Match", etag}, http.StatusOK, 0, "0123456789"},
		{[]string{"If-Match", `"x"`}, http.StatusPreconditionFailed, 0, ""},
	} {
		s.made = 0
		resp := get(t, handler, streamed, test.headers...)
		assert.Equal(t, test.status, resp.StatusCode, test.headers)
		assert.Equal(t, test.want, body(t, resp), test.headers)
		assert.Equal(t, test.made, s.made, test.headers)
		assert.True(t, s.lastCut.Fragmented)
		if test.status == http.StatusOK {
			assert.Empty(t, resp.Header.Get("Content-Length"), test.headers)
			assert.Equal(t, "bytes", resp.Header.Get("Accept-Ranges"), test.headers)
		}
	}
	assert.Equal(t, "10", do(t, handler, http.MethodHead, streamed).Header.Get("Content-Length"))

	// A cached segment has a length.
	s.cached = &video.Segment{ContentType: "video/mp4", Size: 3, Parts: []video.Part{{Data: []byte("abc")}}}
	resp = get(t, handler, streamed)
	assert.Equal(t, "3", resp.Header.Get("Content-Length"))
	assert.Equal(t, "gop; hit", resp.Header.Get("Cache-Status"))
	resp = get(t, handler, streamed, "Range", "bytes=0-")
	assert.Equal(t, "bytes 0-2/3", resp.Header.Get("Content-Range"))

	// A segment that is not transcoded is not streamed.
	s.cached = nil
	s.made = 0
	assert.Equal(t, "10", get(t, handler, gopPath+"?stream=1").Header.Get("Content-Length"))
	assert.Equal(t, 1, s.made)
	assert.Equal(t, http.StatusBadRequest, get(t, handler, gopPath+"?stream=yes").StatusCode)
	assert.Equal(t, http.StatusBadRequest, get(t, handler, gopsPath+"/1.jpg?stream=1").StatusCode)
}

// An error before the first fragment has a status. A later one aborts the response.
func TestStreamErrors(t *testing.T) {
	s := newFakeLibrary()
	s.streamErr, s.failsAt = video.Errorf(video.Unreadable, "the file is damaged"), '0'
	handler, _ := newHandler(t, s)
	resp := get(t, handler, streamed)
	assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
	assert.Contains(t, body(t, resp), "the file is damaged")

	s.failsAt = '4'
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		handler.ServeHTTP(httptest.NewRecorder(),
			httptest.NewRequestWithContext(t.Context(), http.MethodGet, streamed, nil))
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + streamed)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var got [16]byte
	n, _ := resp.Body.Read(got[:])
	_, err = resp.Body.Read(got[n:])
	assert.Error(t, err, "the response is incomplete")
}
