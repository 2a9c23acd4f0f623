package httpapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// peer is the address of the client of httptest.NewRequest.
const peer = "192.0.2.1"

// proxied returns a handler with a base path behind trusted proxies.
func proxied(t *testing.T, basePath string, proxies ...string) http.Handler {
	t.Helper()
	config := httpapi.NewDefaultConfig()
	config.BasePath, config.TrustedProxies = basePath, proxies
	require.NoError(t, config.Validate())
	return newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
}

// linksIn returns the links of a page, a listing or a redirect.
func linksIn(t *testing.T, resp *http.Response) (links []string) {
	t.Helper()
	text := body(t, resp)
	switch {
	case resp.StatusCode/100 == 3:
		return []string{resp.Header.Get("Location")}
	case resp.Header.Get("Content-Type") == "application/json":
		var entries []struct{ GOP struct{ Href string } }
		require.NoError(t, json.Unmarshal([]byte(text), &entries))
		for _, e := range entries {
			links = append(links, e.GOP.Href)
		}
		require.NotEmpty(t, links)
		return links
	case resp.Header.Get("Content-Type") == "application/yaml":
		return hrefs(t, text, `\n  - url: (.*)\n`)
	}
	for _, link := range hrefs(t, text, `(?:href|src|action)="([^"#][^"]*)"`) {
		if link != "data:," {
			links = append(links, link)
		}
	}
	return links
}

// linking are targets of responses with links.
var linking = []string{
	"/", "/?folder=deep&sort=newest", gopsPath, gopsPath + ".json", "/videos/a.mp4", gopsPath + "/",
	"/videos/a.mp4/?x=y", "/openapi.yaml", "/none", "/videos/none.mp4/group-of-pictures",
}

// All links start with the prefix, and work if the proxy removes it and if the base path does.
func TestLinksHaveThePrefix(t *testing.T) {
	for name, test := range map[string]struct {
		handler         http.Handler
		received, links string // prefixes of the request and of the links in the response
		header          []string
	}{
		"no prefix":            {proxied(t, ""), "", "", nil},
		"trusted, no header":   {proxied(t, "", peer), "", "", nil},
		"base path":            {proxied(t, "/gop"), "/gop", "/gop", nil},
		"removed base path":    {proxied(t, "/gop"), "", "/gop", nil},
		"long base path":       {proxied(t, "/a/b.c/d-e"), "/a/b.c/d-e", "/a/b.c/d-e", nil},
		"header":               {proxied(t, "", peer), "", "/gop", []string{"X-Forwarded-Prefix", "/gop"}},
		"header ends by slash": {proxied(t, "", peer), "", "/gop", []string{"X-Forwarded-Prefix", "/gop/"}},
		"of two proxies":       {proxied(t, "", peer), "", "/b", []string{"X-Forwarded-Prefix", "/a, /b"}},
		"of a network": {
			proxied(t, "", "192.0.2.0/24"), "", "/a/b", []string{"X-Forwarded-Prefix", "/a/b"},
		},
		"both": {
			proxied(t, "/gop", peer), "/gop", "/gop", []string{"X-Forwarded-Prefix", "/gop"},
		},
		"header replaces the base path": {
			proxied(t, "/gop", peer), "/gop", "/all/gop", []string{"X-Forwarded-Prefix", "/all/gop"},
		},
		"root instead of the base path": {
			proxied(t, "/gop", peer), "/gop", "", []string{"X-Forwarded-Prefix", "/"},
		},
		"from an untrusted client": {
			proxied(t, "", "192.0.2.2", "10.0.0.0/8"), "", "", []string{"X-Forwarded-Prefix", "/evil"},
		},
		"without trusted proxies": {
			proxied(t, "/gop"), "/gop", "/gop", []string{"X-Forwarded-Prefix", "/evil"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range linking {
				header := append(test.header, "Accept", "text/html")
				resp := get(t, test.handler, test.received+target, header...)
				for _, link := range linksIn(t, resp) {
					path, ok := strings.CutPrefix(link, test.links)
					assert.True(t, ok, "%s has the link %s", target, link)
					if target == "/openapi.yaml" {
						continue
					}
					assert.Regexp(t, `^/([^/]|$)`, path, target)
					assert.NotContains(t, path, "gop/", target)
					to := get(t, test.handler, test.received+path, test.header...)
					assert.Less(t, to.StatusCode, 400, "%s has the link %s", target, link)
				}
			}
		})
	}
}

