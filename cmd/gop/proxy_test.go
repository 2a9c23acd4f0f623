package main

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	programs "gop/cmd/internal/process"
)

// proxySetups are ways to serve gop below /gop: the number of the block in docs/operations.md that nginx has,
// and the flags of gop.
var proxySetups = []struct {
	name  string
	block int
	flags []string
}{
	{"base path that nginx passes on", 0, []string{"--base-path", "/gop", "--trusted-proxies", "127.0.0.1"}},
	{"prefix that nginx removes", 1, []string{"--trusted-proxies", "127.0.0.1,::1"}},
	{"base path that nginx removes", 1, []string{"--base-path", "/gop"}},
	{"base path and prefix", 1, []string{"--base-path", "/gop", "--trusted-proxies", "127.0.0.0/8"}},
}

// behindProxy starts nginx before p with a block of docs/operations.md, until the end of the test. The url of
// the result is that of gop below nginx.
func behindProxy(t *testing.T, p *process, block int) *process {
	t.Helper()
	docs, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindAllStringSubmatch(string(docs), -1)
	require.Len(t, blocks, 2)
	server, err := url.Parse(p.url)
	require.NoError(t, err)
	config := strings.ReplaceAll(blocks[block][1], "127.0.0.1:8080", server.Host)
	require.Contains(t, config, "proxy_pass http://"+server.Host)
	nginx, host, err := programs.StartNginx(t.Context(), t.TempDir(), config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, nginx.Stop()) })
	return &process{url: "http://" + host + "/gop", client: p.client}
}

// unusualName has every kind of character that a proxy might not pass on unchanged.
const unusualName = "a b/c%2Fd?e#f&g=h;i+j'k\u00e9~%.mp4"

// proxiedLibrary returns a folder with a video that has tags and chapters, and one with an unusual name.
func proxiedLibrary(t *testing.T) string {
	t.Helper()
	dir := folderOf(t, bframes)
	unusual := filepath.Join(dir, filepath.FromSlash(unusualName))
	require.NoError(t, os.MkdirAll(filepath.Dir(unusual), 0o755))
	data, err := os.ReadFile(filepath.Join(dir, bframes))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(unusual, data, 0o600))
	return dir
}

var (
	linkAttribute = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	importedFile  = regexp.MustCompile(`"(\./[^"]+\.js)"`)
)

// linksOf returns the links in a response, as they are written.
func linksOf(t *testing.T, response *http.Response, body []byte) (links []string) {
	t.Helper()
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	switch kind {
	case "text/html":
		for _, match := range linkAttribute.FindAllSubmatch(body, -1) {
			links = append(links, html.UnescapeString(string(match[1])))
		}
	case "text/javascript":
		for _, match := range importedFile.FindAllSubmatch(body, -1) {
			links = append(links, string(match[1]))
		}
	case "application/json":
		var entries []entry
		if json.Unmarshal(body, &entries) == nil { // a description is no array
			for _, e := range entries {
				links = append(links, e.GOP.Href)
			}
		}
	}
	return links
}

// crawl requests a path of p and everything that the responses link to. It returns the number of URLs by
// content type. All must be below p.url and work.
func (p *process) crawl(t *testing.T, path string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	seen := map[string]bool{path: true}
	for queue := []string{path}; len(queue) > 0; queue = queue[1:] {
		response, body := p.get(t, queue[0], "X-Forwarded-Prefix", "/evil", "X-Forwarded-Host", "a.example")
		if !assert.Equal(t, http.StatusOK, response.StatusCode, queue[0]) {
			continue
		}
		counts[response.Header.Get("Content-Type")]++
		for _, link := range linksOf(t, response, body) {
			to, err := response.Request.URL.Parse(link)
			require.NoError(t, err)
			if to.Scheme == "data" {
				continue
			}
			to.Fragment = ""
			below, ok := strings.CutPrefix(to.String(), p.url+"/")
			if assert.True(t, ok, "%s links to %s", queue[0], link) && !seen["/"+below] {
				seen["/"+below] = true
				queue = append(queue, "/"+below)
			}
		}
	}
	return counts
}

