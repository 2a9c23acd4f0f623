package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bframes = "h264-bframes-aac.mp4" // four GOPs of one second

// nestedLibrary returns a folder with trips/new/h264-bframes-aac.mp4 and an unreadable video.
func nestedLibrary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "trips", "new"), os.DirFS(folderOf(t, bframes))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "torn.mp4"), []byte("no video"), 0o600))
	return dir
}

const nestedPath = "/videos/trips/new/" + bframes + "/group-of-pictures"

// The page of videos leads through folders, sorts and searches.
func TestBrowserFindsVideos(t *testing.T) {
	p := serveFolder(t, nestedLibrary(t))
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/")
	b.do(t,
		chromedp.WaitVisible(chromedp.CSS(".unreadable .warning")),
		chromedp.Click(`//a[text()="trips"]`),
		chromedp.WaitVisible(`//h1[text()="trips"]`),
		chromedp.Click(`//a[text()="new"]`),
		chromedp.WaitVisible(chromedp.CSS("ul.videos")),
	)
	b.open(t, p.url+"/")
	b.do(t, chromedp.Focus(chromedp.CSS("select[name=sort]")))
	b.press(t, kb.ArrowDown)
	b.waitFor(t, `location.search.includes("sort=newest")
		&& document.querySelector("select[name=sort]").value === "newest"`, "a new order applies at once")
	b.do(t,
		chromedp.SendKeys(chromedp.CSS("input[name=search]"), "BFrames\n"),
		chromedp.Click(`//a[text()="trips/new/h264-bframes-aac.mp4"]`),
		chromedp.WaitVisible(chromedp.CSS("ol.grid")),
	)
	b.waitForThumbnails(t)
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
}

// The arrow keys step through GOPs in the player, and the URL follows.
func TestBrowserStepsWithKeys(t *testing.T) {
	p := serveFolder(t, nestedLibrary(t))
	b := startBrowser(t, p.url)
	b.open(t, p.url+nestedPath)
	b.eval(t, `document.querySelector("#gop-0 a.thumbnail").focus()`)
	b.press(t, kb.Enter)
	b.waitForPlayback(t)
	assert.Equal(t, "#gop=0", b.fragment(t))
	b.press(t, kb.ArrowRight+kb.ArrowRight)
	assert.Equal(t, "#gop=2", b.fragment(t))
	b.press(t, kb.ArrowLeft)
	assert.Equal(t, "#gop=1", b.fragment(t))
	assert.Equal(t, "GOP 1", b.textOf(t, "#player-title"))
	download := evaluate[string](t, b, `document.querySelector(".player .download").pathname`)
	assert.Equal(t, nestedPath+"/1.mp4", download)
	assert.Equal(t, "#gop=1", evaluate[string](t, b, `document.querySelector(".player .link").hash`))

	x, y := b.point(t, ".player video", 0.5, 0.3)
	b.do(t, chromedp.MouseClickXY(x, y))
	b.press(t, kb.ArrowRight+kb.ArrowRight+kb.ArrowRight)
	assert.Equal(t, "#gop=3", b.fragment(t), "after a click on the video, and not past the last GOP")
	b.press(t, kb.ArrowLeft)
	assert.Equal(t, "#gop=2", b.fragment(t))
	b.press(t, kb.Escape)
	b.waitForFocus(t, "#gop-2 a.thumbnail")
	assert.Empty(t, b.consoleMessages())
}

// The chart is a slider that selects GOPs, and it follows the URL.
func TestBrowserSelectsByChart(t *testing.T) {
	p := serveFolder(t, nestedLibrary(t))
	b := startBrowser(t, p.url)
	b.open(t, p.url+nestedPath)
	const valueText = `document.querySelector(".chart[role=slider]").getAttribute("aria-valuetext")`
	assert.Contains(t, evaluate[string](t, b, valueText), "GOP 0, 0:00.000 – ")
	b.eval(t, `document.querySelector(".chart").focus()`)
	b.press(t, kb.End+kb.Enter)
	assert.Equal(t, "#gop=3", b.fragment(t))
	assert.Equal(t, "gop-3", evaluate[string](t, b, `document.querySelector("li.selected").id`))
	x, y := b.point(t, ".chart", 0.01, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	assert.Equal(t, "#gop=0", b.fragment(t))
	b.eval(t, `location.hash = "#gop=2"`)
	b.waitForSelected(t, 2)
	assert.Contains(t, b.textOf(t, ".chart-value"), "GOP 2, ")
	b.eval(t, `location.hash = "#gop-1"`)
	b.waitForSelected(t, 1)
	assert.Empty(t, b.consoleMessages())
}

// The URL restores the selected GOP, the filter and the order.
func TestBrowserRestoresState(t *testing.T) {
	p := serveFolder(t, nestedLibrary(t))
	b := startBrowser(t, p.url)
	b.open(t, p.url+nestedPath+"#gop=1&order=size")
	b.waitForSelected(t, 1)
	const bytes = `[...document.querySelectorAll("ol.grid > li")].map(li => Number(li.dataset.bytes))`
	sizes := evaluate[[]int](t, b, bytes)
	assert.Len(t, sizes, 4)
	assert.True(t, slices.IsSortedFunc(sizes, func(a, b int) int { return b - a }), "%v", sizes)

	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	b.press(t, kb.ArrowDown)
	const state = "#gop=1&show=odd&order=size"
	b.waitFor(t, `location.hash === "`+state+`"`, "the URL has the state")
	b.do(t, chromedp.Reload())
	b.waitForPage(t)
	assert.Equal(t, state, b.fragment(t))
	const values = `[...document.querySelectorAll("form.controls select")].map(select => select.value)`
	assert.Equal(t, []string{"odd", "size"}, evaluate[[]string](t, b, values))
	assert.Empty(t, evaluate[[]int](t, b, bytes), "the selected GOP is regular")
	assert.Equal(t, "No GOP is irregular.", b.textOf(t, ".count"))
	assert.Contains(t, b.textOf(t, ".chart-value"), "GOP 1, ")
	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	b.press(t, kb.ArrowUp)
	b.waitForSelected(t, 1)
	assert.Empty(t, b.consoleMessages())
}