// The instance of a problem is the path that the client requested.
func TestInstanceHasThePrefix(t *testing.T) {
	for _, target := range []string{"/none%2F", "/gop/none%2F"} {
		var problem struct{ Instance string }
		text := body(t, get(t, proxied(t, "/gop"), target))
		require.NoError(t, json.Unmarshal([]byte(text), &problem))
		assert.Equal(t, "/gop/none%2F", problem.Instance)
	}
}

// The base path ends with a segment, and the rest of the path stays escaped.
func TestBasePath(t *testing.T) {
	handler := proxied(t, "/gop")
	for target, status := range map[string]int{
		"/": 200, "/gop/": 200, "/gop": 200, "/gop?sort=newest": 200, "/gop/healthz": 200, "/healthz": 200,
		"/gop/readyz": 200, "/readyz": 200, "/gop/videos/my%20video.mp4/group-of-pictures": 200,
		"/gop/videos/a%2Emp4/group-of-pictures": 200,

		"/gopher": 404, "/gop%2Fhealthz": 404, "/gop/gop/healthz": 404, "/gop//healthz": 404,
		"/GOP/healthz": 404, "/gop/videos%2Fa.mp4/group-of-pictures": 404,
	} {
		assert.Equal(t, status, get(t, handler, target).StatusCode, target)
	}
}

// A base path may start like one of the server's own paths. A request has it then.
func TestBasePathLikeARoute(t *testing.T) {
	handler := proxied(t, "/videos")
	for target, status := range map[string]int{
		"/videos": 200, "/videos/": 200, "/videos" + gopsPath: 200, "/videos/healthz": 200, gopsPath: 404,
	} {
		assert.Equal(t, status, get(t, handler, target).StatusCode, target)
	}
}

// A prefix is a short, clean path of unreserved characters. Other values are ignored.
func TestInvalidPrefixes(t *testing.T) {
	handler := proxied(t, "/base", peer)
	for _, prefix := range []string{
		"", "//", "//evil.example", "/a//b", "evil.example", "https://evil.example", "/\\evil.example",
		"\\\\evil.example", "/..", "/a/../b", "/a/.", "/./a", "/%2F%2Fevil.example", "/%2e%2e", "/a b",
		"/a?b", "/a#b", "/a\tb", "/a\x00", "/a\x7f", "/é", `/"><script>`, "/a:b@c", "/a;b", "javascript:a()",
		"/a, //evil.example",
		"/" + strings.Repeat("a", 128),
	} {
		for _, target := range []string{"/", "/videos/a.mp4", gopsPath + ".json"} {
			for _, link := range linksIn(t, get(t, handler, target, "X-Forwarded-Prefix", prefix)) {
				assert.Regexp(t, `^/base/`, link, prefix)
			}
		}
		if prefix != "" {
			config := httpapi.NewDefaultConfig()
			config.BasePath = prefix
			assert.ErrorContains(t, config.Validate(), "--base-path must be a path like /gop", prefix)
		}
	}
	longest := "/" + strings.Repeat("a", 127)
	resp := get(t, handler, "/videos/a.mp4", "X-Forwarded-Prefix", longest)
	assert.Equal(t, longest+gopsPath, resp.Header.Get("Location"))
	config := httpapi.NewDefaultConfig()
	for _, config.BasePath = range []string{"/", "/gop/"} {
		assert.ErrorContains(t, config.Validate(), "--base-path must be a path like /gop")
	}
}

