package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

func TestLogEntries(t *testing.T) {
	s := newFakeLibrary()
	s.errs["torn.mp4"] = video.Errorf(video.Unreadable, "torn")
	var records []httpapi.LogEntry
	config := httpapi.NewDefaultConfig()
	config.Observe = func(r httpapi.LogEntry) { records = append(records, r) }
	handler := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	for _, test := range []struct {
		method, target string
		header         []string
		want           httpapi.LogEntry
	}{
		{"GET", gopsPath + "/1.mp4?audio=0", nil, httpapi.LogEntry{Path: gopsPath + "/1.mp4", Route: "segment", Status: 200, Video: "a.mp4", GOP: 1, Cache: "miss"}},
		{"HEAD", gopsPath + "/1.mp4", nil, httpapi.LogEntry{Path: gopsPath + "/1.mp4", Route: "segment", Status: 200, Video: "a.mp4", GOP: 1, Cache: "miss"}},
		{"GET", gopsPath + "/1.mp4", []string{"Range", "bytes=2-4"}, httpapi.LogEntry{Path: gopsPath + "/1.mp4", Route: "segment", Status: 206, Video: "a.mp4", GOP: 1, Cache: "miss"}},
		{"GET", "/readyz", nil, httpapi.LogEntry{Path: "/readyz", Route: "ready", Status: 200, GOP: -1}},
		{"GET", "/none", nil, httpapi.LogEntry{Path: "/none", Route: "none", Status: 404, GOP: -1}},
		{"BREW", "/healthz", nil, httpapi.LogEntry{Method: "OTHER", Path: "/healthz", Route: "health", Status: 405, GOP: -1}},
		{"GET", "/videos/torn.mp4/group-of-pictures.json", nil, httpapi.LogEntry{Path: "/videos/torn.mp4/group-of-pictures.json", Route: "listing", Status: 422, Video: "torn.mp4", GOP: -1}},
	} {
		records = nil
		text := body(t, do(t, handler, test.method, test.target, test.header...))
		require.Len(t, records, 1, test.target)
		got := records[0]
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
		got.ID, got.Client, got.Duration = "", "", 0
		assert.Equal(t, test.want, got)
	}
}

func TestLogEntriesNameTheCacheStatus(t *testing.T) {
	var caches []string
	config := httpapi.NewDefaultConfig()
	config.Observe = func(r httpapi.LogEntry) { caches = append(caches, r.Cache) }
	handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
	for range 2 {
		get(t, handler, gopsPath+".json")
	}
	assert.Equal(t, []string{"miss", "hit"}, caches)
}

func TestRequestIDs(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	made := map[string]bool{}
	for _, given := range []string{"", "with space", "quote\"", strings.Repeat("a", 65), "line\nbreak"} {
		id := get(t, handler, "/healthz", "X-Request-Id", given).Header.Get("X-Request-Id")
		assert.Regexp(t, `^[A-Z0-9]{26}$`, id, given)
		assert.False(t, made[id], "an id of its own")
		made[id] = true
	}
	for _, given := range []string{"7", "a.B_c-9", strings.Repeat("a", 64)} {
		assert.Equal(t, given, get(t, handler, "/healthz", "X-Request-Id", given).Header.Get("X-Request-Id"))
	}
}

func TestAccessLog(t *testing.T) {
	var log strings.Builder
	config := httpapi.NewDefaultConfig()
	config.AccessLog = true
	handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.NewTextHandler(&log, nil)))
	get(t, handler, gopsPath+"/1.mp4?audio=0", "X-Request-Id", "id-1")
	assert.Regexp(t, `level=INFO msg=request id=id-1 client=192\.0\.2\.1:1234 method=GET path=`+gopsPath+`/1\.mp4 `+
		`status=200 bytes=10 duration=\S+ video=a\.mp4 gop=1 cache=miss\n$`, log.String())
}

func TestDisconnectedClientIsLoggedAsTruncated(t *testing.T) {
	s, _ := newLargeSegmentLibrary(t, 32<<20, true)
	records := make(chan httpapi.LogEntry, 1)
	addr := serve(t, s, func(c *httpapi.Config) { c.Observe = func(r httpapi.LogEntry) { records <- r } })
	conn := dial(t, addr)
	_, err := io.WriteString(conn, "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	select {
	case r := <-records:
		assert.True(t, r.Truncated)
		assert.Less(t, r.Bytes, int64(32<<20))
	case <-time.After(20 * time.Second):
		t.Fatal("the answer goes on")
	}
}
