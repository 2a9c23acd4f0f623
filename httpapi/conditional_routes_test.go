package httpapi_test

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/templates"
	"gop/video"
)

// contentRoutes returns a path of each route whose response has content.
func contentRoutes() []string {
	return []string{
		gopPath, gopPath + "?gray=1", gopPath + "?gray=1&stream=1", gopsPath + "/0.jpg", gopsPath + "/0.png",
		"/", gopsPath, gopsPath + ".json", "/videos/a.mp4.json", "/openapi.yaml",
		"/assets/" + slices.Sorted(maps.Keys(templates.Assets))[0],
	}
}

// hasSeveralRanges reports whether header lines, as in send, have more than one range.
func hasSeveralRanges(lines []string) bool {
	var ranges []string
	for i := 0; i < len(lines); i += 2 {
		if lines[i] == "Range" {
			ranges = append(ranges, lines[i+1])
		}
	}
	return regexp.MustCompile(`\d.*,.*\d`).MatchString(strings.Join(ranges, ","))
}

// send sends a request. lines are pairs of names and values of header lines; a name may occur several times.
func send(handler http.Handler, method, target string, lines ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(lines); i += 2 {
		r.Header.Add(lines[i], lines[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

// Ranges and conditions have the same effect on every route (RFC 9110, sections 13 and 14).
func TestConditionsOfAllRoutes(t *testing.T) {
	s := newFakeLibrary()
	s.cached = &video.Segment{ // a streamed segment has ranges when it is complete
		ContentType: "video/mp4", Size: 10, Parts: []video.Part{{Data: []byte(segmentText)}},
	}
	handler, _ := newHandler(t, s)
	const (
		whole = "whole" // the whole content with status 200
		large = "99999999999999999999"
	)
	// In values, @ stands for the entity tag and # for Last-Modified. In Content-Range, N stands for the size
	// and E for the last position. "parts" is a multipart/byteranges of them.
	for _, c := range []struct {
		lines []string
		want  string // whole, a status, or the Content-Range of a 206 or 416
	}{
		{[]string{"Range", "bytes=1-2"}, "bytes 1-2/N"},
		{[]string{"Range", "lines=1-2"}, whole},
		{[]string{"Range", "none"}, whole},
		{[]string{"Range", "BYTES=1-2"}, "bytes 1-2/N"},
		{[]string{"Range", "Bytes=3-"}, "bytes 3-E/N"},
		{[]string{"Range", "bytes=1-" + large}, "bytes 1-E/N"},
		{[]string{"Range", "bytes=" + large + "-"}, "bytes */N"},
		{[]string{"Range", "bytes=" + large + "-" + large}, "bytes */N"},
		{[]string{"Range", "bytes=9223372036854775807-9223372036854775808"}, "bytes */N"},
		{[]string{"Range", "bytes=-" + large}, "bytes 0-E/N"},
		{[]string{"Range", "bytes=-0"}, "bytes */N"},
		{[]string{"Range", "bytes=-00,-0"}, "bytes */N"},
		{[]string{"Range", "bytes=1-2,-0"}, "bytes 1-2/N"},
		{[]string{"Range", "bytes=-0," + large + "-,0-0"}, "bytes 0-0/N"},
		{[]string{"Range", "bytes=, 1-2 ,,"}, "bytes 1-2/N"},

		{[]string{"Range", "bytes"}, whole},
		{[]string{"Range", "bytes="}, whole},
		{[]string{"Range", "bytes=1"}, whole},
		{[]string{"Range", "bytes=-"}, whole},
		{[]string{"Range", "bytes=--1"}, whole},
		{[]string{"Range", "bytes=2-1"}, whole},
		{[]string{"Range", "bytes=0x1-2"}, whole},
		{[]string{"Range", "bytes=1-2,x"}, whole},

		{[]string{"Range", "bytes=0-1,3-4"}, "parts 0-1,3-4"},
		{[]string{"Range", "bytes=5-6,0-1"}, "parts 5-6,0-1"},
		{[]string{"Range", "bytes=0-,0-"}, whole},
		{[]string{"Range", "bytes=0-" + strings.Repeat(",0-", 999)}, whole},
		{[]string{"Range", "bytes=1-1" + strings.Repeat(",-0", 15)}, "bytes 1-1/N"},
		{[]string{"Range", "bytes=1-1" + strings.Repeat(",-0", 16)}, whole},
		{[]string{"Range", "bytes=0-1", "Range", "3-4"}, "parts 0-1,3-4"},
		{[]string{"Range", "bytes=0-1", "Range", "bytes=3-4"}, whole},
		{[]string{"Range", "bytes=0-1", "Range", "bytes=0-1"}, whole},

		{[]string{"Range", "bytes=1-2", "If-Range", "@"}, "bytes 1-2/N"},
		{[]string{"Range", "bytes=-0", "If-Range", "@"}, "bytes */N"},
		{[]string{"Range", "bytes=1-2", "If-Range", `"x"`}, whole},
		{[]string{"Range", "bytes=-0", "If-Range", `"x"`}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", "W/@"}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", `@, "x"`}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", "@", "If-Range", "@"}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", "x"}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", ""}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", "Thu, 01 Jan 2026 00:00:00 GMT"}, whole},
		{[]string{"Range", "bytes=1-2", "If-Range", "#"}, "bytes 1-2/N"},
		{[]string{"Range", "bytes=1-2", "If-Range", "#", "If-Range", "#"}, whole},
		{[]string{"If-Range", `"x"`}, whole},

		{[]string{"If-None-Match", `"x"`, "If-None-Match", "@"}, "304"},
		{[]string{"If-None-Match", "", "If-None-Match", `"x", W/@`}, "304"},
		{[]string{"If-None-Match", `"x"`, "If-None-Match", `"y"`}, whole},
		{[]string{"If-None-Match", `"x"`, "If-None-Match", "@", "Range", "bytes=1-2"}, "304"},
		{[]string{"If-Modified-Since", "#"}, "304"},
		{[]string{"If-Modified-Since", "#", "If-Modified-Since", "#"}, whole},
		{[]string{"If-Modified-Since", "#", "If-None-Match", `"x"`}, whole},
		{[]string{"If-Match", `"x"`, "If-Match", "@"}, whole},
		{[]string{"If-Match", `"x"`, "If-Match", "@", "Range", "bytes=1-2"}, "bytes 1-2/N"},
		{[]string{"If-Match", `"x"`, "If-Match", "W/@"}, "412"},
		{[]string{"If-Match", `"x"`, "If-None-Match", "@", "Range", "bytes=1-2"}, "412"},
		{[]string{"If-Unmodified-Since", "#"}, whole},
		{[]string{"If-Unmodified-Since", "#", "If-Match", `"x"`}, "412"},
	} {
		for _, path := range contentRoutes() {
			for _, accept := range []string{"", "gzip"} {
				full := send(handler, http.MethodGet, path, "Accept-Encoding", accept)
				require.Equal(t, http.StatusOK, full.StatusCode)
				header := full.Header
				values := strings.NewReplacer("@", header.Get("ETag"), "#", header.Get("Last-Modified"))
				isDated := header.Get("Last-Modified") != ""
				if !isDated && slices.Contains(c.lines, "#") {
					continue
				}
				content, want := body(t, full), c.want
				if want != whole {
					want = strings.NewReplacer("N", strconv.Itoa(len(content)), "E",
						strconv.Itoa(len(content)-1)).Replace(want)
				}
				lines := []string{"Accept-Encoding", accept}
				for _, line := range c.lines {
					lines = append(lines, values.Replace(line))
				}
				if header.Get("Content-Encoding") != "" && hasSeveralRanges(c.lines) {
					want = whole // a client would decode multipart/byteranges as a whole
				}
				message := fmt.Sprintf("%s of %s", lines, path)
				checkContent(t, send(handler, http.MethodGet, path, lines...), header, content, want, message)
				if want[0] < '0' || want[0] > '9' { // HEAD has no ranges
					head := send(handler, http.MethodHead, path, lines...)
					assert.Equal(t, http.StatusOK, head.StatusCode, "HEAD: "+message)
					assert.Equal(t, strconv.Itoa(len(content)), head.Header.Get("Content-Length"), message)
					assert.Empty(t, head.Header.Get("Content-Range"), message)
				}
			}
		}
	}
}

// checkContent compares a response with what the complete one has, header and content. want is as in
// TestConditionsOfAllRoutes.
func checkContent(
	t *testing.T, resp *http.Response, header http.Header, content, want, message string,
) {
	t.Helper()
	got := body(t, resp)
	contentRange := resp.Header.Get("Content-Range")
	if want == "whole" {
		assert.Equal(t, http.StatusOK, resp.StatusCode, message)
		assert.Equal(t, strconv.Itoa(len(content)), resp.Header.Get("Content-Length"), message)
		assert.Equal(t, header.Get("Content-Type"), resp.Header.Get("Content-Type"), message)
		assert.Empty(t, contentRange, message)
		assert.True(t, content == got, message)
		return
	}
	if status, err := strconv.Atoi(want); err == nil {
		assert.Equal(t, status, resp.StatusCode, message)
		assert.Empty(t, contentRange, message)
		assert.Empty(t, got, message)
		assert.Equal(t, header.Get("ETag"), resp.Header.Get("ETag"), message)
		control := header.Get("Cache-Control")
		if status == http.StatusPreconditionFailed {
			control = "no-store"
		}
		assert.Equal(t, control, resp.Header.Get("Cache-Control"), message)
		return
	}
	if strings.HasPrefix(want, "bytes */") {
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, resp.StatusCode, message)
		assert.Equal(t, want, contentRange, message)
		assert.Empty(t, resp.Header.Get("Content-Encoding"), message)
		return
	}
	require.Equal(t, http.StatusPartialContent, resp.StatusCode, message)
	assert.Equal(t, header.Get("ETag"), resp.Header.Get("ETag"), message)
	if ranges, ok := strings.CutPrefix(want, "parts "); ok {
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		require.NoError(t, err, message)
		reader := multipart.NewReader(strings.NewReader(got), params["boundary"])
		for want := range strings.SplitSeq(ranges, ",") {
			part, err := reader.NextPart()
			require.NoError(t, err, message)
			partContent, err := io.ReadAll(part)
			require.NoError(t, err, message)
			assert.Equal(t, fmt.Sprintf("bytes %s/%d", want, len(content)),
				part.Header.Get("Content-Range"), message)
			assert.Equal(t, rangeOf(t, content, want), string(partContent), message)
		}
		_, err = reader.NextPart()
		assert.ErrorIs(t, err, io.EOF, message)
		return
	}
	assert.Equal(t, want, contentRange, message)
	assert.Equal(t, rangeOf(t, content, strings.TrimPrefix(want, "bytes ")), got, message)
}

