package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newTestClient(t *testing.T, handler http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := dial(t.Context(), strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(c.close)
	return c
}

// The client reads whole responses over one connection, with and without Content-Length.
func TestClientReadsAll(t *testing.T) {
	bodies := map[string][]byte{
		"/small": []byte("body"),
		"/empty": {},
		"/large": bytes.Repeat([]byte("0123456789"), 100_000),
	}
	var connections atomic.Int64
	var last atomic.Value
	c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		if last.Swap(r.RemoteAddr) != r.RemoteAddr {
			connections.Add(1)
		}
		w.Header().Set("Cache-Status", "gop; hit")
		if r.URL.Query().Has("chunked") {
			w.(http.Flusher).Flush()
		}
		_, _ = w.Write(bodies[r.URL.Path])
	})
	for path, want := range bodies {
		for _, query := range []string{"", "?chunked"} {
			var have bytes.Buffer
			r, err := c.get(path+query, &have)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, have.Bytes()), path+query)
			assert.EqualValues(t, len(want), r.bytes)
			assert.Equal(t, hit, r.cache)
			assert.Positive(t, r.elapsed)
		}
	}
	assert.EqualValues(t, 1, connections.Load())
}

// Another status than 200 and a truncated body are errors.
func TestClientErrors(t *testing.T) {
	c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			return
		}
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
	})
	_, err := c.get("/busy", nil)
	assert.EqualError(t, err, "GET /busy: 503 Service Unavailable overloaded")
	_, err = c.get("/half", nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestGetAllStopsAtAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c, err := dial(t.Context(), strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer c.close()
	responses, err := c.getAll([]string{"/a", "/b"}, nil)
	assert.ErrorContains(t, err, "GET /a: 404")
	assert.Empty(t, responses)
	_, err = c.getAll([]string{"/a"}, func() error { return assert.AnError })
	assert.ErrorIs(t, err, assert.AnError)
}
