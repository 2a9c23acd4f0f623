package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browser is a tab of a headless Chromium. It records console messages and requests.
type browser struct {
	ctx    context.Context
	origin string // of the server under test

	mu       sync.Mutex
	messages []string // errors, warnings and console calls
	requests []string // URLs
}

// startBrowser starts a Chromium with a new profile. It fails the test if Chromium is missing.
func startBrowser(t *testing.T, origin string) *browser {
	t.Helper()
	limit, cancelLimit := context.WithTimeout(context.Background(), 5*time.Minute)
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
		// cancel waits for the end of the browser, which did not start.
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

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *cdplog.EventEntryAdded: // failed requests and violations of the Content-Security-Policy
		message := fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		b.messages = append(b.messages, message)
	case *runtime.EventConsoleAPICalled:
		b.messages = append(b.messages, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		exception := &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}
		b.messages = append(b.messages, exception.Error())
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// consoleMessages returns the messages so far. Pages that work have none.
func (b *browser) consoleMessages() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// foreignRequests returns the URLs of requests to other origins than the server under test.
func (b *browser) foreignRequests(t *testing.T) []string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.NotEmpty(t, b.requests, "requests are recorded")
	return slices.DeleteFunc(slices.Clone(b.requests), func(url string) bool {
		// The icons of the browser's video controls are data: URLs.
		return strings.HasPrefix(url, b.origin+"/") || strings.HasPrefix(url, "data:image/")
	})
}

// countRequests returns the number of requests so far for paths with a suffix.
func (b *browser) countRequests(suffix string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		path, _, _ := strings.Cut(url, "?")
		if strings.HasSuffix(path, suffix) {
			n++
		}
	}
	return n
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, steps...))
}

func (b *browser) press(t *testing.T, keys string) {
	t.Helper()
	b.do(t, chromedp.KeyEvent(keys))
}

func (b *browser) click(t *testing.T, selector string) {
	t.Helper()
	b.do(t, chromedp.Click(chromedp.CSS(selector)))
}

// open loads a page. Its scripts have run when open returns, even if only the fragment of the URL differs
// from the current page's.
func (b *browser) open(t *testing.T, url string) {
	t.Helper()
	b.do(t, chromedp.Navigate("about:blank"), chromedp.Navigate(url))
	b.waitForPage(t)
}

// waitForPage waits until the page's scripts have run.
func (b *browser) waitForPage(t *testing.T) {
	t.Helper()
	b.waitFor(t, `document.readyState === "complete"`, "the page is loaded")
}

// waitFor waits until a JavaScript expression is true. It polls from the test, because a page with scripts
// disabled has no timers.
func (b *browser) waitFor(t *testing.T, condition, what string) {
	t.Helper()
	script := fmt.Sprintf(`(() => { try { return Boolean(%s); } catch { return false; } })()`, condition)
	require.Eventually(t, func() bool {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
		return err == nil && holds // there is an error while the browser leaves a page
	}, timeout, 20*time.Millisecond, what)
}

// waitForPlayback waits until the player plays.
func (b *browser) waitForPlayback(t *testing.T) {
	t.Helper()
	b.waitFor(t, `document.querySelector("dialog.player[open] video").currentTime > 0`, "the player plays")
}

// waitForFocus waits until an element has the focus.
func (b *browser) waitForFocus(t *testing.T, selector string) {
	t.Helper()
	condition := fmt.Sprintf(`document.activeElement === document.querySelector(%q)`, selector)
	b.waitFor(t, condition, "focus on "+selector)
}

// waitForSelected waits until the cell of a GOP is selected.
func (b *browser) waitForSelected(t *testing.T, number int) {
	t.Helper()
	condition := fmt.Sprintf(`document.querySelector("li.selected").id === "gop-%d"`, number)
	b.waitFor(t, condition, fmt.Sprintf("GOP %d is selected", number))
}

// waitForThumbnails waits until the thumbnails in the viewport are loaded.
func (b *browser) waitForThumbnails(t *testing.T) {
	t.Helper()
	b.waitFor(t, `[...document.querySelectorAll("ul.videos img, ol.grid img")].slice(0, 100).filter(img => {
		const { top, bottom } = img.getBoundingClientRect();
		return top < innerHeight && bottom > 0;
	}).every(img => img.complete && img.naturalWidth)`, "thumbnails are loaded")
}

// eval runs a script and waits for its promise, if it returns one.
func (b *browser) eval(t *testing.T, script string) {
	t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[*runtime.RemoteObject](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
}

// evaluate returns the value of a script, or of its promise.
func evaluate[T any](t *testing.T, b *browser, script string) T {
	t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return result
}

// textOf returns the text of an element.
func (b *browser) textOf(t *testing.T, selector string) string {
	t.Helper()
	return evaluate[string](t, b, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// fragment returns the fragment of the page's URL, with its #.
func (b *browser) fragment(t *testing.T) string {
	t.Helper()
	return evaluate[string](t, b, "location.hash")
}

// point returns the position in the viewport of a point of an element: fractions of its width and height.
func (b *browser) point(t *testing.T, selector string, right, down float64) (x, y float64) {
	t.Helper()
	position := evaluate[[]float64](t, b, fmt.Sprintf(`(() => {
		const box = document.querySelector(%q).getBoundingClientRect();
		return [box.left + %g * box.width, box.top + %g * box.height];
	})()`, selector, right, down))
	return position[0], position[1]
}

// call runs a command of the Chrome DevTools Protocol.
func call[P, R any](t *testing.T, b *browser, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	require.NoError(t, err)
	return result
}

// emulateMedia sets a media feature, such as prefers-color-scheme.
func (b *browser) emulateMedia(t *testing.T, feature, value string) {
	t.Helper()
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
}

// screenshot saves the viewport in the folder GOP_SCREENSHOTS, if that is set.
func (b *browser) screenshot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("GOP_SCREENSHOTS")
	if dir == "" {
		return
	}
	b.eval(t, `new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))`)
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), image, 0o600))
}
