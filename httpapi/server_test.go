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
	handler, _ := newHandler(t, newFakeLibrary())
	server := httptest.NewServer(handler)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	do := func(method, path, accept string) (*http.Response, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		require.NoError(t, err)
		request.Header.Set("Accept-Encoding", accept)
		request.Header.Set("X-Request-Id", "same")
		resp, err := client.Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		content, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Header.Del("Date")
		resp.Header.Del("Cache-Status") // what was made for the first is there for the second
		return resp, string(content)
	}
	for _, path := range []string{
		"/healthz", "/readyz", "/openapi.yaml", gopsPath, gopsPath + ".json", gopsPath + "/0.mp4", gopsPath + "/9.mp4", gopsPath + "/x.mp4", "/none", gopsPath + "/",
	} {
		for _, accept := range []string{"identity", "gzip"} {
			get, content := do(http.MethodGet, path, accept)
			head, none := do(http.MethodHead, path, accept)
			assert.Equal(t, get.StatusCode, head.StatusCode, path)
			assert.Equal(t, get.Header, head.Header, path)
			assert.Equal(t, get.ContentLength, head.ContentLength, path)
			assert.NotEmpty(t, content, path)
			assert.Empty(t, none, path)
		}
	}
}

func TestOpenAPIDocumentIsServed(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, "/openapi.yaml")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/yaml", resp.Header.Get("Content-Type"))
	assert.Contains(t, body(t, resp), "openapi: 3")
	again := do(t, handler, http.MethodGet, "/openapi.yaml", "If-None-Match", resp.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
}

func TestHealthIsNotCached(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := do(t, handler, http.MethodGet, "/healthz")
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "ok\n", body(t, resp))
}

// Where there is nothing, or another address is meant, writing is refused just the same.
func TestNoAddressTakesWrites(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range []string{"/openapi.yaml", "/none", gopsPath + "/", gopsPath + "/x.mp4"} {
		resp := do(t, handler, http.MethodPost, path)
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", resp.Header.Get("Allow"), path)
		assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), path)
	}
}

func TestPreflightOfAWriteIsRefused(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	preflight := do(t, handler, http.MethodOptions, gopsPath+".json", "Origin", "https://editor.example", "Access-Control-Request-Method", "DELETE")
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Methods"))
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Origin"))
}

func TestMaxAge(t *testing.T) {
	for age, want := range map[time.Duration]string{0: "public, no-cache", time.Hour: "public, max-age=3600"} {
		config := httpapi.NewDefaultConfig()
		config.MaxAge = age
		handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
		for _, path := range []string{gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
			assert.Equal(t, want, do(t, handler, http.MethodGet, path).Header.Get("Cache-Control"), path)
			refused := do(t, handler, http.MethodGet, "/videos/none.mp4/group-of-pictures")
			assert.Equal(t, "no-store", refused.Header.Get("Cache-Control"), "a refusal is not kept")
		}
	}
}

// Another program may make other bytes of the same video: what caches hold of the old one is void.
func TestETagsNameTheBuild(t *testing.T) {
	tags := func(build string) (tags []string) {
		config := httpapi.NewDefaultConfig()
		config.Build = build
		handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
		for _, path := range []string{gopsPath, gopsPath + ".json", gopsPath + "/0.mp4", gopsPath + "/1.mp4"} {
			tags = append(tags, do(t, handler, http.MethodGet, path).Header.Get("ETag"))
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
type abortingLibrary struct{ httpapi.Library }

func (abortingLibrary) Index(context.Context, string, int) (*video.Index, error) {
	panic(http.ErrAbortHandler)
}

// It is net/http's own way to close the connection, and no failure.
func TestAbortedRequestsAreLeftToTheServer(t *testing.T) {
	handler := newHandlerWith(t, httpapi.NewDefaultConfig(), abortingLibrary{}, slog.New(slog.DiscardHandler))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { do(t, handler, http.MethodGet, gopsPath) })
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
