package httpapi_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// http2Client speaks HTTP/2 over cleartext with a server.
type http2Client struct {
	*http.Client
	addr  string
	dials atomic.Int32 // number of connections so far
}

// newHTTP2Client returns a client that is closed at the end of the test.
func newHTTP2Client(t *testing.T, addr string) *http2Client {
	t.Helper()
	c := &http2Client{addr: addr}
	transport := &http.Transport{
		Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{StrictMaxConcurrentRequests: true},
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c.dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	c.Client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(transport.CloseIdleConnections)
	return c
}

// start sends a request and returns the response with its body unread. headers are pairs of names and values.
func (c *http2Client) start(
	t *testing.T, method, target string, content io.Reader, headers ...string,
) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.addr+target, content)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.Do(r)
}

// do sends a request and returns the response and its body.
func (c *http2Client) do(t *testing.T, method, target string, headers ...string) (*http.Response, string) {
	t.Helper()
	resp, err := c.start(t, method, target, http.NoBody, headers...)
	require.NoError(t, err, target)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err, target)
	return resp, string(text)
}

// Every response over HTTP/2 is that over HTTP/1.1, on one connection, which errors do not close.
func TestHTTP2(t *testing.T) {
	s, _ := newLargeSegmentLibrary(t, 1<<20, true)
	addr := serve(t, s, func(c *httpapi.Config) { c.MaxURLBytes, c.MaxHeaderBytes = 1000, 4000 })
	client := newHTTP2Client(t, addr)
	current := versionOfA(s)
	for _, test := range []struct {
		method, target string
		header         []string
		status         int
	}{
		{"GET", gopPath, nil, 200},
		{"GET", gopPath + "?v=" + current, nil, 200},
		{"GET", gopPath, []string{"Range", "bytes=100000-800000"}, 206},
		{"GET", gopPath, []string{"Range", "bytes=1-2,5-70000"}, 206},
		{"GET", gopPath, []string{"Range", "bytes=9999999-"}, 416},
		{"GET", gopPath, []string{"If-Match", `"x"`}, 412},
		{"GET", gopPath, []string{"If-None-Match", "*"}, 304},
		{"HEAD", gopPath, nil, 200},
		{"GET", streamed, nil, 200},
		{"GET", gopsPath + "/0.jpg", nil, 200},
		{"GET", gopsPath, []string{"Accept-Encoding", "gzip"}, 200},
		{"HEAD", gopsPath, nil, 200},
		{"GET", gopsPath + ".json", nil, 200},
		{"GET", "/videos/a.mp4", nil, 307},
		{"GET", "/videos/none.mp4/group-of-pictures", nil, 404},
		{"GET", "/videos/none.mp4/group-of-pictures", []string{"Accept", "text/html"}, 404},
		{"GET", gopPath + "?speed=2", nil, 400},
		{"OPTIONS", gopPath, nil, 204},
		{"GET", "/" + strings.Repeat("a", 1000), nil, 414},
		{"GET", "/healthz", nil, 200},
	} {
		name := test.method + " " + test.target
		header := append([]string{"X-Request-Id", "id"}, test.header...)
		got, gotText := client.do(t, test.method, test.target, header...)
		assert.Equal(t, 2, got.ProtoMajor, name)
		require.Equal(t, test.status, got.StatusCode, name)
		request := test.method + " " + test.target + " HTTP/1.1\r\nHost: " + addr + "\r\n"
		for i := 0; i < len(header); i += 2 {
			request += header[i] + ": " + header[i+1] + "\r\n"
		}
		conn := dial(t, addr)
		if test.method == "HEAD" {
			require.NoError(t, conn.CloseWrite())
			continue // roundTrip expects a body
		}
		want, wantText := roundTrip(t, conn, request+"Connection: close\r\n\r\n")
		for _, h := range []http.Header{want.Header, got.Header} {
			for _, name := range []string{
				"Connection", "Date", "Content-Length", "Cache-Status", "Server-Timing",
			} {
				h.Del(name)
			}
		}
		if test.status != 206 { // the boundary of several ranges is random
			assert.Equal(t, want.Header, got.Header, name)
			assert.True(t, wantText == gotText, name)
		}
		assert.Len(t, gotText, len(wantText), name)
	}
	_, err := client.start(t, http.MethodGet, "/healthz", http.NoBody, "X", strings.Repeat("a", 8000))
	assert.ErrorContains(t, err, "header list larger than peer's advertised limit")
	assert.EqualValues(t, 1, client.dials.Load(), "connections")
}

// A request with a body does not close a connection that other requests share.
func TestHTTP2BodiesAreNotRead(t *testing.T) {
	client := newHTTP2Client(t, serve(t, newFakeLibrary(), func(*httpapi.Config) {}))
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut} {
		body, writer := io.Pipe() // never ends
		resp, err := client.start(t, method, "/healthz", body)
		require.NoError(t, err, method)
		want := http.StatusMethodNotAllowed
		if method == http.MethodGet {
			want = http.StatusOK
		}
		assert.Equal(t, want, resp.StatusCode, method)
		_, err = io.ReadAll(resp.Body)
		assert.NoError(t, err, method)
		require.NoError(t, resp.Body.Close())
		require.NoError(t, writer.Close())
	}
	assert.EqualValues(t, 1, client.dials.Load(), "connections")
}

