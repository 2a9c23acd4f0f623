package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

const whole = "0123456789"

// Wherever the borders of the parts lie, every range of the segment is what it is of the whole.
func TestEveryRangeOverEveryBorder(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for first := 0; first <= len(whole); first++ {
		for second := first; second <= len(whole); second++ {
			s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
				return &video.Segment{ContentType: "video/mp4", Size: int64(len(whole)), Parts: []video.Part{
					{Data: []byte(whole[:first])}, {Data: []byte(whole[first:second])}, {Data: []byte(whole[second:])},
				}}, nil
			}
			require.Equal(t, whole, body(t, do(t, handler, http.MethodGet, one)))
			for from := range len(whole) {
				for to := from; to < len(whole); to++ {
					resp := do(t, handler, http.MethodGet, one, "Range", fmt.Sprintf("bytes=%d-%d", from, to))
					require.Equal(t, http.StatusPartialContent, resp.StatusCode)
					require.Equal(t, whole[from:to+1], body(t, resp), "parts [:%d], [%d:%d], [%d:]", first, first, second, second)
					require.Equal(t, fmt.Sprintf("bytes %d-%d/10", from, to), resp.Header.Get("Content-Range"))
				}
			}
		}
	}
}

func TestSeveralRanges(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, one, "Range", "bytes=0-2,7-,-1")
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

func TestRangeBehindTheEnd(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, one, "Range", "bytes=10-")
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, resp.StatusCode)
	assert.Equal(t, "bytes */10", resp.Header.Get("Content-Range"))
	assert.Empty(t, resp.Header.Get("ETag"))
}

// Who has the GOP already is told so also where a range of it is asked for, and nothing is cut.
func TestRangeOfWhatTheClientHas(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	etag := do(t, handler, http.MethodGet, one).Header.Get("ETag")
	s.made = 0
	resp := do(t, handler, http.MethodGet, one, "Range", "bytes=1-2", "If-None-Match", etag)
	assert.Equal(t, http.StatusNotModified, resp.StatusCode)
	assert.Zero(t, s.made)
}

// A GOP that is not there has no current version, whatever the client claims to have.
func TestConditionsDoNotMakeAGOPBe(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, gopsPath+"/2.mp4", "If-None-Match", "*")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// After a change the answer is wholly of the new version: its bytes, and its tag.
func TestSegmentOfTheNewVersion(t *testing.T) {
	s := newFakeLibrary()
	old := video.SegmentKey{Name: "a.mp4", Version: "v1", AudioStream: 1, GOP: 1}
	now := video.SegmentKey{Name: "a.mp4", Version: "v2", AudioStream: 1, GOP: 1}
	s.segment = func(ix *video.Index, _ video.SegmentKey) (*video.Segment, error) {
		if ix.Video.Version == old.Version {
			changed := testIndex("a.mp4")
			changed.Video.Version = now.Version
			s.indexes["a.mp4"] = changed
			return nil, fmt.Errorf("cut: %w", video.ErrChanged)
		}
		return &video.Segment{ContentType: "video/mp4", Size: 3, Parts: []video.Part{{Data: []byte("new")}}}, nil
	}
	handler, _ := newHandler(t, s)
	resp := do(t, handler, http.MethodGet, one)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, httpapi.SegmentETag("dev", now), resp.Header.Get("ETag"))
	assert.Equal(t, "new", body(t, resp))
	assert.Equal(t, []string{"gop; fwd=miss"}, resp.Header.Values("Cache-Status"))
}

// A retry after a change starts with fresh headers.
func TestRetryHasNoHeadersOfTheFirstAttempt(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	resp := do(t, handler, http.MethodGet, one)
	tries := 0
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		tries++
		return &video.Segment{
			ContentType: "video/mp4", Size: 1, Parts: []video.Part{{Length: 1}},
			Source: func() (video.File, error) {
				if tries == 1 {
					return nil, video.ErrChanged
				}
				return memoryFile{bytes.NewReader([]byte("x"))}, nil
			},
		}, nil
	}
	retried := do(t, handler, http.MethodGet, one)
	require.Equal(t, 2, tries)
	require.Equal(t, http.StatusOK, retried.StatusCode)
	assert.Equal(t, resp.Header.Values("Vary"), retried.Header.Values("Vary"))
	assert.Len(t, retried.Header.Values("ETag"), 1)
}