// Responses with other links have other entity tags, here and in caches on the way.
func TestCachesKeepPrefixesApart(t *testing.T) {
	handler := proxied(t, "", peer)
	for _, target := range []string{"/", gopsPath, gopsPath + ".json", "/openapi.yaml"} {
		for _, accept := range []string{"", "gzip"} {
			tags := map[string]bool{}
			for _, prefix := range []string{"/a", "/b", "", "/a", "/b", ""} {
				headers := []string{"X-Forwarded-Prefix", prefix, "Accept-Encoding", accept}
				resp := get(t, handler, target, headers...)
				start := regexp.QuoteMeta(prefix)
				assert.Contains(t, varyOf(t, resp), "X-Forwarded-Prefix", target)
				tag := resp.Header.Get("ETag")
				tags[tag] = true
				if accept != "gzip" {
					for _, link := range linksIn(t, resp) {
						assert.Regexp(t, "^"+start+"(/(assets/|[^ab]|$)|$)", link, target)
					}
				}
				same := get(t, handler, target, append(headers, "If-None-Match", tag)...)
				assert.Equal(t, 304, same.StatusCode, target)
				other := get(t, handler, target, "X-Forwarded-Prefix", prefix+"/x", "If-None-Match", tag)
				assert.Equal(t, 200, other.StatusCode, target)
			}
			assert.Len(t, tags, 3, target)
		}
	}
	for _, target := range []string{"/videos/a.mp4", gopsPath + "/"} {
		assert.Contains(t, varyOf(t, get(t, handler, target)), "X-Forwarded-Prefix")
	}
	assets := hrefs(t, body(t, get(t, handler, "/")), `(?:href|src)="(/assets/[^"]*)"`)
	for _, target := range append(assets, gopPath, gopsPath+"/1.jpg", "/videos/a.mp4.json") {
		assert.NotContains(t, varyOf(t, get(t, handler, target)), "X-Forwarded-Prefix", target)
	}
	alone, _ := newHandler(t, newFakeLibrary())
	for _, target := range linking {
		vary := varyOf(t, get(t, alone, target))
		assert.NotContains(t, strings.Join(vary, " "), "X-Forwarded", target)
	}
}

