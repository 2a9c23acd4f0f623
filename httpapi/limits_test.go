package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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

// listening serves a library over connections as the program does. The end of the test ends it.
func serve(t *testing.T, library httpapi.Library, set func(*httpapi.Config)) (addr string) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	set(&config)
	require.NoError(t, config.Validate())
	log := slog.New(slog.DiscardHandler)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := httpapi.NewServer(config, newHandlerWith(t, config, library, log), log)
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(httpapi.LimitConnections(listener.(*net.TCPListener), config.MaxConnections))
	}()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return listener.Addr().String()
}

// dial connects, and gives the connection's reads and writes a time after which the test has failed.
func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn.(*net.TCPConn)
}

// answerTo sends a request's text and reads the answer to it.
func roundTrip(t *testing.T, conn net.Conn, request string) (*http.Response, string) {
	t.Helper()
	_, err := io.WriteString(conn, request)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

const health = "GET /healthz HTTP/1.1\r\nHost: gop\r\n"

func TestLongURLsAreRefused(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.MaxURLBytes = 100 })
	longest := "/videos/" + strings.Repeat("a", 92)
	resp, _ := roundTrip(t, dial(t, addr), "GET "+longest+" HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode)
	resp, text := roundTrip(t, dial(t, addr), "GET "+longest+"a HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusRequestURITooLong, resp.StatusCode)
	assert.Contains(t, text, "the URL is longer than 100 bytes")
	assert.True(t, resp.Close)
}

func TestLongHeadersAreRefused(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.MaxHeaderBytes = 1000 })
	resp, _ := roundTrip(t, dial(t, addr), health+"X: "+strings.Repeat("a", 10_000)+"\r\n\r\n")
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
}

// A client may not hold a connection by sending its request byte by byte.
func TestSlowRequestsAreCutOff(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.HeaderTimeout = 50 * time.Millisecond })
	conn := dial(t, addr)
	_, err := io.WriteString(conn, health)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, conn)
	assert.NoError(t, err, "the server closes the connection")
}

// Nor by a body that does not come: nobody wants it.
func TestBodiesAreNotWaitedFor(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(*httpapi.Config) {})
	for _, framing := range []string{"Content-Length: 1000", "Content-Length: 1000000000", "Transfer-Encoding: chunked"} {
		conn := dial(t, addr)
		resp, text := roundTrip(t, conn, health+framing+"\r\n\r\n")
		assert.Equal(t, http.StatusOK, resp.StatusCode, framing)
		assert.Equal(t, "ok\n", text, framing)
		assert.True(t, resp.Close, framing)
		_, err := io.Copy(io.Discard, conn)
		assert.NoError(t, err, "the server closes the connection")
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.IdleTimeout = 50 * time.Millisecond })
	conn := dial(t, addr)
	resp, _ := roundTrip(t, conn, health+"\r\n")
	assert.False(t, resp.Close)
	_, err := io.Copy(io.Discard, conn)
	assert.NoError(t, err)
}

func TestConnectionsAreLimited(t *testing.T) {
	addr := serve(t, newFakeLibrary(), func(c *httpapi.Config) { c.MaxConnections = 2 })
	first, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
	roundTrip(t, first, health+"\r\n")
	roundTrip(t, second, health+"\r\n")
	_, err := io.WriteString(third, health+"\r\n")
	require.NoError(t, err)
	require.NoError(t, third.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = third.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it has no place yet")

	require.NoError(t, first.Close())
	require.NoError(t, third.SetReadDeadline(time.Now().Add(20*time.Second)))
	resp, err := http.ReadResponse(bufio.NewReader(third), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
}

// waiting is a library that answers when the request has ended.
type waitingLibrary struct{ httpapi.Library }

func (waitingLibrary) Index(ctx context.Context, _ string, _ int) (*video.Index, error) {
	<-ctx.Done()
	return nil, fmt.Errorf("index: %w", ctx.Err())
}

func TestRequestsHaveATime(t *testing.T) {
	addr := serve(t, waitingLibrary{}, func(c *httpapi.Config) { c.RequestTimeout = 50 * time.Millisecond })
	resp, text := roundTrip(t, dial(t, addr), "GET "+gopsPath+".json HTTP/1.1\r\nHost: gop\r\n\r\n")
	assert.Equal(t, http.StatusGatewayTimeout, resp.StatusCode)
	assert.Contains(t, text, "the request took too long")
}

// A client that goes away frees what works for it.
func TestGoneClientsFreeTheirWork(t *testing.T) {
	ended := make(chan error, 1)
	library := &hookedLibrary{index: func(ctx context.Context) { <-ctx.Done(); ended <- ctx.Err() }}
	addr := serve(t, library, func(*httpapi.Config) {})
	conn := dial(t, addr)
	_, err := io.WriteString(conn, "GET "+gopsPath+".json HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	select {
	case err := <-ended:
		assert.ErrorIs(t, err, context.Canceled)
	case <-time.After(20 * time.Second):
		t.Fatal("the work goes on")
	}
}

// hooked is a library that calls back.
type hookedLibrary struct {
	httpapi.Library
	index func(context.Context)
}

func (h *hookedLibrary) Index(ctx context.Context, _ string, _ int) (*video.Index, error) {
	h.index(ctx)
	return nil, ctx.Err()
}

// large is a shelf whose GOPs are of so many bytes, in memory or in a file.
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

func TestAnswersAreWholeWhileTheyAreTaken(t *testing.T) {
	const size = 8 << 20
	for _, inFile := range []bool{false, true} {
		s, data := newLargeSegmentLibrary(t, size, inFile)
		addr := serve(t, s, func(c *httpapi.Config) { c.WriteTimeout = time.Second })
		_, text := roundTrip(t, dial(t, addr), "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
		assert.True(t, text == string(data), "in a file: %t", inFile)
	}
}

// A client that reads nothing is cut off when it has had its time for a piece, and only then.
func TestSlowReadersAreCutOff(t *testing.T) {
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
