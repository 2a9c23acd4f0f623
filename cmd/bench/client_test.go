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

func serving(t *testing.T, handler http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := dial(t.Context(), strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(c.close)
	return c
}

// All of an answer is read, over one connection, whatever its length and form.
func TestClientReadsAll(t *testing.T) {
	bodies := map[string][]byte{"/small": []byte("body"), "/empty": {}, "/large": bytes.Repeat([]byte("0123456789"), 100_000)}
	var connections atomic.Int64
	var last atomic.Value
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
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
			a, err := c.get(path+query, &have)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, have.Bytes()), path+query)
			assert.EqualValues(t, len(want), a.bytes)
			assert.Equal(t, hit, a.cache)
			assert.Positive(t, a.took)
		}
	}
	assert.EqualValues(t, 1, connections.Load())
}

// A refusal or half an answer is none.
func TestClientRefuses(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			return
		}
		http.Error(w, "too much to do", http.StatusServiceUnavailable)
	})
	_, err := c.get("/busy", nil)
	assert.EqualError(t, err, "ask for /busy: 503 Service Unavailable too much to do")
	_, err = c.get("/half", nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
