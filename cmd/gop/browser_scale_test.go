package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A page of very many GOPs asks for what is in view, and for no GOP before somebody wants one; its chart leads
// to a cell, and its filter shows the odd ones. What it costs is told in the log; the bounds on times are there
// for a page that hangs, since a test cannot tell a slow page from a busy machine.
func TestBrowserHoldsManyGOPs(t *testing.T) {
	for _, gops := range []int{1800, 20_000} {
		t.Run(strconv.Itoa(gops), func(t *testing.T) {
			p := serveFolder(t, folderOfMany(t, gops))
			const path = "/videos/many.mp4/group-of-pictures"
			plain, packed := p.weighs(t, path)
			t.Logf("%d bytes of HTML, %d compressed", plain, packed)
			assert.LessOrEqual(t, packed, gops*200*1024/1800)

			b := startBrowser(t, p.url)
			b.watch(t)
			began := time.Now()
			b.do(t, chromedp.Navigate(p.url+path))
			t.Logf("loaded after %v", time.Since(began).Round(time.Millisecond))
			paint := evaluated[float64](t, b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
			t.Logf("first contentful paint after %.0f ms", paint)
			assert.Less(t, paint, 5000.0)
			assert.Equal(t, gops, evaluated[int](t, b, `document.querySelectorAll("ol.grid > li").length`))
			b.tellTasks(t, "loading")

			b.seesStills(t)
			stills := b.asked(".jpg")
			t.Logf("%d pictures before the first scroll", stills)
			assert.NotZero(t, stills)
			assert.LessOrEqual(t, stills, 40, "pictures before the first scroll")
			assert.Zero(t, b.asked(".mp4"))

			b.scrollsThrough(t, gops)
			b.tellTasks(t, "scrolling")
			assert.LessOrEqual(t, b.asked(".jpg"), gops+stills, "each picture once, but for the first ones' second tries")
			assert.Zero(t, b.asked(".mp4"))

			b.findsByChart(t, gops)
			b.filtersAndSorts(t, gops)
			b.tellTasks(t, "chart, filter and order")
			b.walksBy(t, 8)
			assert.LessOrEqual(t, evaluated[int](t, b, `watched.videos`), 4, "video elements at a time")
			assert.Empty(t, b.complaints())
			assert.Empty(t, b.foreign(t))
		})
	}
}

// A large screen asks for no more pictures than a small one before somebody scrolls.
func TestBrowserAsksForFewPicturesOnLargeScreens(t *testing.T) {
	p := serveFolder(t, folderOfMany(t, 300))
	for _, screen := range [][2]int64{{2560, 1440}, {3840, 2160}, {1440, 2560}, {2160, 3840}} {
		b := startBrowser(t, p.url)
		b.do(t, chromedp.EmulateViewport(screen[0], screen[1]), chromedp.Navigate(p.url+"/videos/many.mp4/group-of-pictures"), chromedp.WaitVisible(chromedp.CSS("ol.grid")))
		b.seesStills(t)
		stills := b.asked(".jpg")
		t.Logf("%d pictures before the first scroll at %d × %d", stills, screen[0], screen[1])
		assert.NotZero(t, stills)
		assert.LessOrEqual(t, stills, 40, "%d × %d", screen[0], screen[1])
		b.screenshot(t, fmt.Sprintf("grid-%dx%d.png", screen[0], screen[1]))
	}
}

// folderOfMany is a folder with a video of so many GOPs, and with quiet sound. GOP 1000 lasts five times as long as the others.
func folderOfMany(t *testing.T, gops int) string {
	t.Helper()
	dir := t.TempDir()
	output, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=64x36:rate=2:duration=%d", gops+4),
		"-f", "lavfi", "-i", "sine=frequency=220:sample_rate=8000,volume=0.1", "-shortest", "-c:a", "aac", "-b:a", "8k",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-force_key_frames", "expr:if(gt(t,999.9)*lt(t,1004.1),eq(n,2000),eq(mod(n,2),0))",
		filepath.Join(dir, "many.mp4")).CombinedOutput()
	require.NoError(t, err, string(output))
	return dir
}

// weighs is how many bytes a page has, and how many of them are sent.
func (p *process) weighs(t *testing.T, path string) (plain, packed int) {
	t.Helper()
	answer, body := p.get(t, path, "Accept-Encoding", "gzip")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
	packed, err := strconv.Atoi(answer.Header.Get("Content-Length"))
	require.NoError(t, err)
	require.Len(t, body, packed)
	unpacked, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	return len(text), packed
}

