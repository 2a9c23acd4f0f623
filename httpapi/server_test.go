package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/httpapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A HEAD has the headers of the GET and no body.
func TestHeadMatchesGet(t *testing.T) {
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
		resp.Header.Del("Cache-Status") // the first request fills the cache of the second
		resp.Header.Del("Server-Timing")
		return resp, string(content)
	}
	for _, path := range []string{
		"/healthz", "/readyz", "/openapi.yaml", gopsPath, gopsPath + ".json", gopsPath + "/0.mp4",
		gopsPath + "/9.mp4", gopsPath + "/x.mp4", "/none", gopsPath + "/",
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

// Paths without a resource and redirects refuse writes too.
func TestWritesAreNotAllowed(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range []string{"/openapi.yaml", "/none", gopsPath + "/", gopsPath + "/x.mp4"} {
		resp := do(t, handler, http.MethodPost, path)
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", resp.Header.Get("Allow"), path)
		assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), path)
	}
}

func TestPreflightOfAWrite(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	preflight := do(t, handler, http.MethodOptions, gopsPath+".json", "Origin", "https://editor.example",
		"Access-Control-Request-Method", "DELETE")
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Methods"))
	assert.Empty(t, preflight.Header.Get("Access-Control-Allow-Origin"))
}

func TestMethods(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range []string{"/", "/healthz", gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
		for _, method := range []string{
			http.MethodPost, http.MethodPut, http.MethodDelete,
			http.MethodPatch,
		} {
			resp := do(t, handler, method, path)
			assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, "%s %s", method, path)
			assert.Equal(t, "GET, HEAD, OPTIONS", resp.Header.Get("Allow"), "%s %s", method, path)
		}
		options := do(t, handler, http.MethodOptions, path)
		assert.Equal(t, http.StatusNoContent, options.StatusCode, path)
		assert.Equal(t, "GET, HEAD, OPTIONS", options.Header.Get("Allow"), path)
		head, get := do(t, handler, http.MethodHead, path), get(t, handler, path)
		assert.Equal(t, get.StatusCode, head.StatusCode, path)
		assert.Equal(t, get.Header.Get("Content-Type"), head.Header.Get("Content-Type"), path)
	}
}

func TestCORS(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopsPath+"/0.mp4", "Origin", "https://editor.example")
	assert.Equal(t, "*", resp.Header.Get("Access-Control-Allow-Origin"))
	exposed := strings.ToLower(resp.Header.Get("Access-Control-Expose-Headers"))
	assert.Contains(t, exposed, "content-range")
	assert.Contains(t, exposed, "server-timing")
	preflight := do(t, handler, http.MethodOptions, gopsPath+"/0.mp4", "Origin", "https://editor.example",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
	assert.Equal(t, http.StatusNoContent, preflight.StatusCode)
	assert.Equal(t, "*", preflight.Header.Get("Access-Control-Allow-Origin"))
	assert.NotEmpty(t, preflight.Header.Get("Access-Control-Allow-Headers"))
}

func TestCORSOrigins(t *testing.T) {
	for _, test := range []struct {
		origins []string
		want    map[string]string
	}{
		{[]string{"*"}, map[string]string{"https://a.example": "*", "https://b.example": "*"}},
		{[]string{"https://a.example"}, map[string]string{
			"https://a.example": "https://a.example",
			"https://b.example": "",
		}},
		{[]string{"https://a.example", "https://c.example"}, map[string]string{
			"https://c.example": "https://c.example",
		}},
		{nil, map[string]string{"https://a.example": "", "https://b.example": ""}},
	} {
		handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) { c.CORSOrigins = test.origins })
		plain := get(t, handler, gopsPath+".json") // as a media element of any origin requests it
		assert.Equal(t, strings.Join(test.origins, ", "), plain.Header.Get("Timing-Allow-Origin"))
		etag := plain.Header.Get("ETag")
		for origin, want := range test.want {
			for _, header := range [][]string{{}, {"If-None-Match", etag}} {
				resp := get(t, handler, gopsPath+".json", append(header, "Origin", origin)...)
				name := fmt.Sprint(test.origins, origin, header)
				assert.Equal(t, want, resp.Header.Get("Access-Control-Allow-Origin"), name)
				if len(test.origins) > 0 {
					assert.Contains(t, varyOf(t, resp), "Origin", name)
				}
			}
		}
	}
}
