package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// axe-core finds no serious violation on any page, in light and dark and on a phone. No page is wider than
// the screen. GOP_SCREENSHOTS names a folder for screenshots of all pages, see scripts/test.
func TestBrowserAccessibility(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(os.Getenv("GOP_AXE_CORE"), "axe.min.js"))
	require.NoError(t, err, "axe-core is missing: run `scripts/setup test` and `. scripts/env`")
	p := serveFolder(t, sampleLibrary(t))
	empty := serveFolder(t, t.TempDir())
	many := serveFolder(t, manyVideos(t, 515, 2))
	tagged := serveFolder(t, folderOf(t, "tags.mp4"))
	const fractals = "/videos/fractals.mp4/group-of-pictures"
	const mpeg2 = "/videos/archive/mpeg2.mp4/group-of-pictures"
	pages := []struct {
		name, url string
		keys      string // to press after loading
		script    string // to run after that
		ready     string // condition to wait for
	}{
		{
			name: "library", url: p.url + "/",
			ready: `!document.querySelector(".progress")
				&& document.querySelectorAll("ul.videos img").length > 5`,
		},
		{
			name: "unreadable", url: p.url + "/?folder=damaged",
			ready: `document.querySelectorAll(".unreadable .warning").length > 3`,
		},
		{
			name: "last-page", url: many.url + "/?page=2",
			ready: `!document.querySelector(".progress")
				&& document.querySelectorAll("ul.videos img").length == 17`,
		},
		{name: "empty", url: empty.url + "/", ready: `document.querySelector(".empty")`},
		{
			name: "error", url: p.url + "/videos/none.mp4/group-of-pictures",
			ready: `document.querySelector("h1").textContent.startsWith("404")`,
		},
		{
			name: "metadata", url: tagged.url + "/videos/tags.mp4/group-of-pictures",
			script: `for (const d of document.querySelectorAll(".metadata")) d.open = true`,
			ready:  `document.querySelectorAll(".metadata[open]").length == 2`,
		},
		{name: "video", url: p.url + fractals, ready: `document.querySelector(".chart[role=slider]")`},
		{
			name: "selected", url: p.url + fractals + "#gop=5&show=odd&order=duration",
			ready: `document.querySelector("li.selected")`,
		},
		{
			name: "player", url: p.url + fractals + "#gop=7", keys: kb.Enter,
			ready: `document.querySelector("dialog.player[open] video").currentTime > 0.5`,
		},
		{
			name: "filters", url: p.url + fractals + "#gop=7", keys: kb.Enter,
			script: useFilters, ready: previewShown,
		},
		{
			name: "no-decoder", url: p.url + mpeg2 + "#gop=0", keys: kb.Enter,
			ready: `!document.querySelector(".error").hidden`,
		},
	}
	b := startBrowser(t, p.url)
	for _, device := range []struct {
		name          string
		colorScheme   string
		width, height int64
		options       []chromedp.EmulateViewportOption
	}{
		{name: "light", colorScheme: "light", width: 1280, height: 800},
		{name: "dark", colorScheme: "dark", width: 1280, height: 800},
		{
			name: "phone", colorScheme: "light", width: 360, height: 740,
			options: []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch},
		},
	} {
		b.do(t, chromedp.EmulateViewport(device.width, device.height, device.options...))
		b.emulateMedia(t, "prefers-color-scheme", device.colorScheme)
		for _, page := range pages {
			name := page.name + "-" + device.name
			b.open(t, page.url)
			if page.keys != "" {
				b.waitFor(t, `document.activeElement.matches("a.thumbnail")`, name)
				b.press(t, page.keys)
			}
			if page.script != "" {
				b.eval(t, page.script)
			}
			b.waitFor(t, page.ready, name)
			b.waitForThumbnails(t)
			width := evaluate[int](t, b, "document.documentElement.scrollWidth")
			assert.LessOrEqual(t, width, int(device.width), "width of %s", name)
			b.screenshot(t, name+".png")
			b.checkAccessibility(t, name, string(axe))
		}
	}
}

// checkAccessibility runs axe-core on the current page. It fails the test for serious and critical
// violations.
func (b *browser) checkAccessibility(t *testing.T, name, axe string) {
	t.Helper()
	b.eval(t, axe)
	results := evaluate[struct {
		Passed     int // rules
		Violations []string
	}](t, b, `axe.run().then(({ passes, violations }) => ({
		Passed: passes.length,
		Violations: violations.flatMap(({ id, impact, help, nodes }) => nodes.map(
			node => [impact, id, node.target.join(" "), help, node.any[0]?.message].join(": "))),
	}))`)
	assert.Greater(t, results.Passed, 10, "rules that %s passes", name)
	for _, violation := range results.Violations {
		if strings.HasPrefix(violation, "serious") || strings.HasPrefix(violation, "critical") {
			t.Errorf("%s: %s", name, violation)
		} else {
			t.Logf("%s: %s", name, violation)
		}
	}
}

// Without scripts the pages have thumbnails, and links to videos and mp4 files. They hide what needs scripts.
func TestBrowserWithoutScripts(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	p.listing(t, bframes) // indexes the video before the page of videos is requested
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do(t,
		chromedp.Navigate(p.url+"/?search=bframes&sort=largest"),
		chromedp.Click(`//a[text()="`+bframes+`"]`),
		chromedp.WaitVisible(chromedp.CSS("#gop-3 img")),
	)
	b.waitFor(t, `document.querySelector("#gop-0 img").naturalWidth > 0`, "thumbnails are loaded")
	assert.True(t, evaluate[bool](t, b, `document.querySelector("form.controls").hidden`))
	assert.Equal(t, "img", evaluate[string](t, b, `document.querySelector(".chart").role`))
	labels := evaluate[[]string](t, b, `[...document.querySelectorAll("#gop-1 a")].map(a => a.ariaLabel)`)
	assert.Equal(t, []string{"Play GOP 1", "Download GOP 1"}, labels)
	b.click(t, "#gop-1 a.thumbnail")
	b.waitFor(t, `location.pathname.endsWith("/1.mp4") && document.querySelector("video").duration > 0`,
		"the browser opens the mp4 file")
}

// If the user prefers reduced motion, a GOP plays only in the player, not under the pointer or the focus.
func TestBrowserReducedMotion(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	b.emulateMedia(t, "prefers-reduced-motion", "reduce")
	b.monitor(t)
	b.open(t, p.url+"/videos/"+bframes+"/group-of-pictures")
	b.waitForThumbnails(t)
	x, y := b.point(t, "#gop-1 a.thumbnail", 0.5, 0.5)
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.eval(t, `document.querySelector("#gop-2 a.thumbnail").focus()`)
	b.waitFor(t, `monitor.timers.size === 0`, "delayed playback would have begun")
	assert.Equal(t, 1, evaluate[int](t, b, "monitor.maxVideos"), "the player's video element")
	assert.Zero(t, b.countRequests(".mp4"))
	b.press(t, kb.Enter)
	b.waitForPlayback(t)
}