// The OpenAPI description has the URL of the server, because tools read it from a file.
func TestOpenAPIServer(t *testing.T) {
	for _, test := range []struct {
		handler            http.Handler
		host, proto, value string
	}{
		{proxied(t, "/gop", peer), "videos.example", "https", "https://videos.example/gop"},
		{proxied(t, "", peer), "Videos.example:8443", "HTTPS", "https://videos.example:8443"},
		{proxied(t, "", peer), "a.example, [2001:db8::1]:80", "https, http", "http://[2001:db8::1]:80"},
		{proxied(t, "/gop", peer), "videos.example", "", "/gop"},
		{proxied(t, "/gop", peer), "", "https", "/gop"},
		{proxied(t, "/gop", peer), "videos.example", "javascript", "/gop"},
		{proxied(t, "/gop", peer), "evil.example/path?", "https", "/gop"},
		{proxied(t, "/gop", peer), "a@evil.example", "https", "/gop"},
		{proxied(t, "/gop", peer), "a.example #", "https", "/gop"},
		{proxied(t, "/gop", "192.0.2.2"), "evil.example", "https", "/gop"},
		{proxied(t, ""), "evil.example", "https", "/"},
	} {
		headers := []string{"X-Forwarded-Host", test.host, "X-Forwarded-Proto", test.proto}
		resp := get(t, test.handler, "/openapi.yaml", headers...)
		assert.Equal(t, []string{test.value}, linksIn(t, resp))
		// No other link has a scheme or a host.
		for _, target := range []string{"/", gopsPath, gopsPath + ".json", "/videos/a.mp4"} {
			for _, link := range linksIn(t, get(t, test.handler, target, headers...)) {
				assert.Regexp(t, `^/([^/]|$)`, link)
			}
		}
	}
	vary := varyOf(t, get(t, proxied(t, "", peer), "/openapi.yaml"))
	assert.Subset(t, vary, []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"})
}

// The client is the last address that is not a trusted proxy's.
func TestClientAddress(t *testing.T) {
	var client string
	for _, test := range []struct {
		name, trusted, peer string
		forwarded           []string
		want                string
	}{
		{"no proxies", "", "192.0.2.1:80", []string{"198.51.100.7"}, "192.0.2.1:80"},
		{"an untrusted peer", "10.0.0.0/8", "192.0.2.1:80", []string{"198.51.100.7"}, "192.0.2.1:80"},
		{"no header", "192.0.2.1", "192.0.2.1:80", nil, "192.0.2.1:80"},
		{"nothing", "192.0.2.1", "192.0.2.1:80", []string{""}, "192.0.2.1:80"},
		{"one hop", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a spoofed address", "192.0.2.1", "192.0.2.1:80", []string{"8.8.8.8, 198.51.100.7"}, "198.51.100.7"},
		{
			"several hops", "192.0.2.1,10.0.0.0/8", "192.0.2.1:80",
			[]string{"8.8.8.8, 198.51.100.7,10.1.2.3", "10.3.2.1"},
			"198.51.100.7",
		},
		{"only proxies", "192.0.2.1,10.0.0.0/8", "192.0.2.1:80", []string{"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
		{
			"an unknown address", "192.0.2.1,10.0.0.0/8", "192.0.2.1:80",
			[]string{"8.8.8.8, unknown, 10.0.0.2"},
			"10.0.0.2",
		},
		{"with a port", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7:99"}, "198.51.100.7"},
		{"IPv6", "::1", "[::1]:80", []string{"2001:DB8::7"}, "2001:db8::7"},
		{"IPv6 in brackets", "::1", "[::1]:80", []string{"[2001:db8::7]:99"}, "2001:db8::7"},
		{"IPv6 with a zone", "fe80::/10", "[fe80::1%eth0]:80", []string{"::7%z, fe80::2%x\ny"}, "::7"},
		{
			"IPv4 in IPv6", "192.0.2.0/24", "[::ffff:192.0.2.1]:80",
			[]string{"::ffff:198.51.100.7"},
			"198.51.100.7",
		},
		{"not TCP", "192.0.2.1", "@", []string{"198.51.100.7"}, "@"},
	} {
		config := httpapi.NewDefaultConfig()
		config.Observe = func(e httpapi.LogEntry) { client = e.Client }
		if test.trusted != "" {
			config.TrustedProxies = strings.Split(test.trusted, ",")
		}
		require.NoError(t, config.Validate())
		handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-For"] = test.forwarded
		handler.ServeHTTP(httptest.NewRecorder(), r)
		assert.Equal(t, test.want, client, test.name)
	}
}

// Clients of a trusted proxy have turns of their own in the queues of the library.
func TestLibraryKnowsClientsOfProxies(t *testing.T) {
	config := httpapi.NewDefaultConfig()
	config.TrustedProxies = []string{peer}
	library := newFakeLibrary()
	handler := newHandlerWith(t, config, library, slog.New(slog.DiscardHandler))
	for _, client := range []string{"198.51.100.7", "198.51.100.8"} {
		get(t, handler, gopPath, "X-Forwarded-For", "203.0.113.9, "+client)
		assert.Equal(t, client, library.lastClient)
	}
}

func TestInvalidTrustedProxies(t *testing.T) {
	for _, proxies := range [][]string{{""}, {"a.example"}, {"10.0.0.0/33"}, {"10.0.0.1:80"}, {"::1", "x"}} {
		config := httpapi.NewDefaultConfig()
		config.TrustedProxies = proxies
		assert.ErrorContains(t, config.Validate(), "--trusted-proxies must be addresses or networks", proxies)
	}
}

// A signature covers the path without the prefix, so it holds at the server and at each proxy.
func TestSignaturesHoldBehindProxies(t *testing.T) {
	handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) {
		withKeys(c)
		c.BasePath, c.TrustedProxies = "/gop", []string{peer}
	})
	for _, target := range []string{"/", gopsPath, gopsPath + ".json"} {
		signed := signedURL(t, newKey, target, time.Now().Add(time.Hour))
		assert.Equal(t, 403, get(t, handler, target).StatusCode)
		assert.Equal(t, 403, get(t, handler, "/gop"+target).StatusCode)
		assert.Equal(t, 200, get(t, handler, "/gop"+signed).StatusCode)
		for _, header := range [][]string{nil, {"X-Forwarded-Prefix", "/other"}} {
			resp := get(t, handler, signed, header...)
			require.Equal(t, 200, resp.StatusCode)
			prefix := "/gop"
			if header != nil {
				prefix = "/other"
			}
			for _, link := range linksIn(t, resp) {
				path, ok := strings.CutPrefix(link, prefix)
				assert.True(t, ok, link)
				if u, err := url.Parse(path); assert.NoError(t, err) && u.RawQuery != "" {
					assert.Equal(t, 200, get(t, handler, path, header...).StatusCode, link)
					assert.Equal(t, 200, get(t, handler, "/gop"+path, header...).StatusCode, link)
				}
			}
		}
	}
}

func TestCutBasePath(t *testing.T) {
	for _, test := range []struct {
		target, basePath, rest string
		found                  bool
	}{
		{"/gop", "/gop", "/", true},
		{"/gop/", "/gop", "/", true},
		{"/gop?a=b", "/gop", "/?a=b", true},
		{"/gop/a?b", "/gop", "/a?b", true},
		{"/gopher", "/gop", "/gopher", false},
		{"/a", "/gop", "/a", false},
		{"/a", "", "/a", false},
		{"", "", "", false},
	} {
		rest, found := httpapi.CutBasePath(test.target, test.basePath)
		assert.Equal(t, test.rest, rest, test.target)
		assert.Equal(t, test.found, found, test.target)
	}
}
