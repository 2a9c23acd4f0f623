package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A page of many GOPs loads the thumbnails in the viewport, and no GOP before the user asks for one. The
// chart, the filter and the order work.
func TestBrowserManyGOPs(t *testing.T) {
	for _, gops := range []int{1800, 10_000} {
		t.Run(strconv.Itoa(gops), func(t *testing.T) {
			p := serveFolder(t, manyGOPs(t, gops))
			const path = "/videos/many.mp4/group-of-pictures"
			size, compressed := p.pageSize(t, path)
			t.Logf("%d bytes of HTML, %d compressed", size, compressed)
			assert.LessOrEqual(t, compressed, 80<<10, "a page of 500 GOPs")

			b := startBrowser(t, p.url)
			b.monitor(t)
			b.openPaged(t, p.url+path)
			assert.Equal(t, fmt.Sprintf("%d of %d", gops, gops), b.textOf(t, ".count"))
			b.waitForThumbnails(t)
			thumbnails := b.countRequests(".jpg")
			assert.NotZero(t, thumbnails)
			assert.LessOrEqual(t, thumbnails, 40, "thumbnails before the first scroll")
			assert.Zero(t, b.countRequests(".mp4"))

			b.scrollToEnd(t, gops)
			assert.LessOrEqual(t, b.countRequests(".jpg"), gops+thumbnails, "one each, and retries")
			assert.Zero(t, b.countRequests(".mp4"))

			b.useChart(t, gops)
			b.filterAndSort(t, gops)
			b.focusCells(t, 8)
			assert.LessOrEqual(t, evaluate[int](t, b, `monitor.maxVideos`), 4, "video elements at a time")
			assert.Empty(t, b.consoleMessages())
			assert.Empty(t, b.foreignRequests(t))
		})
	}
}

// A large screen loads no more thumbnails before the first scroll than a small one.
func TestBrowserLargeScreens(t *testing.T) {
	p := serveFolder(t, manyGOPs(t, 300))
	for _, screen := range [][2]int64{{2560, 1440}, {3840, 2160}, {1440, 2560}, {2160, 3840}} {
		b := startBrowser(t, p.url)
		b.do(t, chromedp.EmulateViewport(screen[0], screen[1]))
		b.open(t, p.url+"/videos/many.mp4/group-of-pictures")
		b.waitForThumbnails(t)
		thumbnails := b.countRequests(".jpg")
		assert.NotZero(t, thumbnails)
		assert.LessOrEqual(t, thumbnails, 40, "%d×%d", screen[0], screen[1])
		b.screenshot(t, fmt.Sprintf("gops-%dx%d.png", screen[0], screen[1]))
	}
}

// pageSize returns the size of a page and its size with gzip, in bytes.
func (p *process) pageSize(t *testing.T, path string) (size, compressed int) {
	t.Helper()
	response, body := p.get(t, path, "Accept-Encoding", "gzip")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
	require.Equal(t, strconv.Itoa(len(body)), response.Header.Get("Content-Length"))
	reader, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	return len(text), len(body)
}

// monitor makes each page that is opened from now on record its pending timers and the maximum number of
// video elements at a time.
func (b *browser) monitor(t *testing.T) {
	t.Helper()
	const script = `
		window.monitor = { timers: new Set(), maxVideos: 0 };
		const { setTimeout, clearTimeout } = window;
		window.setTimeout = (callback, ...rest) => {
			const id = setTimeout((...args) => { monitor.timers.delete(id); callback(...args); }, ...rest);
			monitor.timers.add(id);
			return id;
		};
		window.clearTimeout = id => { monitor.timers.delete(id); clearTimeout(id); };
		new MutationObserver(() => {
			monitor.maxVideos = Math.max(monitor.maxVideos, document.getElementsByTagName("video").length);
		}).observe(document, { childList: true, subtree: true });
	`
	params := page.AddScriptToEvaluateOnNewDocumentParams{Source: "{" + script + "}"}
	call(t, b, page.AddScriptToEvaluateOnNewDocument, params)
}

// scrollToEnd scrolls through the page, to the end of the cells in the document at a time.
func (b *browser) scrollToEnd(t *testing.T, gops int) {
	t.Helper()
	cells := evaluate[int](t, b, fmt.Sprintf(`new Promise(resolve => {
		let most = 0;
		const step = () => {
			most = Math.max(most, document.querySelectorAll("ol.grid > li").length);
			scrollTo(0, document.documentElement.scrollHeight);
			const last = document.querySelector("#gop-%d");
			if (last && last.getBoundingClientRect().bottom <= innerHeight) return resolve(most);
			requestAnimationFrame(step);
		};
		requestAnimationFrame(step);
	})`, gops-1))
	assert.LessOrEqual(t, cells, maxCells, "cells in the document")
}

// useChart clicks on the bar of the long GOP, and goes to the end with the keyboard. The cells come into
// view.
func (b *browser) useChart(t *testing.T, gops int) {
	t.Helper()
	assertSelected := func(number int) {
		t.Helper()
		assert.Equal(t, fmt.Sprintf("#gop=%d", number), b.fragment(t))
		assert.True(t, evaluate[bool](t, b, fmt.Sprintf(`(() => {
			const box = document.querySelector("#gop-%d").getBoundingClientRect();
			return box.top >= 0 && box.bottom <= innerHeight + 1;
		})()`, number)))
	}
	b.eval(t, `scrollTo(0, 0)`)
	x, y := b.point(t, ".chart svg", 2000/float64(2*gops+8)+0.0011, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	assertSelected(1000)
	b.eval(t, `document.querySelector(".chart").focus()`)
	b.press(t, kb.End+kb.Enter)
	assertSelected(gops - 1)
}

func (b *browser) filterAndSort(t *testing.T, gops int) {
	t.Helper()
	b.eval(t, `scrollTo(0, 0)`)
	all := fmt.Sprintf("%d of %d", gops, gops)
	selected := fmt.Sprintf("#gop=%d", gops-1)
	for _, step := range []struct {
		control, value string
		first, count   string
		fragment       string
	}{
		{"show", "odd", "gop-1000", fmt.Sprintf("1 of %d", gops), selected + "&show=odd"},
		{"show", "all", "gop-0", all, selected},
		{"order", "duration", "gop-1000", all, selected + "&order=duration"},
		{"order", "time", "gop-0", all, selected},
	} {
		b.eval(t, fmt.Sprintf(`{
			const select = document.querySelector("select[name=%s]");
			select.value = %q;
			select.dispatchEvent(new Event("change", { bubbles: true }));
		}`, step.control, step.value))
		assert.Equal(t, step.first, evaluate[string](t, b, `document.querySelector("ol.grid > li").id`))
		assert.Equal(t, step.count, b.textOf(t, ".count"))
		assert.Equal(t, step.fragment, b.fragment(t))
	}
}

// focusCells moves the focus through cells, and waits until each plays.
func (b *browser) focusCells(t *testing.T, cells int) {
	t.Helper()
	b.eval(t, `document.querySelector("a.thumbnail").focus()`)
	for range cells {
		b.waitFor(t, `document.activeElement.querySelector("video").currentTime > 0`, "the cell plays")
		b.press(t, kb.Tab+kb.Tab)
	}
}