// watch has each page that is opened from now on write down its long tasks, and how many video elements it had at
// a time.
func (b *browser) watch(t *testing.T) {
	t.Helper()
	called(t, b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.watched = {tasks: [], videos: 0};
		new PerformanceObserver(list => watched.tasks.push(...list.getEntries().map(task => task.duration))).observe({type: "longtask", buffered: true});
		new MutationObserver(() => { watched.videos = Math.max(watched.videos, document.getElementsByTagName("video").length); }).observe(document, {childList: true, subtree: true});
	`})
}

// tellTasks tells of the long tasks since it was last asked: those of 50 ms or more.
func (b *browser) tellTasks(t *testing.T, of string) {
	t.Helper()
	tasks := evaluated[[]float64](t, b, `new Promise(resolve => setTimeout(() => resolve(watched.tasks.splice(0).sort((a, b) => b - a)), 50))`)
	longest := 0.0
	if len(tasks) > 0 {
		longest = tasks[0]
	}
	t.Logf("%s: %d long tasks, %.0f ms at most", of, len(tasks), longest)
	assert.Less(t, longest, 5000.0, of)
}

// scrollsThrough goes from the page's beginning to its end, by a screen at a time, or in two hundred leaps.
func (b *browser) scrollsThrough(t *testing.T, gops int) {
	t.Helper()
	walked := evaluated[struct {
		Steps, Longest, Time float64
		Last                 bool // is in view
	}](t, b, fmt.Sprintf(`new Promise(resolve => {
		const last = document.querySelector("#gop-%d"), began = performance.now();
		let steps = 0, longest = 0, before = began;
		const leap = Math.max(innerHeight, document.documentElement.scrollHeight / 200);
		const next = () => {
			const now = performance.now();
			longest = Math.max(longest, now - before);
			before = now;
			const end = last.getBoundingClientRect().bottom <= innerHeight;
			if (end || now - began > 90000) return resolve({Steps: steps, Longest: longest, Time: now - began, Last: end});
			steps++;
			scrollBy(0, leap);
			requestAnimationFrame(next);
		};
		requestAnimationFrame(next);
	})`, gops-1))
	t.Logf("scrolled through in %.0f steps and %.1f s, of which the longest took %.0f ms", walked.Steps, walked.Time/1000, walked.Longest)
	assert.True(t, walked.Last, "the end is reached")
}

// findsByChart clicks on the bar of the odd GOP, which is as good as invisible among so many if it were drawn as
// wide as it is long; and goes to the chart's end. The cell comes into view, and the address tells which it is.
func (b *browser) findsByChart(t *testing.T, gops int) {
	t.Helper()
	leads := func(number int) {
		t.Helper()
		assert.Equal(t, fmt.Sprintf("#gop=%d", number), evaluated[string](t, b, "location.hash"))
		assert.True(t, evaluated[bool](t, b, fmt.Sprintf(`(() => {
			const box = document.querySelector("#gop-%d").getBoundingClientRect();
			return box.top >= 0 && box.bottom <= innerHeight + 1;
		})()`, number)))
	}
	b.eval(t, `scrollTo(0, 0)`)
	x, y := b.at(t, ".chart svg", 2000/float64(2*gops+8)+0.0011, 0.9)
	b.do(t, chromedp.MouseClickXY(x, y))
	leads(1000)
	b.eval(t, `document.querySelector(".chart").focus()`)
	b.do(t, chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Enter))
	leads(gops - 1)
}

// filtersAndSorts tells how long a choice takes until it is on the screen.
func (b *browser) filtersAndSorts(t *testing.T, gops int) {
	t.Helper()
	b.eval(t, `scrollTo(0, 0)`)
	for _, step := range []struct {
		control, value string
		first, count   string
		hash           string
	}{
		{"show", "odd", "gop-1000", fmt.Sprintf("1 of %d", gops), fmt.Sprintf("#gop=%d&show=odd", gops-1)},
		{"show", "all", "gop-0", fmt.Sprintf("%d of %d", gops, gops), fmt.Sprintf("#gop=%d", gops-1)},
		{"order", "duration", "gop-1000", fmt.Sprintf("%d of %d", gops, gops), fmt.Sprintf("#gop=%d&order=duration", gops-1)},
		{"order", "time", "gop-0", fmt.Sprintf("%d of %d", gops, gops), fmt.Sprintf("#gop=%d", gops-1)},
	} {
		took := evaluated[float64](t, b, fmt.Sprintf(`new Promise(resolve => {
			const began = performance.now(), select = document.querySelector("select[name=%s]");
			select.value = %q;
			select.dispatchEvent(new Event("change", {bubbles: true}));
			requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
		})`, step.control, step.value))
		t.Logf("%s=%s is shown after %.0f ms", step.control, step.value, took)
		assert.Equal(t, step.first, evaluated[string](t, b, `document.querySelector("ol.grid > li").id`))
		assert.Equal(t, step.count, evaluated[string](t, b, `document.querySelector(".count").textContent`))
		assert.Equal(t, step.hash, evaluated[string](t, b, "location.hash"))
	}
}

// walksBy moves the focus over that many cells, each of which begins to play.
func (b *browser) walksBy(t *testing.T, cells int) {
	t.Helper()
	b.eval(t, `document.querySelector("a.thumbnail").focus()`)
	for range cells {
		assert.Eventually(t, func() bool {
			return evaluated[bool](t, b, `document.activeElement.querySelector("video")?.currentTime > 0`)
		}, patience, 20*time.Millisecond)
		b.do(t, chromedp.KeyEvent(kb.Tab+kb.Tab))
	}
}
