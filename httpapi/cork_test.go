package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// corkOf reads the socket option of tcp(7).
func corkOf(t *testing.T, conn net.Conn) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	on := -1
	require.NoError(t, raw.Control(func(fd uintptr) {
		on, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK)
	}))
	require.NoError(t, err)
	return on
}

// watched is a file that tells of being read.
type watched struct {
	*bytes.Reader
	read func()
}

func (w watched) ReadAt(b []byte, at int64) (int, error) {
	w.read()
	return w.Reader.ReadAt(b, at)
}

func (watched) Close() error { return nil }

// The pieces of a segment go out together, and nothing is held back after it.
func TestCorkIsOnlyForSegments(t *testing.T) {
	s := newShelf()
	var conn net.Conn
	var meanwhile []int
	referring(t, s, func(file *os.File) video.File {
		data, err := io.ReadAll(file)
		require.NoError(t, err)
		return watched{bytes.NewReader(data), func() { meanwhile = append(meanwhile, corkOf(t, conn)) }}
	})
	handler, _ := serverOf(t, s)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		conn = c
		return httpapi.KeepConn(ctx, c)
	}
	server.Start()
	defer server.Close()
	for range 2 { // on one connection
		answer, err := http.Get(server.URL + one)
		require.NoError(t, err)
		assert.Equal(t, "0123456789", body(t, answer))
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, 0, corkOf(t, conn))
	}
	assert.Equal(t, []int{1, 1, 1, 1}, meanwhile)
}