// Every link of every page and listing works behind nginx, below a path.
func TestLinksWorkBehindNginx(t *testing.T) {
	for _, setup := range proxySetups {
		t.Run(setup.name, func(t *testing.T) {
			direct := serveFolder(t, proxiedLibrary(t), setup.flags...)
			p := behindProxy(t, direct, setup.block)
			p.listing(t, bframes) // the library page has its thumbnail
			p.listing(t, (&url.URL{Path: unusualName}).EscapedPath())
			counts := p.crawl(t, "/")
			assert.Equal(t, 8, counts["video/mp4"], "%v", counts)
			assert.Equal(t, 10, counts["image/jpeg"], "%v", counts)
			assert.Greater(t, counts["text/html; charset=utf-8"], 3, "%v", counts)
			assert.Greater(t, counts["text/javascript; charset=utf-8"], 10, "%v", counts)
			assert.Equal(t, 2, counts["text/css; charset=utf-8"], "%v", counts)
			assert.Equal(t, 4, counts["application/json"], "%v", counts)

			const video = "/videos/" + bframes
			for _, path := range []string{"", video, video + "?audio=0", video + "/group-of-pictures/"} {
				response, _ := p.get(t, path) // follows redirects
				assert.Equal(t, http.StatusOK, response.StatusCode, path)
				to := response.Request.URL.String()
				assert.True(t, strings.HasPrefix(to, p.url+"/"), "%s redirects to %s", path, to)
			}
			for _, url := range []string{direct.url, p.url} {
				response, _ := (&process{url: url, client: p.client}).get(t, "/healthz")
				assert.Equal(t, http.StatusOK, response.StatusCode)
			}
		})
	}
}

// The links that gop sign prints work behind nginx, and so do all links on their pages.
func TestSignedLinksWorkBehindNginx(t *testing.T) {
	t.Setenv("GOP_URL_KEYS", "000102030405060708090a0b0c0d0e0f")
	for _, setup := range proxySetups[:2] {
		t.Run(setup.name, func(t *testing.T) {
			p := behindProxy(t, serveFolder(t, folderOf(t, bframes), setup.flags...), setup.block)
			response, _ := p.get(t, "/")
			assert.Equal(t, http.StatusForbidden, response.StatusCode)
			for _, path := range []string{"/", "/videos/" + bframes + "/group-of-pictures"} {
				code, stdout, stderr := ran(t, "sign", "--base-path", "/gop", path)
				require.Zero(t, code, stderr)
				signed, found := strings.CutPrefix(strings.TrimSpace(stdout), "/gop")
				require.True(t, found, stdout)
				assert.Equal(t, 4, p.crawl(t, signed)["video/mp4"])
			}
		})
	}
}

// The log has the client's address, and the OpenAPI description the proxy's URL.
func TestForwardedHeadersFromNginx(t *testing.T) {
	for _, setup := range proxySetups[:2] {
		direct := serveFolder(t, folderOf(t, bframes), setup.flags...)
		p := behindProxy(t, direct, setup.block)
		headers := []string{"X-Request-Id", "id-7", "X-Forwarded-For", "8.8.8.8, 203.0.113.9"}
		_, body := p.get(t, "/openapi.yaml", headers...)
		assert.Contains(t, string(body), "\n  - url: "+p.url+"\n")
		// The test's own address, which nginx adds, is trusted.
		direct.waitForLog(t, "id=id-7 client=203.0.113.9 ")
	}
	direct := serveFolder(t, folderOf(t, bframes), "--base-path", "/gop")
	p := behindProxy(t, direct, 1)
	_, body := p.get(t, "/openapi.yaml", "X-Request-Id", "id-8", "X-Forwarded-For", "203.0.113.9")
	assert.Contains(t, string(body), "\n  - url: /gop\n", "without trusted proxies")
	direct.waitForLog(t, "id=id-8 client=127.0.0.1:")
}
