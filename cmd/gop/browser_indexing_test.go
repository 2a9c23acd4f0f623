package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/templates"
)

// While the server indexes videos, the page of videos updates its progress bar and its cards. The server here
// is a stand-in, so that the test controls the progress.
func TestBrowserFollowsIndexing(t *testing.T) {
	const videos = 3
	var indexed atomic.Int32
	indexed.Store(1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", templates.ContentSecurityPolicy)
		if asset, ok := templates.Assets[path.Base(r.URL.Path)]; ok {
			w.Header().Set("Content-Type", asset.ContentType)
			_, _ = w.Write(asset.Data)
			return
		}
		n := int(indexed.Load())
		response := templates.VideosPage{Total: videos, Pending: videos - n}
		for i := range videos {
			card := templates.VideoCard{Name: fmt.Sprintf("%d.mp4", i), Href: fmt.Sprintf("/videos/%d", i)}
			card.Pending = i >= n
			if !card.Pending {
				card.Summary = &templates.Summary{Codec: "h264", GOPs: 4}
			}
			response.Videos = append(response.Videos, card)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		assert.NoError(t, response.Render(w))
	}))
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL)
	b.open(t, server.URL+"/")
	const cards = `[...document.querySelectorAll("ul.videos > li")]`
	complete := cards + `.filter(li => li.textContent.includes("4 GOPs")).length`
	assert.Equal(t, videos, evaluate[int](t, b, cards+".length"))
	assert.Equal(t, videos, evaluate[int](t, b, `document.querySelector("progress").max`))
	assert.Equal(t, 1, evaluate[int](t, b, `document.querySelector("progress").value`))
	assert.Equal(t, 1, evaluate[int](t, b, complete))
	b.eval(t, `window.firstCard = document.querySelector("ul.videos > li");
		document.querySelector('[data-name="1.mp4"] a').focus()`)

	indexed.Store(2)
	b.waitFor(t, `document.querySelector("progress").value === 2`, "the progress bar follows")
	assert.Equal(t, 2, evaluate[int](t, b, complete))
	firstStays := evaluate[bool](t, b, `document.querySelector("ul.videos > li") === firstCard`)
	assert.True(t, firstStays, "complete cards stay")
	assert.Equal(t, "1.mp4", evaluate[string](t, b, `document.activeElement.textContent`), "the focus stays")

	indexed.Store(videos)
	b.waitFor(t, `!document.querySelector("progress")`, "the progress bar is gone")
	assert.Equal(t, videos, evaluate[int](t, b, complete))
	assert.Empty(t, b.consoleMessages())
}

// A folder of many videos is complete in the end, however long indexing takes.
func TestBrowserShowsLargeFolder(t *testing.T) {
	const videos = 300
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "h264-bframes-aac.ts")) // slow to index
	require.NoError(t, err)
	for i := range videos {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.ts", i)), data, 0o600))
	}
	p := serveFolder(t, dir)
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/")
	const cards = `[...document.querySelectorAll("ul.videos > li")]`
	assert.Equal(t, videos, evaluate[int](t, b, cards+".length"))
	b.waitFor(t, `!document.querySelector("progress")`, "all videos are indexed")
	assert.Equal(t, videos, evaluate[int](t, b,
		cards+`.filter(li => li.textContent.includes("4 GOPs") && li.querySelector("img")).length`))
}