// rangeOf returns the bytes of a range such as 1-2.
func rangeOf(t *testing.T, content, positions string) string {
	t.Helper()
	var first, last int
	_, err := fmt.Sscanf(positions, "%d-%d", &first, &last)
	require.NoError(t, err)
	return content[first : last+1]
}

// Range has no effect on a response without content.
func TestRangeOfOtherResponses(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for target, status := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/videos/a.mp4": 307, gopsPath + "/": 308, "/none": 404,
		gopsPath + "/9.mp4": 404, gopsPath + "/x.mp4": 400,
	} {
		for _, ranges := range []string{"bytes=0-0", "bytes=-0", "bytes=999999-"} {
			resp := get(t, handler, target, "Range", ranges)
			assert.Equal(t, status, resp.StatusCode, target)
			assert.Empty(t, resp.Header.Get("Content-Range"), target)
		}
	}
	assert.Equal(t, 405, do(t, handler, http.MethodPost, gopPath, "Range", "bytes=0-0").StatusCode)
}

// The start of Unix time stands for an unknown modification time.
func TestUnknownModificationTime(t *testing.T) {
	s := newFakeLibrary()
	s.indexes["a.mp4"].Video.ModTime = time.Unix(0, 0)
	handler, _ := newHandler(t, s)
	for _, path := range []string{gopPath, streamed, gopsPath + "/0.jpg", gopsPath + ".json"} {
		resp := get(t, handler, path)
		assert.Equal(t, http.StatusOK, resp.StatusCode, path)
		assert.Empty(t, resp.Header.Get("Last-Modified"), path)
	}
}

