package httpapi_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// unpacked is the body of an answer that is compressed.
func unpacked(t *testing.T, answer *http.Response) string {
	t.Helper()
	require.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
	packed, err := gzip.NewReader(answer.Body)
	require.NoError(t, err)
	plain, err := io.ReadAll(packed)
	require.NoError(t, err)
	return string(plain)
}

var documents = []string{grid + ".json", grid, "/", "/openapi.yaml"}

func TestDocumentsAreCompressedForWhoTakesThat(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for _, path := range documents {
		plain := ask(t, handler, http.MethodGet, path)
		assert.Contains(t, plain.Header.Values("Vary"), "Accept-Encoding", path)
		want := body(t, plain)
		for accept, compressed := range map[string]bool{
			"gzip": true, "GZIP": true, "x-gzip": true, "deflate, gzip;q=0.5": true, "*": true, "br;q=1, *;q=0.1": true,
			"": false, "identity": false, "br": false, "gzip;q=0": false, "*;q=0": false, "gzip;q=0, *": false, "gzip;q=x": false,
		} {
			answer := ask(t, handler, http.MethodGet, path, "Accept-Encoding", accept)
			assert.Contains(t, answer.Header.Values("Vary"), "Accept-Encoding", path)
			if compressed {
				assert.Equal(t, want, unpacked(t, answer), "%s for %q", path, accept)
				assert.NotEqual(t, plain.Header.Get("ETag"), answer.Header.Get("ETag"))
			} else {
				assert.Empty(t, answer.Header.Get("Content-Encoding"), accept)
				assert.Equal(t, want, body(t, answer))
				assert.Equal(t, plain.Header.Get("ETag"), answer.Header.Get("ETag"))
			}
		}
	}
}

// A GOP is compressed already.
func TestSegmentsAreNotCompressed(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, one, "Accept-Encoding", "gzip")
	assert.Empty(t, answer.Header.Get("Content-Encoding"))
	assert.Equal(t, "0123456789", body(t, answer))
}

// Whichever form a client has, it has the document.
func TestEitherFormIsCurrent(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for _, path := range documents {
		for _, has := range []string{"", "gzip"} {
			tag := ask(t, handler, http.MethodGet, path, "Accept-Encoding", has).Header.Get("ETag")
			for _, takes := range []string{"", "gzip"} {
				answer := ask(t, handler, http.MethodGet, path, "Accept-Encoding", takes, "If-None-Match", tag)
				assert.Equal(t, http.StatusNotModified, answer.StatusCode, path)
				assert.Equal(t, tag, answer.Header.Get("ETag"))
				assert.Contains(t, answer.Header.Values("Vary"), "Accept-Encoding")
			}
		}
	}
}

// A range is one of the form that is sent.
func TestRangeOfACompressedDocument(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	all := body(t, ask(t, handler, http.MethodGet, grid+".json", "Accept-Encoding", "gzip"))
	part := ask(t, handler, http.MethodGet, grid+".json", "Accept-Encoding", "gzip", "Range", "bytes=3-9")
	assert.Equal(t, http.StatusPartialContent, part.StatusCode)
	assert.Equal(t, "gzip", part.Header.Get("Content-Encoding"))
	assert.Equal(t, all[3:10], body(t, part))
}

// Each form is made once for each version of the video.
func TestDocumentsAreKept(t *testing.T) {
	s := newShelf()
	handler, _ := serverOf(t, s)
	for _, path := range []string{grid + ".json", grid} {
		for _, accept := range []string{"", "gzip"} {
			for _, want := range []string{"gop; fwd=miss", "gop; hit"} {
				answer := ask(t, handler, http.MethodGet, path, "Accept-Encoding", accept)
				assert.Equal(t, want, answer.Header.Get("Cache-Status"), "%s %s", path, accept)
			}
		}
	}
	changed := film("a.mp4")
	changed.Video.Version = "v2"
	changed.GOPs = changed.GOPs[:1]
	s.indexes["a.mp4"] = changed
	answer := ask(t, handler, http.MethodGet, grid+".json")
	assert.Equal(t, "gop; fwd=miss", answer.Header.Get("Cache-Status"))
	assert.NotContains(t, body(t, answer), `/1.mp4`)
}

// hour is the index of an hour of video.
func hour() *video.Index {
	ix := film("a.mp4")
	g := ix.GOPs[0]
	ix.GOPs = nil
	for g.Number = range 1800 {
		g.Start, g.End = g.Start+180_000, g.End+180_000
		g.StartDTS, g.EndDTS = g.StartDTS+180_000, g.EndDTS+180_000
		g.KeyPos += int64(1<<20 + g.Number%1000)
		ix.GOPs = append(ix.GOPs, g)
	}
	return ix
}

// benchmarkDocument asks for a document, which was asked for before where it is warm.
func benchmarkDocument(b *testing.B, path, accept string, warm bool) {
	s := newShelf()
	ix := hour()
	s.indexes["a.mp4"] = ix
	config := httpapi.NewDefaultConfig()
	handler := handlerOf(b, config, s, slog.New(slog.DiscardHandler))
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if !warm {
			ix.Video.Version = strconv.Itoa(n)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(b, http.StatusOK, w.Code)
		b.SetBytes(int64(w.Body.Len()))
	}
}

func BenchmarkListing(b *testing.B)     { benchmarkDocument(b, grid+".json", "", false) }
func BenchmarkListingGzip(b *testing.B) { benchmarkDocument(b, grid+".json", "gzip", false) }
func BenchmarkListingWarm(b *testing.B) { benchmarkDocument(b, grid+".json", "gzip", true) }
func BenchmarkPage(b *testing.B)        { benchmarkDocument(b, grid, "", false) }
func BenchmarkPageWarm(b *testing.B)    { benchmarkDocument(b, grid, "gzip", true) }
