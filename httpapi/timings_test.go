package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/httpapi"
	"gop/templates"
	"gop/video"
)

// noTimings is the Server-Timing of a response without work.
const noTimings = "open;dur=0, index;dur=0, cut;dur=0, wait;dur=0"

// newTimedLibrary returns a library whose calls spend a time in each stage.
func newTimedLibrary() *fakeLibrary {
	s := newFakeLibrary()
	s.times = video.StageTimes{
		video.OpenStage: time.Millisecond, video.IndexStage: 20 * time.Millisecond,
		video.CutStage: 1500 * time.Microsecond, video.WaitStage: 1234567 * time.Nanosecond,
	}
	s.errs["damaged.mp4"] = video.Errorf(video.Unreadable, "damaged")
	return s
}

// Every response has the times until its header. TestResponsesFollowOpenAPI checks those of each route and
// status, too.
func TestServerTiming(t *testing.T) {
	const (
		once  = "open;dur=1, index;dur=20, cut;dur=1.5, wait;dur=1.234" // of the index only
		twice = "open;dur=2, index;dur=40, cut;dur=3, wait;dur=2.469"   // of the index and the product
	)
	const damaged = "/videos/damaged.mp4/group-of-pictures"
	conditional := func(handler http.Handler, target string) []string {
		return []string{"If-None-Match", get(t, handler, target).Header.Get("ETag")}
	}
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, newTimedLibrary())
		for _, test := range []struct {
			method, target string
			header         []string
			status         int
			want           string
		}{
			{"GET", gopPath, nil, 200, twice},
			{"HEAD", gopPath, nil, 200, twice},
			{"GET", gopPath, []string{"Range", "bytes=2-4"}, 206, twice},
			{"GET", gopPath, []string{"Range", "bytes=99-"}, 416, twice},
			{"GET", gopPath, conditional(handler, gopPath), 304, once},
			{"GET", gopPath, []string{"If-Match", `"x"`}, 412, once},
			{"GET", gopPath + "?gray=1&stream=1", nil, 200, twice},
			{"GET", gopsPath + "/1.jpg", nil, 200, twice},
			{"GET", gopsPath + "/9.mp4", nil, 404, once},
			{"GET", gopsPath + "/x.mp4", nil, 400, noTimings},
			{"GET", gopsPath + ".json", nil, 200, once},
			{"GET", gopsPath + ".json", []string{"Accept-Encoding", "gzip"}, 200, once},
			{"GET", gopsPath, nil, 200, once},
			{"GET", "/videos/a.mp4.json", nil, 200, once},
			{"GET", damaged + ".json", nil, 422, once},
			{"GET", damaged, []string{"Accept", "text/html"}, 422, once},
			{"GET", "/videos/panic.mp4/group-of-pictures", nil, 500, once},
			{"GET", "/videos/a.mp4", nil, 307, noTimings},
			{"GET", gopsPath + "/", nil, 308, noTimings},
			{"GET", "/", nil, 200, noTimings},
			{"GET", "/assets/" + anyAsset(), nil, 200, noTimings},
			{"GET", "/openapi.yaml", nil, 200, noTimings},
			{"GET", "/healthz", nil, 200, noTimings},
			{"HEAD", "/readyz", nil, 200, noTimings},
			{"GET", "/none", nil, 404, noTimings},
			{"POST", gopPath, nil, 405, noTimings},
			{"OPTIONS", gopPath, nil, 204, noTimings},
			{"OPTIONS", gopPath, []string{
				"Origin", "https://a.example", "Access-Control-Request-Method", "GET",
			}, 204, noTimings},
			{"GET", "/" + strings.Repeat("a", 10_000), nil, 414, noTimings},
		} {
			resp := do(t, handler, test.method, test.target, test.header...)
			name := test.method + " " + test.target[:min(len(test.target), 60)]
			assert.Equal(t, test.status, resp.StatusCode, name)
			assert.Equal(t, []string{test.want}, resp.Header.Values("Server-Timing"), name)
		}
	})
}

func anyAsset() string {
	for name := range templates.Assets {
		return name
	}
	return ""
}

// A cached response was neither indexed nor cut.
func TestServerTimingOfCachedResponses(t *testing.T) {
	s := newFakeLibrary()
	s.status = video.CacheHit
	handler, _ := newHandler(t, s)
	for _, path := range []string{gopPath, gopsPath + "/1.jpg", gopsPath + ".json", gopsPath} {
		get(t, handler, path)
		resp := get(t, handler, path)
		assert.Equal(t, "gop; hit", resp.Header.Get("Cache-Status"), path)
		assert.Contains(t, resp.Header.Get("Server-Timing"), "index;dur=0, cut;dur=0", path)
	}
}

// The log has the times of the whole request, also after the header of a stream.
func TestTimingsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var entries []httpapi.LogEntry
		config := httpapi.NewDefaultConfig()
		config.AccessLog, config.Observe = true, func(e httpapi.LogEntry) { entries = append(entries, e) }
		s := newTimedLibrary()
		handler := newHandlerWith(t, config, s, slog.New(slog.NewTextHandler(&log, nil)))
		get(t, handler, gopPath+"?gray=1&stream=1")
		get(t, handler, "/healthz")
		assert.Len(t, entries, 2)
		for _, stage := range video.Stages { // of the index and two fragments
			assert.Equal(t, 3*s.times[stage], entries[0].Stages[stage], stage.String())
			assert.Zero(t, entries[1].Stages[stage], stage.String())
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		assert.Len(t, lines, 2)
		assert.Contains(t, lines[0], " open=3ms index=60ms cut=4.5ms wait=3.703701ms")
		assert.NotContains(t, lines[1], "open=")
	})
}

// The source of a zero-copy segment is opened before its header is sent.
func TestServerTimingOfAZeroCopySegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newLargeSegmentLibrary(t, 1<<20, true)
		open := s.segment
		s.segment = func(ix *video.Index, key video.SegmentKey) (*video.Segment, error) {
			segment, err := open(ix, key)
			source := segment.Source
			segment.Source = func(ctx context.Context) (video.File, error) {
				time.Sleep(7 * time.Millisecond)
				return source(ctx)
			}
			return segment, err
		}
		handler, _ := newHandler(t, s)
		want := "open;dur=7, index;dur=0, cut;dur=0, wait;dur=0"
		assert.Equal(t, want, get(t, handler, gopPath).Header.Get("Server-Timing"))
	})
}
