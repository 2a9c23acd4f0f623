package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// newLargeSegmentLibrary returns a library with segments of size bytes, in memory or in a file, and their
// bytes.
func newLargeSegmentLibrary(t *testing.T, size int, inFile bool) (*fakeLibrary, []byte) {
	t.Helper()
	data := bytes.Repeat([]byte("0123456789abcde\n"), size/16)
	path := filepath.Join(t.TempDir(), "video")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	s := newFakeLibrary()
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		part := video.Part{Data: data}
		if inFile {
			part = video.Part{Length: int64(size)}
		}
		return &video.Segment{
			ContentType: "video/mp4", Size: int64(size), Parts: []video.Part{part},
			Source: func(context.Context) (video.File, error) { return os.Open(path) },
		}, nil
	}
	return s, data
}

func TestLargeSegments(t *testing.T) {
	const size = 8 << 20
	for _, inFile := range []bool{false, true} {
		s, data := newLargeSegmentLibrary(t, size, inFile)
		addr := serve(t, s, func(c *httpapi.Config) { c.WriteTimeout = time.Second })
		_, text := roundTrip(t, dial(t, addr), "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
		assert.True(t, text == string(data), "in a file: %t", inFile)
	}
}

// The server disconnects a client that receives less than a chunk within the write timeout.
func TestSlowReadersAreDisconnected(t *testing.T) {
	const size = 32 << 20 // more than the socket buffers hold
	for _, inFile := range []bool{false, true} {
		s, _ := newLargeSegmentLibrary(t, size, inFile)
		entries := make(chan httpapi.LogEntry, 1)
		addr := serve(t, s, func(c *httpapi.Config) {
			c.WriteTimeout = 300 * time.Millisecond
			c.Observe = func(e httpapi.LogEntry) { entries <- e }
		})
		conn := dial(t, addr)
		_, err := io.WriteString(conn, "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
		require.NoError(t, err)
		entry := <-entries // before the client reads anything
		assert.True(t, entry.Truncated, "in a file: %t", inFile)
		assert.Less(t, entry.Bytes, int64(size))
	}
}
