package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A person finds a video in a folder, walks through the player by keys, and follows the chart; the address says which
// GOP is meant, and what is shown.
func TestBrowserFindsItsWay(t *testing.T) {
	const film = "h264-bframes-aac.mp4"
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "films", "new"), os.DirFS(folderOf(t, film))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "torn.mp4"), []byte("no video"), 0o600))
	p := serveFolder(t, dir)
	b := startBrowser(t, p.url)

	b.do(t,
		chromedp.Navigate(p.url+"/"),
		chromedp.WaitVisible(chromedp.CSS(".unreadable .warning")),
		chromedp.Click(`//a[text()="films"]`),
		chromedp.WaitVisible(`//h1[text()="films"]`),
		chromedp.Click(`//a[text()="new"]`),
		chromedp.WaitVisible(chromedp.CSS("ul.videos")),
	)
	b.do(t,
		chromedp.Navigate(p.url+"/"),
		chromedp.Focus(chromedp.CSS("select[name=sort]")),
		chromedp.KeyEvent(kb.ArrowDown),
	)
	b.waits(t, `location.search.includes("sort=newest") && document.querySelector("select[name=sort]").value === "newest"`, "an order that is chosen is shown at once")
	b.do(t,
		chromedp.SendKeys(chromedp.CSS("input[name=search]"), "BFrames\n"),
		chromedp.Click(`//a[text()="films/new/h264-bframes-aac.mp4"]`),
		chromedp.WaitVisible(chromedp.CSS("ol.grid")),
	)
	b.seesStills(t)

	press := func(keys string) { b.do(t, chromedp.KeyEvent(keys)) }
	hash := func() string { return evaluated[string](t, b, "location.hash") }
	b.eval(t, `document.querySelector("#gop-0 a.thumbnail").focus()`)
	press(kb.Enter)
	b.waits(t, `document.querySelector("dialog.player[open] video").currentTime > 0`, "the player plays")
	assert.Equal(t, "#gop=0", hash())
	press(kb.ArrowRight)
	press(kb.ArrowRight)
	assert.Equal(t, "#gop=2", hash())
	press(kb.ArrowLeft)
	assert.Equal(t, "#gop=1", hash())
	assert.Equal(t, "GOP 1", evaluated[string](t, b, `document.querySelector("#player-title").textContent`))
	assert.True(t, evaluated[bool](t, b, `document.querySelector(".player .download").href.endsWith("/1.mp4") && document.querySelector(".player .link").hash === "#gop=1"`))
	x, y := b.at(t, ".player video", 0.5, 0.3)
	b.do(t, chromedp.MouseClickXY(x, y))
	press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	assert.Equal(t, "#gop=3", hash(), "after a click on the video, and not beyond the last one")
	press(kb.ArrowLeft)
	assert.Equal(t, "#gop=2", hash())
	press(kb.Escape)
	b.waits(t, `document.activeElement === document.querySelector("#gop-2 a.thumbnail")`, "the focus comes back to the GOP that was seen last")

	assert.Contains(t, evaluated[string](t, b, `document.querySelector(".chart[role=slider]").getAttribute("aria-valuetext")`), "GOP 0, 0:00.000 – ")
	b.eval(t, `document.querySelector(".chart").focus()`)
	press(kb.End)
	press(kb.Enter)
	assert.Equal(t, "#gop=3", hash())
	assert.Equal(t, "gop-3", evaluated[string](t, b, `document.querySelector("li.selected").id`))
	x, y = b.at(t, ".chart", 0.01, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	assert.Equal(t, "#gop=0", hash())
	b.eval(t, `location.hash = "#gop=2"`)
	b.waits(t, `document.querySelector("li.selected").id === "gop-2"`, "the address leads to a cell")
	assert.Contains(t, evaluated[string](t, b, `document.querySelector(".chart-value").textContent`), "GOP 2, ", "the chart goes along")
	assert.Empty(t, b.complaints())

	// The address brings back what was shown, and in what order.
	b.do(t, chromedp.Navigate("about:blank"), chromedp.Navigate(p.url+"/videos/films/new/"+film+"/group-of-pictures#gop=1&order=size"))
	b.waits(t, `document.querySelector("li.selected")?.id === "gop-1"`, "the address leads to a cell")
	sizes := evaluated[[]int](t, b, `[...document.querySelectorAll("ol.grid > li")].map(li => Number(li.dataset.bytes))`)
	assert.Len(t, sizes, 4)
	assert.True(t, slices.IsSortedFunc(sizes, func(a, b int) int { return b - a }), "%v", sizes)
	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	press(kb.ArrowDown)
	b.waits(t, `location.hash === "#gop=1&show=odd&order=size"`, "the address says what is shown")
	comesBack := func(hash string) {
		t.Helper()
		b.do(t, chromedp.Reload())
		b.waits(t, `document.querySelector(".count").textContent !== "" && !document.querySelector("form.controls").hidden`, "the page is there")
		assert.Equal(t, hash, evaluated[string](t, b, `location.hash`))
		assert.Equal(t, []string{"odd", "size"}, evaluated[[]string](t, b, `[...document.querySelectorAll("form.controls select")].map(select => select.value)`))
	}
	comesBack("#gop=1&show=odd&order=size")
	assert.Zero(t, evaluated[int](t, b, `document.querySelectorAll("ol.grid > li").length`), "the GOP that is meant, which is not odd, widens nothing")
	assert.Equal(t, "No GOP here is odd.", evaluated[string](t, b, `document.querySelector(".count").textContent`))
	assert.Contains(t, evaluated[string](t, b, `document.querySelector(".chart-value").textContent`), "GOP 1, ", "the chart tells of it")
	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	press(kb.ArrowUp)
	b.waits(t, `document.querySelector("li.selected")?.id === "gop-1"`, "it is marked where all are shown")
	assert.Empty(t, b.foreign(t), "requests to others")
}

