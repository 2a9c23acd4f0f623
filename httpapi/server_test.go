package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/httpapi"
	"gop/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Over a connection a HEAD is what the GET is, without its body.
func TestHeadIsGetWithoutItsBody(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	server := httptest.NewServer(handler)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	ask := func(method, path, accept string) (*http.Response, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		require.NoError(t, err)
		request.Header.Set("Accept-Encoding", accept)
		request.Header.Set("X-Request-Id", "same")
		answer, err := client.Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, answer.Body.Close()) }()
		content, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Header.Del("Date")
		answer.Header.Del("Cache-Status") // what was made for the first is there for the second
		return answer, string(content)
	}
	for _, path := range []string{
		"/healthz", "/readyz", "/openapi.yaml", grid, grid + ".json", grid + "/0.mp4", grid + "/9.mp4", grid + "/x.mp4", "/none", grid + "/",
	} {
		for _, accept := range []string{"identity", "gzip"} {
			get, content := ask(http.MethodGet, path, accept)
			head, none := ask(http.MethodHead, path, accept)
			assert.Equal(t, get.StatusCode, head.StatusCode, path)
			assert.Equal(t, get.Header, head.Header, path)
			assert.Equal(t, get.ContentLength, head.ContentLength, path)
			assert.NotEmpty(t, content, path)
			assert.Empty(t, none, path)
		}
	}
}

func TestOpenAPIDocumentIsServed(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, "/openapi.yaml")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "application/yaml", answer.Header.Get("Content-Type"))
	assert.Contains(t, body(t, answer), "openapi: 3")
	again := ask(t, handler, http.MethodGet, "/openapi.yaml", "If-None-Match", answer.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
}

func TestHealthIsNotCached(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	answer := ask(t, handler, http.MethodGet, "/healthz")
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	assert.Equal(t, "ok\n", body(t, answer))
}

// Where there is nothing, or another address is meant, writing is refused just the same.
func TestNoAddressTakesWrites(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for _, path := range []string{"/openapi.yaml", "/none", grid + "/", grid + "/x.mp4"} {
		answer := ask(t, handler, http.MethodPost, path)
		assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", answer.Header.Get("Allow"), path)
		assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"), path)
	}
}

func TestPreflightOfAWriteIsRefused(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	preflight := ask(t, handler, http.MethodOptions, grid+".json", "Origin", "https://editor.example", "Access-Control-Request-Method", "DELETE")
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Methods"))
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Origin"))
}

func TestMaxAge(t *testing.T) {
	for age, want := range map[time.Duration]string{0: "public, no-cache", time.Hour: "public, max-age=3600"} {
		config := httpapi.NewDefaultConfig()
		config.MaxAge = age
		handler := handlerOf(t, config, newShelf(), slog.New(slog.DiscardHandler))
		for _, path := range []string{grid, grid + ".json", grid + "/0.mp4"} {
			assert.Equal(t, want, ask(t, handler, http.MethodGet, path).Header.Get("Cache-Control"), path)
			refused := ask(t, handler, http.MethodGet, "/videos/none.mp4/group-of-pictures")
			assert.Equal(t, "no-store", refused.Header.Get("Cache-Control"), "a refusal is not kept")
		}
	}
}

// Another program may make other bytes of the same video: what caches hold of the old one is void.
func TestETagsNameTheBuild(t *testing.T) {
	tags := func(build string) (tags []string) {
		config := httpapi.NewDefaultConfig()
		config.Build = build
		handler := handlerOf(t, config, newShelf(), slog.New(slog.DiscardHandler))
		for _, path := range []string{grid, grid + ".json", grid + "/0.mp4", grid + "/1.mp4"} {
			tags = append(tags, ask(t, handler, http.MethodGet, path).Header.Get("ETag"))
		}
		return tags
	}
	all := append(tags("one"), tags("two")...)
	seen := map[string]bool{}
	for _, tag := range all {
		assert.NotEmpty(t, tag)
		assert.False(t, seen[tag], "two answers have the tag %s", tag)
		seen[tag] = true
	}
	assert.Equal(t, tags("one"), tags("one"))
}

// aborting is a library whose client is gone.
type aborting struct{ httpapi.Library }

func (aborting) Index(context.Context, string, int) (*video.Index, error) {
	panic(http.ErrAbortHandler)
}

// It is net/http's own way to close the connection, and no failure.
func TestAbortedRequestsAreLeftToTheServer(t *testing.T) {
	handler := handlerOf(t, httpapi.NewDefaultConfig(), aborting{}, slog.New(slog.DiscardHandler))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(t, handler, http.MethodGet, grid) })
}

func TestValidateReportsEveryInvalidField(t *testing.T) {
	err := httpapi.Config{MaxAge: -1}.Validate()
	for _, want := range []string{
		"--max-age", "--max-connections", "--request-timeout", "--write-timeout", "--idle-timeout",
		"Build", "LibraryTime", "RetryAfter", "HeaderTimeout", "MaxHeaderBytes", "MaxURLBytes",
		"BodyCacheBytes", "BodyCacheExpiry",
	} {
		assert.ErrorContains(t, err, want)
	}
}
