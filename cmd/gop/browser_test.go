package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A person with a browser finds a video, opens it, and plays its GOPs.
func TestBrowserPlaysGOPs(t *testing.T) {
	videos := []string{"h264-bframes-aac.mp4", "h264-open-gop.mp4", "rotated.mp4", "vp9-opus.webm", "av1.mp4"}
	p := serveFolder(t, folderOf(t, videos...))
	b := startBrowser(t, p.url)

	b.do(t, chromedp.Navigate(p.url+"/"), chromedp.WaitVisible(chromedp.CSS("ul.videos")))
	links, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("a.name")].map(a => a.textContent)`))
	require.NoError(t, err)
	assert.ElementsMatch(t, videos, links)
	b.screenshot(t, "videos.png")

	for i, name := range videos {
		rate := 1
		if i > 0 {
			rate = 4 // to save time
		}
		t.Run(name, func(t *testing.T) {
			entries := p.listing(t, name)
			b.do(t,
				chromedp.Navigate(p.url+"/"),
				chromedp.Click(fmt.Sprintf(`//a[text()=%q]`, name)),
				chromedp.WaitVisible(chromedp.CSS("ol.grid")),
			)
			count, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`document.querySelectorAll("ol.grid img").length`))
			require.NoError(t, err)
			assert.Equal(t, len(entries), count)
			b.seesStills(t)
			for i, e := range entries {
				played := b.play(t, i, rate)
				assert.Empty(t, played.Error, "GOP %d", i)
				assert.True(t, played.Ended, "GOP %d", i)
				assert.InDelta(t, e.seconds(t), played.Duration, 0.06, "the duration of GOP %d", i)
				assert.InDelta(t, played.Duration, played.CurrentTime, 0.06, "the end of GOP %d", i)
				assert.NotZero(t, played.Width*played.Height, "GOP %d", i)
				assert.NotZero(t, played.Frames, "GOP %d", i)
			}
			b.screenshot(t, "grid-"+name+".png")
		})
	}
	assert.Empty(t, b.complaints(), "what the browser complained about")
	assert.Empty(t, b.foreign(t), "requests to others")

	// What the pages do not do, they cannot do either, and the browser says so where the test hears it.
	blocked, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`fetch("http://127.0.0.1:9/").then(() => false, () => true)`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.True(t, blocked)
	assert.Eventually(t, func() bool { return strings.Contains(strings.Join(b.complaints(), "\n"), "Content Security Policy") },
		patience, 10*time.Millisecond)
}

// A page of very many GOPs asks for what is in view, and for no GOP before somebody wants one; its chart leads
// to a cell, and its filter shows the odd ones.
func TestBrowserHoldsManyGOPs(t *testing.T) {
	const gops = 1800
	dir := t.TempDir()
	// One GOP lasts five times as long as the others.
	output, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=2:duration=1804",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-force_key_frames", "expr:if(gt(t,999.9)*lt(t,1004.1),eq(n,2000),eq(mod(n,2),0))",
		filepath.Join(dir, "many.mp4")).CombinedOutput()
	require.NoError(t, err, string(output))
	p := serveFolder(t, dir)
	require.Len(t, p.listing(t, "many.mp4"), gops)
	b := startBrowser(t, p.url)
	b.do(t, chromedp.Navigate(p.url+"/videos/many.mp4/group-of-pictures"), chromedp.WaitVisible(chromedp.CSS("ol.grid")))
	b.seesStills(t)
	stills := b.asked(".jpg")
	assert.NotZero(t, stills)
	assert.LessOrEqual(t, stills, 40, "pictures before the first scroll")
	assert.Zero(t, b.asked(".mp4"))

	b.eval(t, `document.querySelector("svg.chart").scrollIntoView()`)
	// The chart's end is the last GOP; its cell comes into view, and the address tells which it is.
	hash := evaluated[string](t, b, `(() => {
		const chart = document.querySelector("svg.chart"), box = chart.getBoundingClientRect();
		chart.dispatchEvent(new MouseEvent("click", {clientX: box.right - 0.05, clientY: box.top + 5, bubbles: true}));
		return location.hash;
	})()`)
	assert.Equal(t, fmt.Sprintf("#gop=%d", gops-1), hash)
	assert.True(t, evaluated[bool](t, b, fmt.Sprintf(`(() => {
		const box = document.querySelector("#gop-%d").getBoundingClientRect();
		return box.top >= 0 && box.bottom <= innerHeight + 1;
	})()`, gops-1)))

	shown := evaluated[[]string](t, b, `(() => {
		const show = document.querySelector("select[name=show]");
		show.value = "odd";
		show.dispatchEvent(new Event("change", {bubbles: true}));
		return [...document.querySelectorAll("ol.grid li:not([hidden])")].map(li => li.id);
	})()`)
	assert.Equal(t, []string{"gop-1000"}, shown)
	assert.Equal(t, "1 of 1800", evaluated[string](t, b, `document.querySelector(".count").textContent`))

	// What plays in place never is more than a few.
	assert.LessOrEqual(t, evaluated[int](t, b, `new Promise(resolve => {
		const show = document.querySelector("select[name=show]");
		show.value = "all";
		show.dispatchEvent(new Event("change", {bubbles: true}));
		const cells = [...document.querySelectorAll("ol.grid li")].slice(0, 8);
		let i = 0, most = 0;
		const next = () => {
			most = Math.max(most, document.querySelectorAll("video").length);
			if (i === cells.length) return resolve(most);
			cells[i++].querySelector("a.still").focus();
			setTimeout(next, 200);
		};
		next();
	})`), 4)
	assert.Empty(t, b.complaints())
	assert.Empty(t, b.foreign(t))
}

