package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A person finds a video in a folder, sees a GOP play under the pointer to its end, walks through the player by
// keys, and follows the chart; the address says which GOP is meant.
func TestBrowserFindsItsWay(t *testing.T) {
	const film, old = "h264-bframes-aac.mp4", "mpeg2.mp4"
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "films", "new"), os.DirFS(folderOf(t, film, old))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "torn.mp4"), []byte("no video"), 0o600))
	p := serveFolder(t, dir)
	b := startBrowser(t, p.url)

	b.do(t,
		chromedp.Navigate(p.url+"/"),
		chromedp.WaitVisible(chromedp.CSS(".unreadable .reason")),
		chromedp.Click(`//a[text()="films"]`),
		chromedp.WaitVisible(`//h1[text()="films"]`),
		chromedp.Click(`//a[text()="new"]`),
		chromedp.WaitVisible(chromedp.CSS("ul.videos")),
	)
	b.screenshot(t, "folder.png")
	b.do(t,
		chromedp.Navigate(p.url+"/"),
		chromedp.SendKeys(chromedp.CSS("input[name=search]"), "BFrames\n"),
		chromedp.Click(`//a[text()="films/new/h264-bframes-aac.mp4"]`),
		chromedp.WaitVisible(chromedp.CSS("ol.grid")),
	)
	b.seesStills(t)

	assert.True(t, evaluated[bool](t, b, `new Promise(resolve => {
		const cell = document.querySelector("#gop-1");
		cell.dispatchEvent(new PointerEvent("pointerenter"));
		const look = () => {
			const video = cell.querySelector("video");
			if (!video?.ended) return setTimeout(look, 20);
			cell.dispatchEvent(new PointerEvent("pointerleave"));
			resolve(video.muted && cell.querySelector("video") === null);
		};
		look();
		setTimeout(() => resolve(false), 10000);
	})`), "it plays muted, to its end, and is gone with the pointer")

	key := func(on, name string) {
		b.eval(t, `document.querySelector("`+on+`").dispatchEvent(new KeyboardEvent("keydown", {key: "`+name+`", bubbles: true, cancelable: true}))`)
	}
	hash := func() string { return evaluated[string](t, b, "location.hash") }
	b.do(t, chromedp.Click(chromedp.CSS("#gop-0 a.still")), chromedp.WaitVisible(chromedp.CSS("dialog.player[open]")))
	assert.Equal(t, "#gop=0", hash())
	key("dialog.player", "ArrowRight")
	key("dialog.player", "ArrowRight")
	assert.Equal(t, "#gop=2", hash())
	key("dialog.player", "ArrowLeft")
	assert.Equal(t, "#gop=1", hash())
	assert.Equal(t, "GOP 1", evaluated[string](t, b, `document.querySelector("#playing").textContent`))
	b.screenshot(t, "player.png")
	b.do(t, chromedp.Click(chromedp.CSS("dialog.player .close")))

	assert.Contains(t, evaluated[string](t, b, `document.querySelector("svg.chart[role=slider]").getAttribute("aria-valuetext")`), "GOP 0, 0:00.000, ")
	key("svg.chart", "End")
	key("svg.chart", "Enter")
	assert.Equal(t, "#gop=3", hash())
	assert.Equal(t, "gop-3", evaluated[string](t, b, `document.querySelector("li.marked").id`))
	b.eval(t, `location.hash = "#gop=2"`)
	assert.Equal(t, "gop-2", evaluated[string](t, b, `new Promise(resolve => setTimeout(() => resolve(document.querySelector("li.marked").id), 100))`))
	assert.Contains(t, evaluated[string](t, b, `document.querySelector(".pointed").textContent`), "GOP 2, ", "the chart goes along")
	assert.Empty(t, b.complaints())

	// What the browser has no decoder for, it says so.
	b.do(t,
		chromedp.Navigate(p.url+"/videos/films/new/"+old+"/group-of-pictures"),
		chromedp.Click(chromedp.CSS("#gop-0 a.still")),
		chromedp.WaitVisible(chromedp.CSS("dialog.player .complaint")),
	)
	assert.Contains(t, evaluated[string](t, b, `document.querySelector(".complaint").textContent`), "no decoder for mpeg2video")
	b.screenshot(t, "no-decoder.png")
	assert.Empty(t, b.foreign(t), "requests to others")
}