// What the browser has no decoder for, the player says so, though the sound may play; and what may play under the
// pointer leaves the picture in view.
func TestBrowserSaysWhatItCannotPlay(t *testing.T) {
	p := serveFolder(t, folderOf(t, "mpeg2.mp4", "hevc.mp4")) // without sound, and with
	b := startBrowser(t, p.url)
	for name, codec := range map[string]string{"mpeg2.mp4": "mpeg2video", "hevc.mp4": "hevc"} {
		b.do(t, chromedp.Navigate(p.url+"/videos/"+name+"/group-of-pictures"))
		b.eval(t, `window.begun = 0; new MutationObserver(() => { begun += document.querySelectorAll("#gop-0 video").length; }).observe(document.body, {childList: true, subtree: true})`)
		x, y := b.at(t, "#gop-0 a.thumbnail", 0.5, 0.5)
		b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, 1, 1), chromedp.MouseEvent(chromedp.MouseMoved, x, y))
		b.waits(t, `begun > 0 && !document.querySelector("#gop-0 video")`, name+" is tried in place, and given up")
		b.do(t,
			chromedp.Click(chromedp.CSS("#gop-0 a.thumbnail")),
			chromedp.WaitVisible(chromedp.CSS("dialog.player .error")),
		)
		assert.Contains(t, evaluated[string](t, b, `document.querySelector(".error").textContent`), "no decoder for "+codec)
		b.do(t, chromedp.Click(`//button[text()="Play it as H.264"]`))
		b.waits(t, `document.querySelector(".player video").currentTime > 0 && document.querySelector(".player video").videoWidth > 0 && document.querySelector(".error").hidden`, name+" plays as H.264")
	}
}

// A folder of many videos is shown at once; a bar tells how many are known, and the cards fill in.
func TestBrowserSeesALargeFolderFillIn(t *testing.T) {
	const videos = 300
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "h264-bframes-aac.ts")) // which is read whole
	require.NoError(t, err)
	for i := range videos {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.ts", i)), data, 0o600))
	}
	p := serveFolder(t, dir, "--jobs=1")
	b := startBrowser(t, p.url)
	b.do(t, chromedp.Navigate(p.url+"/"))
	known := func() int { return evaluated[int](t, b, `document.querySelector("progress").value`) }
	first := known()
	assert.Less(t, first, videos)
	assert.Equal(t, videos, evaluated[int](t, b, `document.querySelector("progress").max`))
	assert.Equal(t, videos, evaluated[int](t, b, `document.querySelectorAll("ul.videos > li").length`))
	b.waits(t, fmt.Sprintf(`!document.querySelector("progress") || document.querySelector("progress").value > %d`, first), "the bar moves")
	b.waits(t, `!document.querySelector("progress")`, "all are known")
	assert.Equal(t, videos, evaluated[int](t, b, `[...document.querySelectorAll("ul.videos > li")].filter(li => li.textContent.includes("4 GOPs") && li.querySelector("img")).length`))
}
