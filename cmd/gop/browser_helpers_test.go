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
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

// screenshot puts a picture of what is in view into the folder of GOP_SCREENSHOTS, where that is set.
func (b *browser) screenshot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("GOP_SCREENSHOTS")
	if dir == "" {
		return
	}
	b.eval(t, `new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))`)
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), picture, 0o600))
}

// called is what the browser answers to a command of its protocol.
func called[P, R any](t *testing.T, b *browser, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	require.NoError(t, err)
	return result
}

// waits waits until a script comes to true. It asks again and again from here, since a page without script has no
// timers either.
func (b *browser) waits(t *testing.T, script, what string) {
	t.Helper()
	script = fmt.Sprintf(`(() => { try { return Boolean(%s); } catch { return false; } })()`, script)
	assert.Eventually(t, func() bool {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
		return err == nil && holds // there is no answer while a page is left for another one
	}, patience, 20*time.Millisecond, what)
}

// at is a place on the screen: a part of the width and of the height of an element.
func (b *browser) at(t *testing.T, selector string, right, down float64) (x, y float64) {
	t.Helper()
	place := evaluated[[]float64](t, b, fmt.Sprintf(`(() => {
		const box = document.querySelector(%q).getBoundingClientRect();
		return [box.left + %g * box.width, box.top + %g * box.height];
	})()`, selector, right, down))
	return place[0], place[1]
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
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[*runtime.RemoteObject](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
}

// seesStills waits for the pictures that are in view.
func (b *browser) seesStills(t *testing.T) {
	t.Helper()
	broken, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`new Promise(resolve => {
		const near = [...document.querySelectorAll("ul.videos img, ol.grid img")].slice(0, 100).filter(i => i.getBoundingClientRect().top < innerHeight && i.getBoundingClientRect().bottom > 0);
		const look = () => near.every(i => i.complete) ? resolve(near.filter(i => !i.naturalWidth).length) : setTimeout(look, 20);
		look();
	})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.Zero(t, broken, "pictures that do not come")
}
