package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/httpapi"
)

// Whatever a trusted proxy sends, a redirect is a path of unreserved characters, the server in the OpenAPI
// description is one on a host, and the client in the log is an address.
func FuzzForwarded(f *testing.F) {
	config := httpapi.NewDefaultConfig()
	config.TrustedProxies = []string{peer, "10.0.0.0/8"}
	var client string
	config.Observe = func(e httpapi.LogEntry) { client = e.Client }
	handler := httpapi.New(config, newFakeLibrary(), slog.New(slog.DiscardHandler))
	f.Cleanup(handler.Close)
	location := regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*` + regexp.QuoteMeta(gopsPath) + `$`)
	server := regexp.MustCompile(
		`\n  - url: (/|(https?://[a-z0-9._:\[\]-]+)?(/[A-Za-z0-9._~-]+)*)\nsecurity:`)
	f.Add("/gop", "203.0.113.9, 10.0.0.1", "videos.example:8443", "https")
	f.Add("/a/../b, //evil.example", "[2001:db8::1]:80, ::1%eth0", "[::1]", "http, HTTPS")
	f.Add("/\\evil.example\r\n", "unknown,,", "a@b/c?d#e", "javascript")
	f.Fuzz(func(t *testing.T, prefix, forwardedFor, host, proto string) {
		r := httptest.NewRequest(http.MethodGet, "/videos/a.mp4", nil)
		r.Header.Set("X-Forwarded-Prefix", prefix)
		r.Header.Set("X-Forwarded-For", forwardedFor)
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Proto", proto)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		assert.Regexp(t, location, w.Header().Get("Location"))
		if client != r.RemoteAddr {
			address, err := netip.ParseAddr(client)
			assert.NoError(t, err)
			assert.Empty(t, address.Zone())
		}
		w = httptest.NewRecorder()
		r.URL.Path = "/openapi.yaml"
		handler.ServeHTTP(w, r)
		assert.Regexp(t, server, w.Body.String())
	})
}
