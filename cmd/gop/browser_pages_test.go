package main

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	pagedPath = "/videos/paged.mp4/group-of-pictures"
	pagedGOPs = 1301
	cellIDs   = `[...document.querySelectorAll("ol.grid > li")].map(li => li.id)`
	maxCells  = 20 * 60 // in the document, see cells.js
)

// pagedVideo returns a folder with paged.mp4, a video of three pages of GOPs. GOP 600 has a single frame, and
// GOP 601 is open.
func pagedVideo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	runFFmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25:duration=208", "-c:v", "libx264",
		"-preset", "ultrafast", "-force_key_frames", "expr:eq(n,2402)",
		"-x264-params", "keyint=4:min-keyint=2:bframes=2:b-adapt=0:open-gop=1:scenecut=0",
		filepath.Join(dir, "paged.mp4"))
	return dir
}

// openPaged opens a page of paged.mp4 and waits until its script has the data of all GOPs.
func (b *browser) openPaged(t *testing.T, url string) {
	t.Helper()
	b.open(t, url)
	b.waitFor(t, `!document.querySelector("form.controls").hidden`, "the script has the data of all GOPs")
}

// assertCells fails unless the cells in the document are as in the HTML of their pages, without gaps between
// the first and the last.
func (b *browser) assertCells(t *testing.T) {
	t.Helper()
	b.eval(t, `(async () => {
		window.htmlCells ??= new Map();
		for (let page = 1; htmlCells.size < 1301; page++) {
			const text = await (await fetch("?page=" + page)).text();
			const html = new DOMParser().parseFromString(text, "text/html");
			for (const li of html.querySelectorAll("ol.grid > li")) htmlCells.set(li.id, li);
		}
	})()`)
	assert.Equal(t, []string{}, evaluate[[]string](t, b, `{
		const plain = li => {
			const copy = li.cloneNode(true);
			copy.removeAttribute("class");
			copy.querySelectorAll("video").forEach(video => video.remove());
			for (const node of [...copy.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
			return copy.outerHTML.replaceAll("\n", " ");
		};
		const cells = [...document.querySelectorAll("ol.grid > li")];
		const first = Number(cells[0].id.slice(4));
		cells.filter((li, i) => li.id !== "gop-" + (first + i) || plain(li) !== plain(htmlCells.get(li.id)))
			.map(li => plain(li) + " instead of " + plain(htmlCells.get(li.id)));
	}`))
	assert.LessOrEqual(t, len(evaluate[[]string](t, b, cellIDs)), maxCells)
}

// scrollUntil scrolls by half a screen at a time until a cell is in the viewport.
func (b *browser) scrollUntil(t *testing.T, id string, by string) {
	t.Helper()
	b.eval(t, `new Promise(resolve => {
		const step = () => {
			const box = document.getElementById("`+id+`")?.getBoundingClientRect();
			if (box && box.bottom > 0 && box.top < innerHeight) return resolve();
			scrollBy(0, `+by+` * innerHeight / 2);
			requestAnimationFrame(step);
		};
		requestAnimationFrame(step);
	})`)
}

// The cells of a video with several pages appear while the user scrolls, and a bounded number is in the
// document.
func TestBrowserScrollsThroughPages(t *testing.T) {
	p := serveFolder(t, pagedVideo(t))
	b := startBrowser(t, p.url)
	b.openPaged(t, p.url+pagedPath)
	assert.Equal(t, "1301 of 1301", b.textOf(t, ".count"))
	assert.Zero(t, evaluate[int](t, b, `document.querySelectorAll("nav.pages").length`))
	b.scrollUntil(t, "gop-1300", "1")
	b.assertCells(t)
	assert.NotContains(t, evaluate[[]string](t, b, cellIDs), "gop-0", "the first cells are removed")
	b.scrollUntil(t, "gop-0", "-1")
	b.assertCells(t)
	assert.NotContains(t, evaluate[[]string](t, b, cellIDs), "gop-1300", "the last cells are removed")

	b.openPaged(t, p.url+pagedPath+"?page=2#gop-601")
	b.waitForSelected(t, 601)
	b.waitForFocus(t, "#gop-601 a.thumbnail")
	b.scrollUntil(t, "gop-0", "-1")
	b.assertCells(t)
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
}

