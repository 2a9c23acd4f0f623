package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

const health = "GET /healthz HTTP/1.1\r\nHost: gop\r\n"

func TestMaxURLBytes(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.MaxURLBytes = 100 })
	longest := "/videos/" + strings.Repeat("a", 92)
	resp, _ := roundTrip(t, dial(t, addr), "GET "+longest+" HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode)
	resp, text := roundTrip(t, dial(t, addr), "GET "+longest+"a HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusRequestURITooLong, resp.StatusCode)
	assert.Contains(t, text, "the URL is longer than 100 bytes")
	assert.True(t, resp.Close)
}

func TestMaxHeaderBytes(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.MaxHeaderBytes = 1000 })
	resp, _ := roundTrip(t, dial(t, addr), health+"X: "+strings.Repeat("a", 10_000)+"\r\n\r\n")
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
}

// A client cannot keep a connection open by sending its request slowly.
func TestHeaderTimeout(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.HeaderTimeout = 50 * time.Millisecond })
	conn := dial(t, addr)
	_, err := io.WriteString(conn, health)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, conn)
	assert.NoError(t, err, "the server closes the connection")
}

// A client cannot keep a connection open by announcing a body that it does not send.
func TestRequestBodiesAreNotRead(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(*httpapi.Config) {})
	for _, framing := range []string{
		"Content-Length: 1000", "Content-Length: 1000000000", "Transfer-Encoding: chunked",
	} {
		conn := dial(t, addr)
		resp, text := roundTrip(t, conn, health+framing+"\r\n\r\n")
		assert.Equal(t, http.StatusOK, resp.StatusCode, framing)
		assert.Equal(t, "ok\n", text, framing)
		assert.True(t, resp.Close, framing)
		_, err := io.Copy(io.Discard, conn)
		assert.NoError(t, err, "the server closes the connection")
	}
}

func TestIdleTimeout(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.IdleTimeout = 50 * time.Millisecond })
	conn := dial(t, addr)
	resp, _ := roundTrip(t, conn, health+"\r\n")
	assert.False(t, resp.Close)
	_, err := io.Copy(io.Discard, conn)
	assert.NoError(t, err)
}

func TestLimitConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	limited := httpapi.LimitConnections(listener.(*net.TCPListener), 2)
	for range 3 {
		dial(t, listener.Addr().String())
	}
	var accepted []net.Conn
	accept := func() {
		conn, err := limited.Accept()
		require.NoError(t, err)
		accepted = append(accepted, conn)
	}
	accept()
	accept()
	require.NoError(t, accepted[0].Close())
	_ = accepted[0].Close() // a second Close must not free a second slot
	accept()
	dial(t, listener.Addr().String())
	closed := make(chan error, 1)
	go func() { closed <- limited.Close() }()
	_, err = limited.Accept()
	require.ErrorIs(t, err, net.ErrClosed, "two connections are open")
	require.NoError(t, <-closed)
	for _, conn := range accepted[1:] {
		require.NoError(t, conn.Close())
	}
}

// waitingLibrary is a library whose ResolveListing waits until its context is done.
type waitingLibrary struct{ httpapi.Library }

func (waitingLibrary) ResolveListing(
	ctx context.Context, _ string, _ cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	<-ctx.Done()
	return nil, video.SegmentKey{}, fmt.Errorf("index: %w", ctx.Err())
}

func TestRequestTimeout(t *testing.T) {
	addr := serve(t, waitingLibrary{}, func(c *httpapi.Config) { c.RequestTimeout = 50 * time.Millisecond })
	resp, text := roundTrip(t, dial(t, addr), "GET "+gopsPath+".json HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusGatewayTimeout, resp.StatusCode)
	assert.Contains(t, text, "the request took too long")
}

func TestDisconnectCancelsTheRequest(t *testing.T) {
	done := make(chan error, 1)
	library := &hookedLibrary{index: func(ctx context.Context) { <-ctx.Done(); done <- ctx.Err() }}
	addr := serve(t, library, func(*httpapi.Config) {})
	conn := dial(t, addr)
	_, err := io.WriteString(conn, "GET "+gopsPath+".json HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	assert.ErrorIs(t, <-done, context.Canceled)
}

// hookedLibrary is a library whose ResolveListing calls a function.
type hookedLibrary struct {
	httpapi.Library
	index func(context.Context)
}

func (h *hookedLibrary) ResolveListing(
	ctx context.Context, _ string, _ cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	h.index(ctx)
	return nil, video.SegmentKey{}, ctx.Err()
}
