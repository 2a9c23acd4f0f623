package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// A user searches for a video and finds its irregular GOP: in a short video with B-frames, and in a long one.
func TestBrowserWalkthrough(t *testing.T) {
	dir := manyGOPs(t, 1800)
	makeVideo(t, filepath.Join(dir, "b-frames.mp4"), "testsrc2=s=320x180:r=25:d=12,setsar=1", "-bf", "2",
		"-x264-params", "keyint=250:min-keyint=1:scenecut=0", "-force_key_frames", "0,1,2,3,8,9,10,11")
	p := serveFolder(t, dir)
	for _, c := range []struct {
		search, name    string
		gops, irregular int
	}{
		{"FRAMES", "b-frames.mp4", 8, 3},
		{"many", "many.mp4", 1800, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := startBrowser(t, p.url)
			b.searchVideo(t, p.url, c.search, c.name)
			const count = `document.querySelector(".count").textContent === "%[1]d of %[1]d"`
			b.waitFor(t, fmt.Sprintf(count, c.gops), "the script has the data of all GOPs")
			assert.NotContains(t, b.textOf(t, ".properties"), "Audionone")
			b.waitForThumbnails(t)
			b.hoverCell(t)
			b.stepThroughPlayer(t)
			b.findByChart(t, c.irregular)
			b.findByFilter(t, c.gops, c.irregular)
			assert.Empty(t, b.consoleMessages())
			assert.Empty(t, b.foreignRequests(t))
		})
	}
}

// searchVideo searches the library and opens the video's page.
func (b *browser) searchVideo(t *testing.T, library, search, name string) {
	t.Helper()
	b.open(t, library+"/")
	b.do(t,
		chromedp.SendKeys(chromedp.CSS("input[name=search]"), search+"\n"),
		chromedp.WaitVisible(`//a[text()="Show all"]`),
		chromedp.Click(fmt.Sprintf(`//a[text()=%q]`, name)),
		chromedp.WaitVisible(chromedp.CSS("ol.grid")),
	)
	b.waitForPage(t)
}

// hoverCell moves the pointer over a cell, which plays muted to its end, and away again.
func (b *browser) hoverCell(t *testing.T) {
	t.Helper()
	x, y := b.point(t, "#gop-1 a.thumbnail", 0.5, 0.5)
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.waitFor(t, `document.querySelector("#gop-1 video").ended`, "the cell plays to its end")
	assert.True(t, evaluate[bool](t, b, `document.querySelector("#gop-1 video").muted`))
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, 1, 1))
	b.waitFor(t, `document.querySelector("#gop-1 video") === null`, "the video is removed")
}

func (b *browser) stepThroughPlayer(t *testing.T) {
	t.Helper()
	b.click(t, "#gop-0 a.thumbnail")
	for _, step := range []struct {
		key    string
		number int
	}{{"", 0}, {kb.ArrowRight, 1}, {kb.ArrowRight, 2}, {kb.ArrowLeft, 1}} {
		b.press(t, step.key)
		title := fmt.Sprintf(`document.querySelector("#player-title").textContent === "GOP %d"`, step.number)
		b.waitFor(t, title, "the GOP is in the player")
		b.waitForPlayback(t)
		assert.Equal(t, fmt.Sprintf("#gop=%d", step.number), b.fragment(t))
	}
	b.press(t, kb.Escape)
	b.waitForFocus(t, "#gop-1 a.thumbnail")
}

// findByChart clicks on the bar of a GOP, which scrolls its cell into view.
func (b *browser) findByChart(t *testing.T, number int) {
	t.Helper()
	b.eval(t, `scrollTo(0, 0)`)
	middle := evaluate[float64](t, b, fmt.Sprintf(`fetch(location.pathname + ".json?columns=1")
		.then(response => response.json()).then(({ start_time: starts, end_time: ends }) =>
			(starts[%[1]d] + ends[%[1]d]) / 2 / ends.at(-1))`, number))
	x, y := b.point(t, ".chart svg", middle, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	assert.Equal(t, fmt.Sprintf("#gop=%d", number), b.fragment(t))
	b.waitFor(t, fmt.Sprintf(`(() => {
		const cell = document.querySelector("#gop-%d"), box = cell.getBoundingClientRect();
		return cell.matches(".selected") && box.top >= 0 && box.bottom <= innerHeight + 1
			&& cell.querySelector("img").naturalWidth > 0;
	})()`, number), "the cell and its thumbnail come into view")
}

// findByFilter shows the irregular GOPs only. The URL keeps the filter when the page is reloaded.
func (b *browser) findByFilter(t *testing.T, gops, number int) {
	t.Helper()
	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	b.press(t, kb.ArrowDown)
	for _, when := range []string{"before reload", "after reload"} {
		count := fmt.Sprintf(`document.querySelector(".count").textContent === "1 of %d"`, gops)
		b.waitFor(t, count, when)
		ids := evaluate[[]string](t, b, `[...document.querySelectorAll("ol.grid > li")].map(li => li.id)`)
		assert.Equal(t, []string{fmt.Sprintf("gop-%d", number)}, ids, when)
		assert.Equal(t, fmt.Sprintf("#gop=%d&show=odd", number), b.fragment(t), when)
		b.do(t, chromedp.Reload())
	}
}
