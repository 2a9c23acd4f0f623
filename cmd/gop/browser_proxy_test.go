package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pages and their scripts work behind nginx, below a path: folders, search, player, filters.
func TestBrowserBehindNginx(t *testing.T) {
	for _, setup := range proxySetups[:2] {
		t.Run(setup.name, func(t *testing.T) {
			p := behindProxy(t, serveFolder(t, nestedLibrary(t), setup.flags...), setup.block)
			b := startBrowser(t, p.url)
			b.open(t, p.url+"/")
			b.do(t,
				chromedp.WaitVisible(chromedp.CSS(".unreadable .warning")),
				chromedp.Click(`//a[text()="trips"]`),
				chromedp.WaitVisible(`//h1[text()="trips"]`),
				chromedp.SendKeys(chromedp.CSS("input[name=search]"), "bframes\n"),
				chromedp.WaitVisible(`//a[text()="Show all"]`),
				chromedp.Click(`//a[text()="new/h264-bframes-aac.mp4"]`),
				chromedp.WaitVisible(chromedp.CSS("ol.grid")),
			)
			b.waitForPage(t)
			b.waitForThumbnails(t)
			b.click(t, "#gop-1 a.thumbnail")
			b.waitForPlayback(t)
			b.click(t, ".filter-panel summary")
			const keyframeLoaded = `document.querySelector(".crop-frame img").naturalWidth > 0`
			b.waitFor(t, keyframeLoaded, "the keyframe is loaded")
			b.click(t, "#gray")
			b.waitFor(t, previewShown, "the preview is shown")
			url, query := b.filterURL(t)
			assert.Equal(t, p.url+nestedPath+"/1.mp4?gray=1", url)
			assert.Equal(t, "gray=1", query)
			b.do(t, chromedp.Click(`//button[text()="Play with filters"]`))
			b.waitFor(t, `document.querySelector(".preview").hidden
				&& document.querySelector(".player video").currentTime > 0.1`, "the filtered GOP plays")
			b.eval(t, `location.hash = "#gop=2"`)
			b.do(t, chromedp.Reload())
			b.waitForPage(t)
			b.waitForSelected(t, 2)
			b.do(t, chromedp.Click(`//nav/a[text()="Videos"]`), chromedp.WaitVisible(`//h1[text()="Videos"]`))
			b.waitForPage(t)
			assert.Empty(t, b.consoleMessages())
			assert.Empty(t, b.foreignRequests(t), "all requests are below the path")
		})
	}
}

// The cells that scripts make have links below the path, like those of the HTML.
func TestBrowserPagesBehindNginx(t *testing.T) {
	setup := proxySetups[1]
	p := behindProxy(t, serveFolder(t, pagedVideo(t), setup.flags...), setup.block)
	b := startBrowser(t, p.url)
	b.openPaged(t, p.url+pagedPath+"#gop=1000")
	b.waitForSelected(t, 1000)
	b.waitForThumbnails(t)
	b.assertCells(t)
	_, page := p.get(t, pagedPath) // scripts remove the links to other pages
	next := regexp.MustCompile(`href="([^"]*)"[^>]*>Next<`).FindSubmatch(page)
	require.NotNil(t, next)
	assert.Equal(t, "/gop"+pagedPath+"?page=2", string(next[1]))
	b.openPaged(t, strings.TrimSuffix(p.url, "/gop")+string(next[1]))
	b.waitForThumbnails(t)
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t), "all requests are below the path")
}
