package httpapi_test

import (
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

var bodyPaths = []string{gopsPath + ".json", gopsPath, "/videos/a.mp4.json", "/", "/openapi.yaml"}

func TestBodiesAreCompressed(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range bodyPaths {
		plain := get(t, handler, path)
		assert.Contains(t, varyOf(t, plain), "Accept-Encoding", path)
		want := body(t, plain)
		for accept, compressed := range map[string]bool{
			"gzip": true, "GZIP": true, "x-gzip": true, "deflate, gzip;q=0.5": true,
			"*": true, "br;q=1, *;q=0.1": true,

			"": false, "identity": false, "br": false,
			"gzip;q=0": false, "*;q=0": false, "gzip;q=0, *": false, "gzip;q=x": false,
		} {
			resp := get(t, handler, path, "Accept-Encoding", accept)
			assert.Contains(t, varyOf(t, resp), "Accept-Encoding", path)
			if compressed {
				assert.Equal(t, want, gunzip(t, resp), "%s for %q", path, accept)
				assert.NotEqual(t, plain.Header.Get("ETag"), resp.Header.Get("ETag"))
			} else {
				assert.Empty(t, resp.Header.Get("Content-Encoding"), accept)
				assert.Equal(t, want, body(t, resp))
				assert.Equal(t, plain.Header.Get("ETag"), resp.Header.Get("ETag"))
			}
		}
	}
}

func TestSegmentsAreNotCompressed(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopPath, "Accept-Encoding", "gzip")
	assert.Empty(t, resp.Header.Get("Content-Encoding"))
	assert.Equal(t, "0123456789", body(t, resp))
}

// A client that has the body in an encoding that it accepts gets a 304. A cache that has it compressed gets
// the plain form for a client that does not accept gzip.
func TestAcceptedEncodingsAreCurrent(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range bodyPaths {
		for _, has := range []string{"", "gzip"} {
			tag := get(t, handler, path, "Accept-Encoding", has).Header.Get("ETag")
			for _, takes := range []string{"", "gzip"} {
				resp := get(t, handler, path, "Accept-Encoding", takes, "If-None-Match", tag)
				assert.Contains(t, varyOf(t, resp), "Accept-Encoding")
				if has == "gzip" && takes == "" {
					assert.Equal(t, http.StatusOK, resp.StatusCode, path)
					assert.NotEqual(t, tag, resp.Header.Get("ETag"))
					continue
				}
				assert.Equal(t, http.StatusNotModified, resp.StatusCode, path)
				assert.Equal(t, tag, resp.Header.Get("ETag"))
			}
		}
	}
}

// A range selects bytes of the compressed body.
func TestRangeOfACompressedBody(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	all := body(t, get(t, handler, gopsPath+".json", "Accept-Encoding", "gzip"))
	part := get(t, handler, gopsPath+".json", "Accept-Encoding", "gzip", "Range", "bytes=3-9")
	assert.Equal(t, http.StatusPartialContent, part.StatusCode)
	assert.Equal(t, "gzip", part.Header.Get("Content-Encoding"))
	assert.Equal(t, all[3:10], body(t, part))
}

// Each encoding is made once for each version of the video.
func TestBodiesAreCached(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for _, path := range []string{gopsPath + ".json", gopsPath} {
		for _, accept := range []string{"", "gzip"} {
			for _, want := range []string{"gop; fwd=miss", "gop; hit"} {
				resp := get(t, handler, path, "Accept-Encoding", accept)
				assert.Equal(t, want, resp.Header.Get("Cache-Status"), "%s %s", path, accept)
			}
		}
	}
	changed := testIndex("a.mp4")
	changed.Video.Version = "v2"
	changed.GOPs = video.NewGOPList(changed.GOPs.At(0))
	s.indexes["a.mp4"] = changed
	resp := get(t, handler, gopsPath+".json")
	assert.Equal(t, "gop; fwd=miss", resp.Header.Get("Cache-Status"))
	assert.NotContains(t, body(t, resp), `/1.mp4`)
}

// hourIndex returns the index of an hour of video.
func hourIndex() *video.Index {
	ix := testIndex("a.mp4")
	g := ix.GOPs.At(0)
	var gops []video.GOP
	for g.Number = range 1800 {
		g.Start, g.End = g.Start+180_000, g.End+180_000
		g.StartDTS, g.EndDTS = g.StartDTS+180_000, g.EndDTS+180_000
		g.KeyPos += int64(1<<20 + g.Number%1000)
		gops = append(gops, g)
	}
	ix.GOPs = video.NewGOPList(gops...)
	return ix
}

// benchmarkBody requests a body, which is cached if warm is true.
func benchmarkBody(b *testing.B, path, accept string, warm bool) {
	s := newFakeLibrary()
	ix := hourIndex()
	s.indexes["a.mp4"] = ix
	config := httpapi.NewDefaultConfig()
	handler := newHandlerWith(b, config, s, slog.New(slog.DiscardHandler))
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

func BenchmarkListing(b *testing.B) { benchmarkBody(b, gopsPath+".json", "", false) }

func BenchmarkListingGzip(b *testing.B) { benchmarkBody(b, gopsPath+".json", "gzip", false) }

func BenchmarkListingWarm(b *testing.B) { benchmarkBody(b, gopsPath+".json", "gzip", true) }

func BenchmarkPage(b *testing.B) { benchmarkBody(b, gopsPath, "", false) }

func BenchmarkPageWarm(b *testing.B) { benchmarkBody(b, gopsPath, "gzip", true) }
