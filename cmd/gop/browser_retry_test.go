package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	fourThumbnails   = `document.querySelectorAll("ol.grid img").length === 4 && `
	thumbnailsFailed = fourThumbnails +
		`[...document.querySelectorAll("ol.grid img")].every(img => img.complete && !img.naturalWidth)`
	thumbnailsLoaded = fourThumbnails +
		`[...document.querySelectorAll("ol.grid img")].every(img => img.naturalWidth > 0)`
)

// Thumbnails that a busy server refuses are requested again.
func TestBrowserRetriesThumbnails(t *testing.T) {
	t.Run("refused after the script ran", func(t *testing.T) {
		images, server := busyServer(t, ".jpg")
		b := startBrowser(t, server.url)
		b.open(t, server.pageURL())
		close(images)
		b.waitFor(t, thumbnailsLoaded, "thumbnails are loaded")
		assert.EqualValues(t, 8, server.images.Load(), "two requests each")
	})
	t.Run("refused before the script ran", func(t *testing.T) {
		script, server := busyServer(t, "/assets/gops-")
		b := startBrowser(t, server.url)
		call(t, b, page.Navigate, page.NavigateParams{URL: server.pageURL()}) // does not wait for the script
		b.waitFor(t, thumbnailsFailed, "thumbnails are refused")
		close(script)
		b.waitFor(t, thumbnailsLoaded, "thumbnails are loaded")
		assert.EqualValues(t, 8, server.images.Load(), "two requests each")
	})
}

// refusingServer is a proxy of gop that refuses the first four images with 503.
type refusingServer struct {
	url    string
	images atomic.Int32 // requests
}

func (s *refusingServer) pageURL() string {
	return s.url + "/videos/h264-bframes-aac.mp4/group-of-pictures"
}

// busyServer starts a refusingServer. It answers requests for paths that contain part after the test closes
// held.
func busyServer(t *testing.T, part string) (held chan struct{}, s *refusingServer) {
	t.Helper()
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"))
	target, err := url.Parse(p.url)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	held, s = make(chan struct{}), &refusingServer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, part) {
			select {
			case <-held:
			case <-r.Context().Done():
				return
			}
		}
		if strings.HasSuffix(r.URL.Path, ".jpg") && s.images.Add(1) <= 4 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return held, s
}
