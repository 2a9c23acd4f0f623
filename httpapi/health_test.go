package httpapi_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestHealthIsNotCached(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, "/healthz")
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "ok\n", body(t, resp))
}

func TestReady(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	assert.Equal(t, http.StatusOK, get(t, handler, "/readyz").StatusCode)
	s.errs["ready"] = video.WrapError(video.Unavailable, errors.New("inner"), "the videos cannot be reached")
	resp := get(t, handler, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Contains(t, body(t, resp), "the videos cannot be reached")
	assert.Equal(t, http.StatusOK, get(t, handler, "/healthz").StatusCode, "the process is alive")
}
