package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
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
