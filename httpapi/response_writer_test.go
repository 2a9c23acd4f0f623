package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
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
			Source: func() (video.File, error) { return os.Open(path) },
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
	const size = 32 << 20 // more than the system's buffers take
	for _, inFile := range []bool{false, true} {
		s, _ := newLargeSegmentLibrary(t, size, inFile)
		addr := serve(t, s, func(c *httpapi.Config) { c.WriteTimeout = 300 * time.Millisecond })
		conn := dial(t, addr)
		require.NoError(t, conn.SetReadBuffer(64<<10))
		_, err := io.WriteString(conn, "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
		require.NoError(t, err)
		closed := func() bool { // by the server, as the system's table of connections has it
			return !strings.Contains(connections(t), fmt.Sprintf(":%04X %s", port(conn.RemoteAddr()), established(conn)))
		}
		require.False(t, closed())
		require.Eventually(t, closed, 20*time.Second, 20*time.Millisecond)
		n, err := io.Copy(io.Discard, conn)
		assert.Less(t, n, int64(size), "in a file: %t (%v)", inFile, err)
	}
}

func port(a net.Addr) int { return a.(*net.TCPAddr).Port }

// established is how /proc/net/tcp goes on behind the local port of the server's end of conn, while it is
// open.
func established(conn net.Conn) string {
	return fmt.Sprintf("0100007F:%04X 01", port(conn.LocalAddr()))
}

func connections(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/net/tcp")
	require.NoError(t, err)
	return string(text)
}