// No response has a Last-Modified after its Date (RFC 9110, section 8.8.2.1). If the modification time of a
// video is in the future, a client with an earlier copy gets the content, because it may have changed since.
func TestModificationTimeInTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeLibrary()
		for _, ix := range s.indexes {
			ix.Video.ModTime = time.Now().Add(time.Hour)
		}
		handler := newHandlerWith(t, httpapi.NewDefaultConfig(), s, slog.New(slog.DiscardHandler))
		for _, path := range []string{
			gopPath, gopPath + "?gray=1&stream=1", gopsPath + "/0.jpg", gopsPath + ".json",
			"/videos/a.mp4.json",
		} {
			now := func() string { return time.Now().UTC().Format(http.TimeFormat) }
			since := now()
			assert.Equal(t, since, get(t, handler, path).Header.Get("Last-Modified"), path)
			status := func(lines ...string) int {
				return send(handler, http.MethodGet, path, lines...).StatusCode
			}
			assert.Equal(t, 304, status("If-Modified-Since", since), path)
			assert.Equal(t, 200, status("If-Unmodified-Since", since), path)
			assert.Equal(t, 200, status("If-Range", since, "Range", "bytes=1-2"), "a weak validator")
			time.Sleep(time.Second) // of the test's clock
			assert.Equal(t, now(), get(t, handler, path).Header.Get("Last-Modified"), path)
			assert.Equal(t, 200, status("If-Modified-Since", since), path)
			assert.Equal(t, 412, status("If-Unmodified-Since", since), path)
			assert.Equal(t, 200, status("If-Range", since, "Range", "bytes=1-2"), path)
			assert.Equal(t, 200, status("If-Range", now(), "Range", "bytes=1-2"), path)
		}
		// The date of a video that may change again in the same second is weak too.
		s.indexes["a.mp4"].Video.ModTime = time.Now()
		since := time.Now().UTC().Format(http.TimeFormat)
		lines := []string{"If-Range", since, "Range", "bytes=1-2"}
		assert.Equal(t, 200, send(handler, http.MethodGet, gopPath, lines...).StatusCode)
		time.Sleep(time.Second)
		assert.Equal(t, 206, send(handler, http.MethodGet, gopPath, lines...).StatusCode)
	})
}
