package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
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

// Pictures that a busy server sends away are asked for again.
func TestBrowserAsksAgainForPictures(t *testing.T) {
	dir := t.TempDir()
	output, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=10:duration=12",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "10", filepath.Join(dir, "large.mp4")).CombinedOutput()
	require.NoError(t, err, string(output))
	p := serveFolder(t, dir, "--workers=1", "--queue=1")
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

// So are those that were sent away before the page's script ran.
func TestBrowserAsksAgainForPicturesThatFailedEarly(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	p := serveFolder(t, folderOf(t, name))
	target, err := url.Parse(p.url)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var refused atomic.Int32
	scriptMayCome := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, ".jpg") && refused.Add(1) <= 4:
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		case strings.HasPrefix(r.URL.Path, "/assets/pictures-"):
			select {
			case <-scriptMayCome:
			case <-r.Context().Done():
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL)
	called(t, b, page.Navigate, page.NavigateParams{URL: server.URL + "/videos/" + name + "/group-of-pictures"})
	b.waits(t, `document.querySelectorAll("ol.grid img").length === 4 && [...document.querySelectorAll("ol.grid img")].every(i => i.complete && !i.naturalWidth)`, "no picture comes")
	close(scriptMayCome)
	b.waits(t, `[...document.querySelectorAll("ol.grid img")].every(i => i.naturalWidth > 0)`, "they are asked for again")
	assert.EqualValues(t, 8, refused.Load(), "once each")
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
