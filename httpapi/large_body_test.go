package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// newLargeLibrary returns a library whose a.mp4 has a listing that is too large for the cache, plain and with
// gzip, and larger than the buffers of a connection.
func newLargeLibrary() *fakeLibrary {
	s := newFakeLibrary()
	ix := testIndex("a.mp4")
	g := ix.GOPs.At(0)
	var gops []video.GOP
	random := rand.New(rand.NewPCG(1, 2))
	for g.Number = range 30_000 {
		g.Start, g.End, g.StartDTS = g.End, g.End+3000, g.End
		g.KeyPTS, g.Bytes, g.KeySize = g.Start, random.Int64(), random.Int()
		g.KeyPos += random.Int64N(1 << 40)
		gops = append(gops, g)
	}
	ix.GOPs = video.NewGOPList(gops...)
	s.indexes["a.mp4"] = ix
	return s
}

func TestLargeListingIsStreamed(t *testing.T) {
	handler, _ := newHandler(t, newLargeLibrary())
	const path = gopsPath + ".json"
	plain := get(t, handler, path)
	text := body(t, plain)
	require.Greater(t, len(text), 16<<20)
	for range 2 {
		compressed := get(t, handler, path, "Accept-Encoding", "gzip")
		assert.Equal(t, "gop; fwd=miss", compressed.Header.Get("Cache-Status"))
		assert.Empty(t, plain.Header.Get("Content-Length"))
		assert.Empty(t, compressed.Header.Get("Content-Length"))
		assert.True(t, text == gunzip(t, compressed), "both encodings have the same content")
	}
	var frames []struct{ GOP struct{ Index int } }
	require.NoError(t, json.Unmarshal([]byte(text), &frames))
	require.Len(t, frames, 30_000)
	assert.Equal(t, 29_999, frames[29_999].GOP.Index)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, []byte(text)))
	assert.Equal(t, len(text), compact.Len(), "there is no white space")
}

func TestRequestsForALargeListing(t *testing.T) {
	handler, _ := newHandler(t, newLargeLibrary())
	const path = gopsPath + ".json"
	for _, accept := range []string{"", "gzip"} {
		whole := get(t, handler, path, "Accept-Encoding", accept)
		tag := whole.Header.Get("ETag")
		head := do(t, handler, http.MethodHead, path, "Accept-Encoding", accept)
		for _, headers := range []http.Header{whole.Header, head.Header} {
			headers.Del("X-Request-Id")
			headers.Del("Server-Timing")
		}
		assert.Equal(t, whole.Header, head.Header)
		assert.Empty(t, body(t, head))

		// Ranges of a body whose length is not known are ignored.
		part := get(t, handler, path, "Accept-Encoding", accept, "Range", "bytes=0-9")
		assert.Equal(t, http.StatusOK, part.StatusCode)
		assert.Equal(t, len(body(t, whole)), len(body(t, part)))

		current := get(t, handler, path, "Accept-Encoding", accept, "If-None-Match", tag)
		assert.Equal(t, http.StatusNotModified, current.StatusCode)
		matching := do(t, handler, http.MethodHead, path, "Accept-Encoding", accept, "If-Match", tag)
		assert.Equal(t, http.StatusOK, matching.StatusCode)
		failed := get(t, handler, path, "Accept-Encoding", accept, "If-Match", `"other"`)
		assert.Equal(t, http.StatusPreconditionFailed, failed.StatusCode)
		assert.Empty(t, body(t, failed))
	}
}

// cancelingWriter cancels a request when it receives the first bytes of the body.
type cancelingWriter struct {
	*httptest.ResponseRecorder
	cancel context.CancelFunc
}

func (w cancelingWriter) Write(b []byte) (int, error) {
	w.cancel()
	return w.ResponseRecorder.Write(b)
}

// A response that ends early does not look complete.
func TestLargeListingIsAborted(t *testing.T) {
	handler, _ := newHandler(t, newLargeLibrary())
	ctx, cancel := context.WithCancel(t.Context())
	w := cancelingWriter{httptest.NewRecorder(), cancel}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, gopsPath+".json", nil)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { handler.ServeHTTP(w, r) })
	assert.Equal(t, http.StatusOK, w.Code)
	assert.NotEmpty(t, w.Body.Bytes())
	assert.Less(t, w.Body.Len(), 1<<20)
}