// A client that does not read one stream reads others meanwhile. The stream ends with the write timeout.
func TestHTTP2SlowReaders(t *testing.T) {
	const size = 16 << 20 // more than the client's window
	for _, inFile := range []bool{false, true} {
		s, data := newLargeSegmentLibrary(t, size, inFile)
		for _, timeout := range []time.Duration{time.Minute, 300 * time.Millisecond} {
			entries := make(chan httpapi.LogEntry, 1)
			client := newHTTP2Client(t, serve(t, s, func(c *httpapi.Config) {
				c.WriteTimeout = timeout
				c.Observe = func(e httpapi.LogEntry) {
					if e.GOP == 0 {
						entries <- e
					}
				}
			}))
			slow, err := client.start(t, http.MethodGet, gopsPath+"/0.mp4", http.NoBody)
			require.NoError(t, err)
			if timeout == time.Minute {
				_, other := client.do(t, http.MethodGet, gopPath)
				assert.True(t, other == string(data), "in a file: %t", inFile)
				assert.Empty(t, entries, "the slow response is not complete")
			} else {
				entry := <-entries // before the client reads anything
				assert.True(t, entry.Truncated, "in a file: %t", inFile)
				assert.Less(t, entry.Bytes, int64(size))
				_, err = io.Copy(io.Discard, slow.Body)
				assert.ErrorContains(t, err, "INTERNAL_ERROR")
			}
			require.NoError(t, slow.Body.Close())
			client.do(t, http.MethodGet, "/healthz")
			assert.EqualValues(t, 1, client.dials.Load(), "connections")
		}
	}
}

// http2Frame returns a frame (RFC 9113, section 4.1).
func http2Frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return append(binary.BigEndian.AppendUint32(append(frame, flags), stream), payload...)
}

// http2Get returns the frame of a GET. Its fields are literals or of the static table (RFC 7541, appendix A).
func http2Get(stream uint32, path string) []byte {
	const endStream, endHeaders = 1, 4
	fields := append([]byte{0x82, 0x86, 0x41, 3, 'g', 'o', 'p', 0x04, byte(len(path))}, path...)
	return http2Frame(1, endStream|endHeaders, stream, fields...)
}

// The requests of a client end with the write timeout if it opens its windows but does not read the
// connection, and if it never opens them, even for a few bytes.
func TestHTTP2UnreadResponses(t *testing.T) {
	s, _ := newLargeSegmentLibrary(t, 32<<20, false) // more than the socket buffers hold
	for path, window := range map[string]byte{gopPath: 0x7f, "/healthz": 0} {
		entries := make(chan httpapi.LogEntry, 3)
		conn := dial(t, serve(t, s, func(c *httpapi.Config) {
			c.WriteTimeout = 300 * time.Millisecond
			c.Observe = func(e httpapi.LogEntry) { entries <- e }
		}))
		const windowUpdate, settings, initialWindowSize = 8, 4, 4
		request := []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		request = append(request, http2Frame(settings, 0, 0, 0, initialWindowSize, window, 0, 0, 0)...)
		request = append(request, http2Frame(windowUpdate, 0, 0, 0x7f, 0, 0, 0)...) // of the connection
		for i := range uint32(cap(entries)) {
			request = append(request, http2Get(2*i+1, path)...)
		}
		_, err := conn.Write(request)
		require.NoError(t, err)
		for range cap(entries) {
			assert.True(t, (<-entries).Truncated, path)
		}
	}
}

// The requests of all HTTP/2 connections are limited.
func TestHTTP2RequestsAreLimited(t *testing.T) {
	s := newFakeLibrary()
	started, release := make(chan bool), make(chan bool)
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		started <- true
		<-release
		return &video.Segment{
			ContentType: "video/mp4", Size: 1, Parts: []video.Part{{Data: []byte("x")}},
		}, nil
	}
	addr := serve(t, s, func(c *httpapi.Config) { c.MaxConnections = 2 })
	first, second := newHTTP2Client(t, addr), newHTTP2Client(t, addr)
	done := make(chan string)
	for _, client := range []*http2Client{first, second} {
		go func() {
			_, text := client.do(t, http.MethodGet, gopPath)
			done <- text
		}()
		<-started
	}
	_, err := first.start(t, http.MethodGet, "/healthz", http.NoBody)
	assert.ErrorContains(t, err, "INTERNAL_ERROR")
	close(release)
	for range 2 {
		assert.Equal(t, "x", <-done)
	}
	_, text := first.do(t, http.MethodGet, "/healthz")
	assert.Equal(t, "ok\n", text)
	assert.EqualValues(t, 1, first.dials.Load(), "connections")
}

// shrinkingFile becomes shorter after the first read.
type shrinkingFile struct {
	*os.File
	reads int
}

func (f *shrinkingFile) ReadAt(b []byte, offset int64) (int, error) {
	if f.reads++; f.reads > 1 {
		return 0, io.EOF
	}
	return f.File.ReadAt(b, offset)
}

// The stream of an incomplete response is reset, so that no cache takes it for complete.
func TestHTTP2IncompleteResponses(t *testing.T) {
	s, _ := newLargeSegmentLibrary(t, 1<<20, true)
	whole := s.segment
	s.segment = func(ix *video.Index, key video.SegmentKey) (*video.Segment, error) {
		segment, err := whole(ix, key)
		open := segment.Source
		segment.Source = func(ctx context.Context) (video.File, error) {
			file, err := open(ctx)
			return &shrinkingFile{File: file.(*os.File)}, err
		}
		return segment, err
	}
	s.streamErr, s.failsAt = video.Errorf(video.Unreadable, "damaged"), '4'
	client := newHTTP2Client(t, serve(t, s, func(*httpapi.Config) {}))
	for _, target := range []string{gopPath, streamed} {
		resp, err := client.start(t, http.MethodGet, withVersion(target, versionOfA(s)), http.NoBody)
		require.NoError(t, err, target)
		assert.Equal(t, http.StatusOK, resp.StatusCode, target)
		_, err = io.ReadAll(resp.Body)
		assert.ErrorContains(t, err, "INTERNAL_ERROR", target)
		require.NoError(t, resp.Body.Close())
	}
}
