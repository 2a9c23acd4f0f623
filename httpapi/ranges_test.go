package httpapi_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// Every range equals that of the whole segment, wherever the boundaries between parts lie.
func TestRangesAcrossParts(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for first := 0; first <= len(segmentText); first++ {
		for second := first; second <= len(segmentText); second++ {
			s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
				return &video.Segment{
					ContentType: "video/mp4", Size: int64(len(segmentText)),
					Parts: []video.Part{
						{Data: []byte(segmentText[:first])},
						{Data: []byte(segmentText[first:second])},
						{Data: []byte(segmentText[second:])},
					},
				}, nil
			}
			require.Equal(t, segmentText, body(t, get(t, handler, gopPath)))
			for from := range len(segmentText) {
				for to := from; to < len(segmentText); to++ {
					resp := get(t, handler, gopPath, "Range", fmt.Sprintf("bytes=%d-%d", from, to))
					require.Equal(t, http.StatusPartialContent, resp.StatusCode)
					require.Equal(t, segmentText[from:to+1], body(t, resp), "parts [:%d], [%d:%d], [%d:]",
						first, first, second, second)
					require.Equal(t, fmt.Sprintf("bytes %d-%d/10", from, to),
						resp.Header.Get("Content-Range"))
				}
			}
		}
	}
}

func TestSeveralRanges(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopPath, "Range", "bytes=0-2,7-,-1")
	require.Equal(t, http.StatusPartialContent, resp.StatusCode)
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	require.NoError(t, err)
	parts := multipart.NewReader(resp.Body, params["boundary"])
	for _, want := range []string{"012", "789", "9"} {
		part, err := parts.NextPart()
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		assert.Equal(t, want, string(content))
		assert.Equal(t, "video/mp4", part.Header.Get("Content-Type"))
	}
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)
}

func TestRangePastTheEnd(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopPath, "Range", "bytes=10-")
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, resp.StatusCode)
	assert.Equal(t, "bytes */10", resp.Header.Get("Content-Range"))
	assert.Empty(t, resp.Header.Get("ETag"))
}

func TestRanges(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	etag := get(t, handler, gopPath).Header.Get("ETag")
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
		{"lines=1-2", "", 200, "0123456789"},
		{"bytes=1-2", etag, 206, "12"},
		{"bytes=1-2", `"other"`, 200, "0123456789"},
	} {
		headers := []string{"Range", c.header}
		if c.ifRange != "" {
			headers = append(headers, "If-Range", c.ifRange)
		}
		resp := get(t, handler, gopPath, headers...)
		assert.Equal(t, c.status, resp.StatusCode, c.header)
		if c.want != "" {
			assert.Equal(t, c.want, body(t, resp), c.header)
		}
	}
	several := get(t, handler, gopPath, "Range", "bytes=0-1,8-9")
	assert.Equal(t, http.StatusPartialContent, several.StatusCode)
	assert.Contains(t, several.Header.Get("Content-Type"), "multipart/byteranges")
}