// The chart, the controls, the URL and the player know the GOPs of all pages.
func TestBrowserSelectsAcrossPages(t *testing.T) {
	p := serveFolder(t, pagedVideo(t))
	b := startBrowser(t, p.url)
	b.openPaged(t, p.url+pagedPath+"#gop=1200")
	b.waitForSelected(t, 1200)
	b.assertCells(t)
	b.eval(t, `document.querySelector(".chart").focus()`)
	b.press(t, kb.End)
	assert.Contains(t, b.textOf(t, ".chart-value"), "GOP 1300, 3:27.9")
	b.press(t, kb.Home+kb.Enter)
	b.waitForSelected(t, 0)
	b.assertCells(t)

	b.eval(t, `document.querySelector("select[name=show]").focus()`)
	b.press(t, kb.ArrowDown)
	b.waitFor(t, `location.hash === "#gop=0&show=odd"`, "the filter applies")
	assert.Equal(t, []string{"gop-600", "gop-601"}, evaluate[[]string](t, b, cellIDs))
	b.press(t, kb.ArrowUp+kb.Tab+kb.ArrowDown)
	b.waitFor(t, `location.hash === "#gop=0&order=size"`, "the order applies")
	const sizes = `[...document.querySelectorAll("ol.grid > li")].map(li => Number(li.dataset.bytes))`
	shown := evaluate[[]int](t, b, sizes)
	require.Greater(t, len(shown), 500)
	assert.IsNonIncreasing(t, shown)
	all := evaluate[[]int](t, b,
		`fetch("`+pagedPath+`.json?columns=1").then(r => r.json()).then(columns => columns.bytes)`)
	require.Len(t, all, pagedGOPs)
	assert.Equal(t, slices.Max(all), shown[0])

	// The player steps over the end of the page.
	b.openPaged(t, p.url+pagedPath+"#gop=499")
	b.waitForFocus(t, "#gop-499 a.thumbnail")
	b.press(t, kb.Enter)
	b.waitForPlayback(t)
	b.press(t, kb.ArrowRight+kb.ArrowRight)
	assert.Equal(t, "GOP 501", b.textOf(t, "#player-title"))
	b.press(t, kb.Escape)
	b.waitForFocus(t, "#gop-501 a.thumbnail")
	assert.Empty(t, b.consoleMessages())
}

// Without scripts, links lead to the GOPs of all pages.
func TestBrowserPagesWithoutScripts(t *testing.T) {
	p := serveFolder(t, pagedVideo(t))
	b := startBrowser(t, p.url)
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open(t, p.url+pagedPath)
	assert.Len(t, evaluate[[]string](t, b, cellIDs), 500)
	b.do(t, chromedp.Click(`//nav[@class="pages"]/a[text()="Next"]`))
	b.waitFor(t, `document.querySelector(".pages span").textContent === "GOPs 500 to 999 of 1301"`, "page 2")
	b.waitForPage(t)
	b.do(t, chromedp.Click(`//nav[@class="pages"]/a[text()="Last"]`))
	b.waitFor(t, `document.querySelector(".pages span").textContent.startsWith("GOPs 1000 ")`, "page 3")
	b.waitForPage(t)
	assert.Len(t, evaluate[[]string](t, b, cellIDs), 301)
	assert.Equal(t, []string{"First", "Previous"}, evaluate[[]string](t, b,
		`[...document.querySelector(".pages").querySelectorAll("a")].map(a => a.textContent)`))
	response, _ := p.get(t, pagedPath+"?page=4")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
}
