package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// The whole walk of a person who looks for something in a video: one with B-frames and sound, and one that is long.
func TestBrowserWalksFromTheLibraryToAnOddGOP(t *testing.T) {
	dir := folderOfMany(t, 1800)
	film(t, filepath.Join(dir, "b-frames.mp4"), "testsrc2=s=320x180:r=25:d=12,setsar=1",
		"-bf", "2", "-x264-params", "keyint=250:min-keyint=1:scenecut=0", "-force_key_frames", "0,1,2,3,8,9,10,11")
	p := serveFolder(t, dir)
	for _, to := range []struct {
		search, name string
		gops, odd    int
	}{
		{"FRAMES", "b-frames.mp4", 8, 3},
		{"many", "many.mp4", 1800, 1000},
	} {
		t.Run(to.name, func(t *testing.T) {
			startBrowser(t, p.url).walks(t, p.url, to.search, to.name, to.gops, to.odd)
		})
	}
}

// walks goes from the library by a search to a video of so many GOPs, one of which is odd, and there from the grid to
// the player, to the chart, and to the odd one.
func (b *browser) walks(t *testing.T, library, search, name string, gops, oddOne int) {
	t.Helper()
	hash := func() string { return evaluated[string](t, b, "location.hash") }
	press := func(keys string) { b.do(t, chromedp.KeyEvent(keys)) }

	b.do(t,
		chromedp.Navigate(library+"/"),
		chromedp.SendKeys(chromedp.CSS("input[name=search]"), search+"\n"),
		chromedp.WaitVisible(`//a[text()="Show all"]`),
		chromedp.Click(fmt.Sprintf(`//a[text()=%q]`, name)),
		chromedp.WaitVisible(chromedp.CSS("ol.grid")),
	)
	b.waits(t, `document.readyState === "complete"`, "the page is whole, which shows before it is")
	assert.Equal(t, gops, evaluated[int](t, b, `document.querySelectorAll("ol.grid > li").length`))
	assert.NotContains(t, evaluated[string](t, b, `document.querySelector(".facts").textContent`), "Soundnone")
	b.seesStills(t)

	// It plays muted under the pointer, to its end, and is gone with it.
	x, y := b.at(t, "#gop-1 a.thumbnail", 0.5, 0.5)
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.waits(t, `document.querySelector("#gop-1 video").ended`, "it plays to its end")
	assert.True(t, evaluated[bool](t, b, `document.querySelector("#gop-1 video").muted`))
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, 1, 1))
	b.waits(t, `document.querySelector("#gop-1 video") === null`, "it is gone with the pointer")

	// The player, by keys.
	b.do(t, chromedp.Click(chromedp.CSS("#gop-0 a.thumbnail")))
	for _, step := range []struct {
		key    string
		number int
	}{{"", 0}, {kb.ArrowRight, 1}, {kb.ArrowRight, 2}, {kb.ArrowLeft, 1}} {
		press(step.key)
		b.waits(t, fmt.Sprintf(`document.querySelector("#player-title").textContent === "GOP %d"`, step.number), "it is in the player")
		b.waits(t, `document.querySelector("dialog.player[open] video").currentTime > 0`, "it plays")
		assert.Equal(t, fmt.Sprintf("#gop=%d", step.number), hash())
	}
	press(kb.Escape)
	b.waits(t, `document.activeElement === document.querySelector("#gop-1 a.thumbnail")`, "the focus comes back")

	// The bar of the odd one leads to it.
	b.eval(t, `scrollTo(0, 0)`)
	middle := evaluated[float64](t, b, fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll("ol.grid > li")], {start, end} = all[%d].dataset;
		return (Number(start) + Number(end)) / 2 / all.at(-1).dataset.end;
	})()`, oddOne))
	x, y = b.at(t, ".chart svg", middle, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	assert.Equal(t, fmt.Sprintf("#gop=%d", oddOne), hash())
	b.waits(t, fmt.Sprintf(`(() => {
		const cell = document.querySelector("#gop-%d"), box = cell.getBoundingClientRect();
		return cell.matches(".selected") && box.top >= 0 && box.bottom <= innerHeight + 1 && cell.querySelector("img").naturalWidth > 0;
	})()`, oddOne), "it comes into view, and its picture, too")

	// So does the filter, and the address brings it back.
	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	press(kb.ArrowDown)
	for _, look := range []string{"chosen", "loaded again"} {
		b.waits(t, fmt.Sprintf(`document.querySelector(".count").textContent === "1 of %d"`, gops), look)
		assert.Equal(t, []string{fmt.Sprintf("gop-%d", oddOne)}, evaluated[[]string](t, b, `[...document.querySelectorAll("ol.grid > li")].map(li => li.id)`), look)
		assert.Equal(t, fmt.Sprintf("#gop=%d&show=odd", oddOne), hash(), look)
		b.do(t, chromedp.Reload())
	}
	assert.Empty(t, b.complaints())
	assert.Empty(t, b.foreign(t))
}
