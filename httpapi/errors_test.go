package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/templates"
	"gop/video"
	"gop/video/cut"
)

func TestStatusOfKinds(t *testing.T) {
	inner := errors.New("secret inner text")
	for kind, status := range map[video.Kind]int{
		video.Internal: 500, video.Invalid: 400, video.NotFound: 404, video.TooLarge: 413,
		video.Unreadable: 422, video.Unavailable: 503, video.Timeout: 504, video.Canceled: 499,
	} {
		for _, accept := range []string{"*/*", "text/html,application/xhtml+xml,*/*;q=0.8"} {
			s := newFakeLibrary()
			s.errs["a.mp4"] = fmt.Errorf("index: %w", video.WrapError(kind, inner, "the reason"))
			handler, _ := newHandler(t, s)
			for _, path := range []string{gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
				resp := get(t, handler, path, "Accept", accept)
				assert.Equal(t, status, resp.StatusCode, path)
				assert.Equal(t, status == 503, resp.Header.Get("Retry-After") != "", "%d", status)
				assert.Empty(t, resp.Header.Get("ETag"), "an error is not a version of the video")
				assert.Contains(t, varyOf(t, resp), "Accept")
				assert.NotContains(t, body(t, resp), "secret", "only the log has the cause")
			}
		}
	}
}

func TestContextErrors(t *testing.T) {
	for err, status := range map[error]int{context.DeadlineExceeded: 504, context.Canceled: 499} {
		s := newFakeLibrary()
		s.errs["a.mp4"], s.errs[""] = fmt.Errorf("cut: %w", err), fmt.Errorf("list: %w", err)
		handler, _ := newHandler(t, s)
		for _, path := range []string{gopsPath + ".json", "/"} {
			assert.Equal(t, status, get(t, handler, path).StatusCode, "%s: %v", path, err)
		}
	}
}

func TestProblemFollowsRFC9457(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, "/videos/a%20%3Cb%3E.mp4/group-of-pictures/x.mp4", "X-Request-Id", "id-7")
	var problem map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &problem))
	assert.Equal(t, map[string]any{
		"title": "Bad Request", "status": 400.0,
		"detail":   `the GOP must be a whole number from 0, or a run of them such as 3-9, not "x"`,
		"instance": "/videos/a%20%3Cb%3E.mp4/group-of-pictures/x.mp4",
		"id":       "id-7",
	}, problem)
}

func TestErrorPages(t *testing.T) {
	s := newFakeLibrary()
	s.errs["a.mp4"] = video.Errorf(video.Unreadable, "damaged <&> truncated")
	handler, _ := newHandler(t, s)
	for accept, kind := range map[string]string{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8",
		"*/*":              "application/problem+json",
		"":                 "application/problem+json",
		"application/json": "application/problem+json",
		"video/webm,video/ogg,video/*;q=0.9,*/*;q=0.5": "application/problem+json",
	} {
		resp := get(t, handler, gopsPath+"/0.mp4", "Accept", accept)
		assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
		assert.Equal(t, kind, resp.Header.Get("Content-Type"), accept)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		if kind == "application/problem+json" {
			continue
		}
		assert.Equal(t, templates.ContentSecurityPolicy, resp.Header.Get("Content-Security-Policy"))
		text := body(t, resp)
		assert.Contains(t, text, "422: Unprocessable Entity")
		assert.Contains(t, text, "damaged &lt;&amp;&gt; truncated")
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		detail string
	}{
		"too large":   {video.WrapError(video.TooLarge, errors.New("inner"), "large"), 413, "large"},
		"unreadable":  {video.WrapError(video.Unreadable, errors.New("inner"), "damaged"), 422, "damaged"},
		"unavailable": {video.Errorf(video.Unavailable, "busy"), 503, "busy"},
		"timeout": {
			video.WrapError(video.Timeout, errors.New("inner"), ""), 504,
			"the request took too long",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeLibrary()
			s.errs["a.mp4"] = c.err
			handler, _ := newHandler(t, s)
			resp := get(t, handler, gopsPath+".json")
			assert.Equal(t, c.status, resp.StatusCode)
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			assert.Equal(t, c.status == 503, resp.Header.Get("Retry-After") == "1")
			var problem struct {
				Title, Detail, Instance string
				Status                  int
			}
			require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &problem))
			assert.Equal(t, c.status, problem.Status)
			assert.Equal(t, c.detail, problem.Detail)
			assert.Equal(t, gopsPath+".json", problem.Instance)
			assert.Equal(t, http.StatusText(c.status), problem.Title)
		})
	}
}

