package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/templates"
	"gop/video"
)

func TestEveryKindHasAStatus(t *testing.T) {
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
				resp := do(t, handler, http.MethodGet, path, "Accept", accept)
				assert.Equal(t, status, resp.StatusCode, path)
				assert.Equal(t, status == 503, resp.Header.Get("Retry-After") != "", "%d", status)
				assert.Empty(t, resp.Header.Get("ETag"), "a refusal is no version of the video")
				assert.Contains(t, resp.Header.Values("Vary"), "Accept")
				assert.NotContains(t, body(t, resp), "secret", "what is inside is for the log")
			}
		}
	}
}

func TestEndsOfContexts(t *testing.T) {
	for err, status := range map[error]int{context.DeadlineExceeded: 504, context.Canceled: 499} {
		s := newFakeLibrary()
		s.errs["a.mp4"], s.errs[""] = fmt.Errorf("cut: %w", err), fmt.Errorf("list: %w", err)
		handler, _ := newHandler(t, s)
		for _, path := range []string{gopsPath + ".json", "/"} {
			assert.Equal(t, status, do(t, handler, http.MethodGet, path).StatusCode, "%s: %v", path, err)
		}
	}
}

// RFC 9457: these members and no others, of these types.
func TestProblemIsAsRFC9457HasIt(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, "/videos/a%20%3Cb%3E.mp4/group-of-pictures/x.mp4", "X-Request-Id", "id-7")
	var problem map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &problem))
	assert.Equal(t, map[string]any{
		"title": "Bad Request", "status": 400.0,
		"detail":   `the GOP must be a whole number from 0, not "x"`,
		"instance": "/videos/a%20%3Cb%3E.mp4/group-of-pictures/x.mp4",
		"id":       "id-7",
	}, problem)
}

func TestRefusalsArePagesForBrowsers(t *testing.T) {
	s := newFakeLibrary()
	s.errs["a.mp4"] = video.Errorf(video.Unreadable, "damaged <&> torn")
	handler, _ := newHandler(t, s)
	for accept, kind := range map[string]string{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8",
		"*/*":              "application/problem+json",
		"":                 "application/problem+json",
		"application/json": "application/problem+json",
		"video/webm,video/ogg,video/*;q=0.9,*/*;q=0.5": "application/problem+json",
	} {
		resp := do(t, handler, http.MethodGet, gopsPath+"/0.mp4", "Accept", accept)
		assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
		assert.Equal(t, kind, resp.Header.Get("Content-Type"), accept)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		if kind == "application/problem+json" {
			continue
		}
		assert.Equal(t, templates.ContentSecurityPolicy, resp.Header.Get("Content-Security-Policy"))
		text := body(t, resp)
		assert.Contains(t, text, "422: Unprocessable Entity")
		assert.Contains(t, text, "damaged &lt;&amp;&gt; torn")
	}
}
