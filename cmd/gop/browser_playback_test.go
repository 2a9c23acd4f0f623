package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The player plays every GOP of several codecs to its end.
func TestBrowserPlaysGOPs(t *testing.T) {
	videos := []string{
		"h264-bframes-aac.mp4", "h264-open-gop.mp4", "rotated.mp4", "vp9-opus.webm", "av1.mp4",
		"audio-gaps.mkv", "truehd.mkv", "pcm-channels.mkv",
	}
	p := serveFolder(t, folderOf(t, videos...))
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/")
	links := evaluate[[]string](t, b, `[...document.querySelectorAll("a.name")].map(a => a.textContent)`)
	assert.ElementsMatch(t, videos, links)
	b.screenshot(t, "videos.png")
	for i, name := range videos {
		rate := 1
		if i > 0 {
			rate = 4 // saves time
		}
		t.Run(name, func(t *testing.T) {
			entries := p.listing(t, name)
			b.open(t, p.url+"/")
			b.do(t,
				chromedp.Click(fmt.Sprintf(`//a[text()=%q]`, name)),
				chromedp.WaitVisible(chromedp.CSS("ol.grid")),
			)
			b.waitForPage(t)
			images := evaluate[int](t, b, `document.querySelectorAll("ol.grid img").length`)
			assert.Equal(t, len(entries), images)
			b.waitForThumbnails(t)
			for i, e := range entries {
				result := b.play(t, i, rate)
				assert.Empty(t, result.Error, "GOP %d", i)
				assert.InDelta(t, e.seconds(t), result.Duration, 0.06, "duration of GOP %d", i)
				assert.InDelta(t, result.Duration, result.CurrentTime, 0.06, "end of GOP %d", i)
				assert.NotZero(t, result.Width*result.Height, "GOP %d", i)
				assert.NotZero(t, result.Frames, "GOP %d", i)
			}
			b.screenshot(t, "gops-"+name+".png")
		})
	}
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
}

// playback is the state of the player's video at its end.
type playback struct {
	Error                 string
	CurrentTime, Duration float64 // seconds
	Width, Height         int
	Frames                int // decoded
}

// play opens GOP i in the player, plays it at a multiple of its speed until it ends or fails, and closes the
// player.
func (b *browser) play(t *testing.T, i, rate int) playback {
	t.Helper()
	b.eval(t, fmt.Sprintf(`(() => {
		document.querySelector("#gop-%d a.thumbnail").click();
		const video = document.querySelector("dialog.player[open] video");
		window.playError = "";
		video.muted = true;
		video.playbackRate = %d;
		video.play().catch(error => { window.playError = String(error); });
	})()`, i, rate))
	const video = `document.querySelector("dialog.player[open] video")`
	b.waitFor(t, video+`.ended || `+video+`.error || window.playError`, fmt.Sprintf("GOP %d ends", i))
	result := evaluate[playback](t, b, `(video => ({
		Error: window.playError || (video.error?.message ?? ""),
		CurrentTime: video.currentTime, Duration: video.duration,
		Width: video.videoWidth, Height: video.videoHeight,
		Frames: video.getVideoPlaybackQuality().totalVideoFrames,
	}))(`+video+`)`)
	b.click(t, "dialog.player .close")
	return result
}

// If the browser has no decoder, the player says so and offers H.264, even if the audio plays. A cell keeps
// its thumbnail.
func TestBrowserWithoutDecoder(t *testing.T) {
	p := serveFolder(t, folderOf(t, "mpeg2.mp4", "hevc.mp4")) // without and with audio
	b := startBrowser(t, p.url)
	for name, codec := range map[string]string{"mpeg2.mp4": "mpeg2video", "hevc.mp4": "hevc"} {
		b.open(t, p.url+"/videos/"+name+"/group-of-pictures")
		b.eval(t, `window.videosAdded = 0;
			new MutationObserver(() => { videosAdded += document.querySelectorAll("#gop-0 video").length; })
				.observe(document.body, { childList: true, subtree: true });`)
		x, y := b.point(t, "#gop-0 a.thumbnail", 0.5, 0.5)
		b.do(t,
			chromedp.MouseEvent(chromedp.MouseMoved, 1, 1),
			chromedp.MouseEvent(chromedp.MouseMoved, x, y),
		)
		b.waitFor(t, `videosAdded > 0 && !document.querySelector("#gop-0 video")`, name+": the cell gives up")
		b.click(t, "#gop-0 a.thumbnail")
		b.do(t, chromedp.WaitVisible(chromedp.CSS("dialog.player .error")))
		assert.Contains(t, b.textOf(t, ".error"), "cannot decode "+codec)
		b.click(t, ".error .transcode")
		b.waitForPlayback(t)
		assert.NotZero(t, evaluate[int](t, b, `document.querySelector(".player video").videoWidth`), name)
		assert.True(t, evaluate[bool](t, b, `document.querySelector(".error").hidden`), name)
	}
}

// Pages load nothing from other origins, and the Content-Security-Policy forbids it.
func TestBrowserEnforcesPolicy(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"))
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/videos/h264-bframes-aac.mp4/group-of-pictures")
	b.waitForThumbnails(t)
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
	violation := evaluate[string](t, b, `new Promise(resolve => {
		addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
		fetch("http://127.0.0.1:9/").catch(() => {});
	})`)
	require.Equal(t, "connect-src", violation)
}
