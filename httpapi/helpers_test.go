package httpapi_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"flag"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// gopsPath is the path of the page of a.mp4, and one the path of its second GOP.
const gopsPath = "/videos/a.mp4/group-of-pictures"

var update = flag.Bool("update", false, "update the golden files")

var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// serverOf is the handler over a library, and its log.
func newHandler(t *testing.T, s *fakeLibrary) (http.Handler, *bytes.Buffer) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	require.NoError(t, config.Validate())
	log := new(bytes.Buffer)
	return newHandlerWith(t, config, s, slog.New(slog.NewTextHandler(log, nil))), log
}

// handlerOf is a handler that is closed with the test.
func newHandlerWith(t testing.TB, config httpapi.Config, library httpapi.Library, log *slog.Logger) http.Handler {
	t.Helper()
	handler := httpapi.New(config, library, log)
	t.Cleanup(handler.Close)
	return handler
}

// ask sends one request; headers are names and values in turn.
func do(t *testing.T, handler http.Handler, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	_, err := b.ReadFrom(r.Body)
	require.NoError(t, err)
	return b.String()
}

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

// unpacked is the body of an answer that is compressed.
func gunzip(t *testing.T, resp *http.Response) string {
	t.Helper()
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	packed, err := gzip.NewReader(resp.Body)
	require.NoError(t, err)
	plain, err := io.ReadAll(packed)
	require.NoError(t, err)
	return string(plain)
}

// hrefs is what a browser reads out of the attributes that pattern finds.
func hrefs(t *testing.T, text, pattern string) []string {
	t.Helper()
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, html.UnescapeString(match[1]))
	}
	require.NotEmpty(t, found, pattern)
	return found
}

const one = gopsPath + "/1.mp4"

const whole = "0123456789"

// guarded is a handler that admits only some, and its log.
func newRestrictedHandler(t *testing.T, set func(*httpapi.Config)) (http.Handler, *bytes.Buffer) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	config.AccessLog = true
	set(&config)
	require.NoError(t, config.Validate())
	log := new(bytes.Buffer)
	return newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))), log
}