// At debug level, the log has the reason and the inner error of every refused request.
func TestRefusalsAreLogged(t *testing.T) {
	inner := errors.New("secret inner text")
	for kind := range map[video.Kind]bool{
		video.Invalid: true, video.NotFound: true, video.TooLarge: true, video.Unreadable: true,
		video.Unavailable: true, video.Timeout: true, video.Canceled: true,
	} {
		s := newFakeLibrary()
		s.errs["a.mp4"] = video.WrapError(kind, inner, "the reason")
		log := new(bytes.Buffer)
		handler := newHandlerWith(t, httpapi.NewDefaultConfig(), s,
			slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		resp := get(t, handler, gopsPath)
		var entry map[string]any
		lines := bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n"))
		require.NoError(t, json.Unmarshal(lines[0], &entry), "kind %v", kind)
		assert.Equal(t, "DEBUG", entry["level"], "kind %v", kind)
		assert.Equal(t, resp.Header.Get("X-Request-Id"), entry["id"], "kind %v", kind)
		assert.Equal(t, "the reason: secret inner text", entry["error"], "kind %v", kind)
	}
}

// The response to an internal error has only the id under which the log has the cause.
func TestInternalErrors(t *testing.T) {
	for name, cause := range map[string]string{"fails.mp4": "secret inner text", "panic.mp4": "a bug"} {
		s := newFakeLibrary()
		s.errs["fails.mp4"] = errors.New("secret inner text")
		handler, log := newHandler(t, s)
		resp := get(t, handler, "/videos/"+name+"/group-of-pictures.json")
		assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		id := resp.Header.Get("X-Request-Id")
		require.NotEmpty(t, id)
		text := body(t, resp)
		assert.NotContains(t, text, cause)
		assert.Contains(t, text, `"id":"`+id+`"`)
		assert.Contains(t, text, "under id "+id)
		assert.Contains(t, log.String(), "level=ERROR")
		assert.Contains(t, log.String(), "id="+id)
		assert.Contains(t, log.String(), cause)
		assert.Equal(t, http.StatusOK, get(t, handler, "/healthz").StatusCode, "the server still works")
	}
}

func TestPanicAfterTheFirstByteAbortsTheResponse(t *testing.T) {
	s := newFakeLibrary()
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		return &video.Segment{
			ContentType: "video/mp4", Size: 1 << 20,
			Parts:  []video.Part{{Data: make([]byte, 1<<19)}, {Length: 1 << 19}},
			Source: func(context.Context) (video.File, error) { return panickingFile{}, nil },
		}, nil
	}
	entries := make(chan httpapi.LogEntry, 1)
	addr := serve(t, s, func(c *httpapi.Config) { c.Observe = func(e httpapi.LogEntry) { entries <- e } })
	conn := dial(t, addr)
	_, err := io.WriteString(conn, "GET "+gopsPath+"/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	text, err := io.ReadAll(conn)
	assert.NoError(t, err)
	assert.Less(t, len(text), 1<<20)
	assert.NotContains(t, string(text), "problem")
	assert.Equal(t, http.StatusOK, (<-entries).Status)
}

// panickingFile is a file whose reads panic.
type panickingFile struct{ video.File }

func (panickingFile) ReadAt([]byte, int64) (int, error) { panic("a bug") }

func (panickingFile) Close() error { return nil }

// abortingLibrary is a library whose ResolveListing panics with http.ErrAbortHandler.
type abortingLibrary struct{ httpapi.Library }

func (abortingLibrary) ResolveListing(
	context.Context, string, cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	panic(http.ErrAbortHandler)
}

// net/http closes the connection after http.ErrAbortHandler, and does not log it.
func TestErrAbortHandlerPassesThrough(t *testing.T) {
	handler := newHandlerWith(t, httpapi.NewDefaultConfig(), abortingLibrary{}, slog.New(slog.DiscardHandler))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { get(t, handler, gopsPath) })
}
