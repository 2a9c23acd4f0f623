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
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

const (
	gopsPath = "/videos/a.mp4/group-of-pictures" // path of the page of a.mp4
	gopPath  = gopsPath + "/1.mp4"               // path of its second GOP

	segmentText = "0123456789" // bytes of a segment of fakeLibrary
)

var update = flag.Bool("update", false, "update the golden files")

// modified is the modification time of the videos of fakeLibrary.
var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// newHandler returns a handler of s with the default Config, and its log.
func newHandler(t *testing.T, s *fakeLibrary) (http.Handler, *bytes.Buffer) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	require.NoError(t, config.Validate())
	log := new(bytes.Buffer)
	return newHandlerWith(t, config, s, slog.New(slog.NewTextHandler(log, nil))), log
}

// newHandlerWith returns a handler that is closed at the end of the test.
func newHandlerWith(
	t testing.TB, config httpapi.Config, library httpapi.Library, log *slog.Logger,
) http.Handler {
	t.Helper()
	handler := httpapi.New(config, library, log)
	t.Cleanup(handler.Close)
	return handler
}

// varyOf returns the headers that Vary names. It fails if there are several lines of Vary.
func varyOf(t *testing.T, resp *http.Response) []string {
	t.Helper()
	require.LessOrEqual(t, len(resp.Header.Values("Vary")), 1)
	return strings.Split(resp.Header.Get("Vary"), ", ")
}

// get sends a GET. headers are pairs of names and values.
func get(t *testing.T, handler http.Handler, target string, headers ...string) *http.Response {
	t.Helper()
	return do(t, handler, http.MethodGet, target, headers...)
}

// do sends a request. headers are pairs of names and values.
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

// body returns the body of a response as text.
func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	_, err := b.ReadFrom(r.Body)
	require.NoError(t, err)
	return b.String()
}

// serve serves a library over TCP, like gop serve, until the end of the test.
func serve(t *testing.T, library httpapi.Library, set func(*httpapi.Config)) (addr string) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	set(&config)
	require.NoError(t, config.Validate())
	log := slog.New(slog.DiscardHandler)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := httpapi.NewServer(config, newHandlerWith(t, config, library, log), log)
	done := make(chan error, 1)
	go func() {
		done <- server.Serve(httpapi.LimitConnections(listener.(*net.TCPListener), config.MaxConnections))
	}()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return listener.Addr().String()
}

// dial returns a connection whose reads and writes fail after 20 s.
func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn.(*net.TCPConn)
}

// roundTrip sends the text of a request and returns the response and its body.
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

// gunzip returns the body of a gzip-compressed response.
func gunzip(t *testing.T, resp *http.Response) string {
	t.Helper()
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	compressed, err := gzip.NewReader(resp.Body)
	require.NoError(t, err)
	plain, err := io.ReadAll(compressed)
	require.NoError(t, err)
	return string(plain)
}

// hrefs returns the unescaped values of the attributes that match the first group of pattern.
func hrefs(t *testing.T, text, pattern string) []string {
	t.Helper()
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, html.UnescapeString(match[1]))
	}
	require.NotEmpty(t, found, pattern)
	return found
}

// withoutVersions removes the parameter v from the links in the text of a page or a listing.
func withoutVersions(text string) string {
	const separator, version = `(&amp;|\\u0026|&)`, `v=[0-9a-f]{12}`
	text = regexp.MustCompile(`\?`+version+separator).ReplaceAllString(text, "?")
	return regexp.MustCompile(`(\?|`+separator+`)`+version).ReplaceAllString(text, "")
}

// newRestrictedHandler returns a handler whose Config requires authorization, as set by set, and its log.
func newRestrictedHandler(t *testing.T, set func(*httpapi.Config)) (http.Handler, *bytes.Buffer) {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	config.AccessLog = true
	set(&config)
	require.NoError(t, config.Validate())
	log := new(bytes.Buffer)
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return newHandlerWith(t, config, newFakeLibrary(), logger), log
}
