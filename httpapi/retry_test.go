package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// A video that changes between index and segment is tried once more.
func TestRetryAfterAChange(t *testing.T) {
	s := newFakeLibrary()
	changes := 1
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		if changes > 0 {
			changes--
			return nil, video.ErrChanged
		}
		return &video.Segment{
			ContentType: "video/mp4", Size: 1,
			Parts: []video.Part{{Data: []byte("x")}},
		}, nil
	}
	handler, _ := newHandler(t, s)
	assert.Equal(t, http.StatusOK, get(t, handler, gopPath).StatusCode)
	changes = 2
	resp := get(t, handler, gopPath)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, "1", resp.Header.Get("Retry-After"))
}

// The body and the ETag are those of the new version.
func TestRetryServesTheNewVersion(t *testing.T) {
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
		return &video.Segment{
			ContentType: "video/mp4", Size: 3,
			Parts: []video.Part{{Data: []byte("new")}},
		}, nil
	}
	handler, _ := newHandler(t, s)
	resp := get(t, handler, gopPath)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, httpapi.SegmentETag("dev", now), resp.Header.Get("ETag"))
	assert.Equal(t, "new", body(t, resp))
	assert.Equal(t, []string{"gop; fwd=miss"}, resp.Header.Values("Cache-Status"))
}

// A retry keeps the headers from before the first attempt, and none that the first attempt set.
func TestRetryStartsWithNewHeaders(t *testing.T) {
	attempts := 0
	handler := func(w http.ResponseWriter, _ *http.Request) error {
		attempts++
		w.Header().Add("Vary", "Accept-Encoding")
		w.Header().Set(fmt.Sprintf("Attempt-%d", attempts), "yes")
		if attempts == 1 {
			w.Header().Set("X-Request-Id", "other")
			return fmt.Errorf("cut: %w", video.ErrChanged)
		}
		return nil
	}
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "id-7")
	w.Header().Add("Vary", "Origin")
	require.NoError(t, httpapi.RetryChanged(handler, w, httptest.NewRequest(http.MethodGet, "/", nil)))
	require.Equal(t, 2, attempts)
	assert.Equal(t, http.Header{
		"X-Request-Id": {"id-7"}, "Vary": {"Origin", "Accept-Encoding"}, "Attempt-2": {"yes"},
	}, w.Header())
}

// A source that changes before it is opened is tried once more.
func TestRetryAfterAChangeBeforeSending(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	changes := 1
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		if changes == 0 {
			return &video.Segment{
				ContentType: "video/mp4", Size: 3,
				Parts: []video.Part{{Data: []byte("new")}},
			}, nil
		}
		return &video.Segment{
			ContentType: "video/mp4", Size: 3, Parts: []video.Part{{Length: 3}},
			Source: func(context.Context) (video.File, error) { changes--; return nil, video.ErrChanged },
		}, nil
	}
	resp := get(t, handler, gopPath)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "new", body(t, resp))
	changes = 2
	assert.Equal(t, http.StatusServiceUnavailable, get(t, handler, gopPath).StatusCode)
}