// Pictures that a busy server sends away are asked for again.
func TestBrowserAsksAgainForPictures(t *testing.T) {
	dir := t.TempDir()
	output, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=10:duration=12",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "10", filepath.Join(dir, "large.mp4")).CombinedOutput()
	require.NoError(t, err, string(output))
	p := serveFolder(t, dir, "--jobs=1", "--burst-time=0s", "--standing-time=0s")
	b := startBrowser(t, p.url)
	b.do(t, chromedp.Navigate(p.url+"/videos/large.mp4/group-of-pictures"), chromedp.WaitVisible(chromedp.CSS("ol.grid")))
	assert.True(t, evaluated[bool](t, b, `new Promise(resolve => {
		const near = [...document.querySelectorAll("ol.grid img")].filter(i => i.getBoundingClientRect().top < innerHeight);
		const look = () => near.every(i => i.naturalWidth) ? resolve(true) : setTimeout(look, 20);
		look();
		setTimeout(() => resolve(false), 20000);
	})`))
	assert.Contains(t, p.stderr.String(), "status=503", "some were sent away")
}

// asked is how many requests there were for paths of that ending.
func (b *browser) asked(ending string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		path, _, _ := strings.Cut(url, "?")
		if strings.HasSuffix(path, ending) {
			n++
		}
	}
	return n
}

// evaluated is what a script comes to, or what its promise does.
func evaluated[T any](t *testing.T, b *browser, script string) T {
	t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return result
}

// eval runs a script for what it does.
func (b *browser) eval(t *testing.T, script string) {
	t.Helper()
	evaluated[bool](t, b, script+"; true")
}

// played is how the playing of a GOP ended.
type played struct {
	Error       string
	Ended       bool
	CurrentTime float64
	Duration    float64
	Width       int
	Height      int
	Frames      int // that were decoded
}

// play opens GOP i of the page in the player, sees it play to its end, at a multiple of its speed, and
// closes the player.
func (b *browser) play(t *testing.T, i, rate int) played {
	t.Helper()
	script := fmt.Sprintf(`new Promise(resolve => {
		document.querySelector("#gop-%d a.still").click();
		const v = document.querySelector("dialog.player[open] video");
		const done = error => {
			resolve({
				Error: error || (v.error ? v.error.code + " " + v.error.message : ""), Ended: v.ended,
				CurrentTime: v.currentTime, Duration: v.duration, Width: v.videoWidth, Height: v.videoHeight,
				Frames: v.getVideoPlaybackQuality().totalVideoFrames,
			});
			document.querySelector("dialog.player .close").click();
		};
		v.onended = () => done("");
		v.onerror = () => done("");
		v.muted = true;
		v.playbackRate = %d;
		v.play().catch(error => done(String(error)));
		setTimeout(() => done("not over after 10 seconds"), 10000);
	})`, i, rate)
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[played](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return result
}

// seesStills waits for the pictures that are in view.
func (b *browser) seesStills(t *testing.T) {
	t.Helper()
	broken, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`new Promise(resolve => {
		const near = [...document.querySelectorAll("ol.grid img")].filter(i => i.getBoundingClientRect().top < innerHeight);
		const look = () => near.every(i => i.complete) ? resolve(near.filter(i => !i.naturalWidth).length) : setTimeout(look, 20);
		look();
	})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.Zero(t, broken, "pictures that do not come")
}

// browser is a headless Chromium that writes down what a person would see in its console, and whom
// it asks.
type browser struct {
	ctx    context.Context
	origin string

	mu       sync.Mutex
	said     []string
	requests []string
}

// startBrowser starts a browser of no past, which asks nobody but the page's server. That there is
// none fails the test.
func startBrowser(t *testing.T, origin string) *browser {
	t.Helper()
	limit, cancelLimit := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancelLimit)
	allocator, cancelAllocator := chromedp.NewExecAllocator(limit,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WindowSize(1280, 900),
	)
	b := &browser{origin: origin}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithListener(b.listen))
	b.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		// cancel would wait for ever for the end of a browser that never began.
		cancelLimit()
		require.NoError(t, err, "start a browser")
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		cancelAllocator()
	})
	return b
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, steps...))
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *cdplog.EventEntryAdded: // failed requests and violations of the Content-Security-Policy
		b.said = append(b.said, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.said)
}

// foreign is the requests that went to another origin than the page's.
func (b *browser) foreign(t *testing.T) []string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.NotEmpty(t, b.requests, "no request was seen")
	return slices.DeleteFunc(slices.Clone(b.requests), func(url string) bool {
		// The icons of the browser's own controls are data: URLs, which go nowhere.
		return strings.HasPrefix(url, b.origin+"/") || strings.HasPrefix(url, "data:image/")
	})
}

// screenshot puts a picture of the page into the folder of GOP_SCREENSHOTS, where that is set.
func (b *browser) screenshot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("GOP_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), picture, 0o600))
}