// HTTP/1.0 cannot tell the end of an aborted response from that of a complete one.
func TestLargeListingIsNotStoredOverHTTP10(t *testing.T) {
	addr := serve(t, newLargeLibrary(), func(c *httpapi.Config) { c.MaxAge = time.Hour })
	for version, want := range map[string]string{"1.0": "no-store", "1.1": "public, max-age=3600"} {
		conn := dial(t, addr)
		_, err := fmt.Fprintf(conn, "HEAD %s.json HTTP/%s\r\nHost: a\r\n\r\n", gopsPath, version)
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodHead})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, want, resp.Header.Get("Cache-Control"), version)
		_ = resp.Body.Close()
	}
}

// heapWriter measures the heap when it receives the first bytes of a body. It drops the body.
type heapWriter struct {
	header http.Header
	heap   uint64 // bytes; 0 before the body
}

func (w *heapWriter) Header() http.Header { return w.header }
func (w *heapWriter) WriteHeader(int)     {}

func (w *heapWriter) Write(b []byte) (int, error) {
	if w.heap == 0 {
		w.heap = heapBytes()
	}
	return len(b), nil
}

// heapBytes returns the size of the reachable objects of the heap.
func heapBytes() uint64 {
	runtime.GC()
	runtime.GC() // empties pools, too
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// While a client reads a large listing or its columns, the response holds little memory.
func TestMemoryOfALargeListing(t *testing.T) {
	const count = 200_000
	s := newLargeLibrary()
	ix := s.indexes["a.mp4"]
	gops := slices.Repeat(ix.GOPs.Unpack(), count/ix.GOPs.Len()+1)[:count]
	for i := range gops {
		gops[i].Number = i
	}
	ix.GOPs = video.NewGOPList(gops...)
	handler, _ := newHandler(t, s)
	for _, query := range []string{"", "?columns=1"} {
		before := heapBytes()
		w := &heapWriter{header: http.Header{}}
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, gopsPath+".json"+query, nil))
		require.Empty(t, w.header.Get("Content-Length"), "it is streamed")
		assert.Less(t, int64(w.heap)-int64(before), int64(2<<20), query)
	}
}

// startReading requests the large listing and reads the header of the response.
func startReading(t *testing.T, addr string) {
	t.Helper()
	conn := dial(t, addr)
	_, err := fmt.Fprintf(conn, "GET %s.json HTTP/1.1\r\nHost: a\r\n\r\n", gopsPath)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	t.Cleanup(func() { _ = resp.Body.Close() })
}

// Clients that do not read delay no other client.
func TestSlowReadersOfALargeListing(t *testing.T) {
	readers := runtime.GOMAXPROCS(0)
	addr := serve(t, newLargeLibrary(), func(c *httpapi.Config) { c.LargeBodies = readers + 1 })
	for range readers {
		startReading(t, addr)
	}
	const request = "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	resp, text := roundTrip(t, dial(t, addr), fmt.Sprintf(request, gopsPath+".json"))
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Greater(t, len(text), 16<<20)
}

// The number of large listings sent at a time is bounded.
func TestTooManyLargeListings(t *testing.T) {
	s := newLargeLibrary()
	s.indexes["small.mp4"] = testIndex("small.mp4")
	addr := serve(t, s, func(c *httpapi.Config) { c.LargeBodies, c.BodyWait = 1, time.Millisecond })
	// The first request finds a body worker even if it has to wait for a moment.
	startReading(t, addr)
	const request = "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	resp, text := roundTrip(t, dial(t, addr), fmt.Sprintf(request, gopsPath+".json"))
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, "1", resp.Header.Get("Retry-After"))
	assert.Contains(t, text, "the server is overloaded")
	small, _ := roundTrip(t, dial(t, addr), fmt.Sprintf(request, "/videos/small.mp4/group-of-pictures.json"))
	assert.Equal(t, http.StatusOK, small.StatusCode)
}

func BenchmarkLargeListing(b *testing.B) {
	handler := newHandlerWith(b, httpapi.NewDefaultConfig(), newLargeLibrary(), slog.New(slog.DiscardHandler))
	r := httptest.NewRequest(http.MethodGet, gopsPath+".json", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(b, http.StatusOK, w.Code)
		b.SetBytes(int64(w.Body.Len()))
	}
}
