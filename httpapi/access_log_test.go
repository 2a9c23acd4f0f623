package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

func TestLogEntries(t *testing.T) {
	s := newFakeLibrary()
	s.errs["damaged.mp4"] = video.Errorf(video.Unreadable, "damaged")
	var entries []httpapi.LogEntry
	config := httpapi.NewDefaultConfig()
	config.Observe = func(e httpapi.LogEntry) { entries = append(entries, e) }
	handler := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	segment := func(status int) httpapi.LogEntry {
		return httpapi.LogEntry{
			Path: gopPath, Route: "segment", Status: status, Video: "a.mp4", GOP: 1, Cache: "miss",
		}
	}
	const damaged = "/videos/damaged.mp4/group-of-pictures.json"
	for _, test := range []struct {
		method, target string
		header         []string
		want           httpapi.LogEntry
	}{
		{"GET", gopPath + "?audio=0", nil, segment(200)},
		{"HEAD", gopPath, nil, segment(200)},
		{"GET", gopPath, []string{"Range", "bytes=2-4"}, segment(206)},
		{"GET", "/readyz", nil, httpapi.LogEntry{Path: "/readyz", Route: "ready", Status: 200, GOP: -1}},
		{"GET", "/none", nil, httpapi.LogEntry{Path: "/none", Route: "none", Status: 404, GOP: -1}},
		{"BREW", "/healthz", nil, httpapi.LogEntry{
			Method: "OTHER", Path: "/healthz", Route: "health", Status: 405, GOP: -1,
		}},
		{"GET", damaged, nil, httpapi.LogEntry{
			Path: damaged, Route: "listing", Status: 422, Video: "damaged.mp4", GOP: -1,
		}},
	} {
		entries = nil
		text := body(t, do(t, handler, test.method, test.target, test.header...))
		require.Len(t, entries, 1, test.target)
		got := entries[0]
		if test.method != http.MethodHead {
			test.want.Bytes = int64(len(text))
			assert.NotZero(t, got.Bytes)
		}
		assert.NotEmpty(t, got.ID)
		assert.NotEmpty(t, got.Client)
		assert.Positive(t, got.Duration)
		if test.want.Method == "" {
			test.want.Method = test.method
		}
		got.ID, got.Client, got.Duration, got.Stages = "", "", 0, video.StageTimes{}
		assert.Equal(t, test.want, got)
	}
}

func TestLogEntriesNameTheCacheStatus(t *testing.T) {
	var caches []string
	config := httpapi.NewDefaultConfig()
	config.Observe = func(e httpapi.LogEntry) { caches = append(caches, e.Cache) }
	handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
	for range 2 {
		get(t, handler, gopsPath+".json")
	}
	assert.Equal(t, []string{"miss", "hit"}, caches)
}

func TestRequestIDs(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	seen := map[string]bool{}
	for _, given := range []string{"", "with space", "quote\"", strings.Repeat("a", 65), "line\nbreak"} {
		id := get(t, handler, "/healthz", "X-Request-Id", given).Header.Get("X-Request-Id")
		assert.Regexp(t, `^[A-Z0-9]{26}$`, id, given)
		assert.NotContains(t, seen, id)
		seen[id] = true
	}
	for _, given := range []string{"7", "a.B_c-9", strings.Repeat("a", 64)} {
		resp := get(t, handler, "/healthz", "X-Request-Id", given)
		assert.Equal(t, given, resp.Header.Get("X-Request-Id"))
	}
}

func TestAccessLog(t *testing.T) {
	var log strings.Builder
	config := httpapi.NewDefaultConfig()
	config.AccessLog = true
	handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.NewTextHandler(&log, nil)))
	get(t, handler, gopsPath+"/1.mp4?audio=0", "X-Request-Id", "id-1")
	assert.Regexp(t, `level=INFO msg=request id=id-1 client=192\.0\.2\.1:1234 method=GET path=`+
		regexp.QuoteMeta(gopPath)+` `+
		`status=200 bytes=10 duration=\S+ video=a\.mp4 gop=1 cache=miss\n$`, log.String())
}

func TestDisconnectedClientIsLoggedAsTruncated(t *testing.T) {
	s, _ := newLargeSegmentLibrary(t, 32<<20, true)
	entries := make(chan httpapi.LogEntry, 1)
	addr := serve(t, s, func(c *httpapi.Config) { c.Observe = func(e httpapi.LogEntry) { entries <- e } })
	conn := dial(t, addr)
	_, err := io.WriteString(conn, "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	entry := <-entries
	assert.True(t, entry.Truncated)
	assert.Less(t, entry.Bytes, int64(32<<20))
}
