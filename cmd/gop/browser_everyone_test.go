package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every page can be used by everybody, as far as axe-core can tell: in light and dark, and on a phone, where
// nothing is wider than the screen. GOP_SCREENSHOTS names a folder for pictures of all of them, see scripts/test.
func TestBrowserServesEveryone(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(os.Getenv("GOP_AXE_CORE"), "axe.min.js"))
	require.NoError(t, err, "axe-core is missing: run `scripts/setup test` and `. scripts/env`")
	p := serveFolder(t, folderOfFilms(t))
	empty := serveFolder(t, t.TempDir())
	const film = "/videos/fractals.mp4/group-of-pictures"
	pages := []struct {
		name, url, ready string
		keys             string // that are pressed then
		script           string // that runs then
	}{
		{name: "library", url: p.url + "/", ready: `!document.querySelector(".progress") && document.querySelectorAll("ul.videos img").length > 5`},
		{name: "unreadable", url: p.url + "/?folder=damaged", ready: `document.querySelectorAll(".unreadable .warning").length > 3`},
		{name: "empty", url: empty.url + "/", ready: `document.querySelector(".empty").textContent.includes("Put some into it")`},
		{name: "problem", url: p.url + "/videos/none.mp4/group-of-pictures", ready: `document.querySelector("h1").textContent.startsWith("404")`},
		{name: "video", url: p.url + film, ready: `document.querySelector(".chart[role=slider]")`},
		{name: "marked", url: p.url + film + "#gop=5&show=odd&order=duration", ready: `document.querySelector("li.selected")`},
		{name: "player", url: p.url + film + "#gop=7", keys: kb.Enter, ready: `document.querySelector("dialog.player[open] video").currentTime > 0.5`},
		{name: "filters", url: p.url + film + "#gop=7", keys: kb.Enter, script: filtersInUse, ready: previewed},
		{name: "no-decoder", url: p.url + "/videos/archive/mpeg2.mp4/group-of-pictures#gop=0", keys: kb.Enter, ready: `!document.querySelector(".error").hidden`},
	}
	b := startBrowser(t, p.url)
	for _, look := range []struct {
		name          string
		scheme        string
		width, height int64
		more          []chromedp.EmulateViewportOption
	}{
		{name: "light", scheme: "light", width: 1280, height: 800},
		{name: "dark", scheme: "dark", width: 1280, height: 800},
		{name: "phone", scheme: "light", width: 360, height: 740, more: []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch}},
	} {
		b.do(t, chromedp.EmulateViewport(look.width, look.height, look.more...))
		b.prefers(t, "prefers-color-scheme", look.scheme)
		for _, page := range pages {
			name := page.name + "-" + look.name
			b.do(t, chromedp.Navigate("about:blank"), chromedp.Navigate(page.url))
			if page.keys != "" {
				b.waits(t, `document.activeElement.matches("a.thumbnail")`, name)
				b.do(t, chromedp.KeyEvent(page.keys))
			}
			if page.script != "" {
				b.eval(t, page.script)
			}
			b.waits(t, page.ready, name)
			b.seesStills(t)
			assert.LessOrEqual(t, evaluated[int](t, b, "document.documentElement.scrollWidth"), int(look.width), "%s: wider than the screen", name)
			b.screenshot(t, name+".png")
			b.eval(t, string(axe))
			found := evaluated[struct {
				Passed     int // rules
				Violations []string
			}](t, b, `axe.run().then(found => ({Passed: found.passes.length, Violations: found.violations.flatMap(v =>
				v.nodes.map(node => [v.impact, v.id, node.target.join(" "), v.help, node.any[0]?.message].join(": ")))}))`)
			assert.Greater(t, found.Passed, 10, "rules that %s keeps", name)
			for _, violation := range found.Violations {
				if strings.HasPrefix(violation, "serious") || strings.HasPrefix(violation, "critical") {
					t.Errorf("%s: %s", name, violation)
				} else {
					t.Logf("%s: %s", name, violation)
				}
			}
		}
	}
}

// Without script, pictures come, and links lead to listings, GOPs and the browser's own player.
func TestBrowserWithoutScript(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	p := serveFolder(t, folderOf(t, name))
	b := startBrowser(t, p.url)
	p.listing(t, name) // so that the page of videos knows it at once
	called(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do(t,
		chromedp.Navigate(p.url+"/?search=bframes&sort=largest"),
		chromedp.Click(`//a[text()="`+name+`"]`),
		chromedp.WaitVisible(chromedp.CSS("#gop-3 img")),
	)
	b.waits(t, `document.querySelector("#gop-0 img").naturalWidth > 0`, "pictures come")
	assert.True(t, evaluated[bool](t, b, `document.querySelector("form.controls").hidden && !document.querySelector(".chart[role=slider]")`), "what needs script is not offered")
	assert.Equal(t, []string{"Play GOP 1", "Download GOP 1"}, evaluated[[]string](t, b, `[...document.querySelectorAll("#gop-1 a")].map(a => a.ariaLabel)`))
	b.do(t, chromedp.Click(chromedp.CSS("#gop-1 a.thumbnail")))
	b.waits(t, `location.pathname.endsWith("/1.mp4") && document.querySelector("video").duration > 0`, "the browser plays it by itself")
}

// Who wants no motion sees none that they did not ask for: a hover and a focus play nothing, the player does.
func TestBrowserRespectsReducedMotion(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	p := serveFolder(t, folderOf(t, name))
	b := startBrowser(t, p.url)
	b.prefers(t, "prefers-reduced-motion", "reduce")
	b.watch(t)
	b.do(t, chromedp.Navigate(p.url+"/videos/"+name+"/group-of-pictures"))
	x, y := b.at(t, "#gop-1 a.thumbnail", 0.5, 0.5)
	b.do(t, chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.eval(t, `document.querySelector("#gop-2 a.thumbnail").focus()`)
	b.eval(t, `new Promise(resolve => setTimeout(resolve, 500))`)
	assert.Equal(t, 1, evaluated[int](t, b, "watched.videos"), "that of the player")
	assert.Zero(t, b.asked(".mp4"))
	b.do(t, chromedp.KeyEvent(kb.Enter))
	b.waits(t, `document.querySelector("dialog.player[open] video").currentTime > 0`, "the player plays")
}

// prefers has the browser say what its user prefers.
func (b *browser) prefers(t *testing.T, what, value string) {
	t.Helper()
	called(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: what, Value: value}}})
}

// folderOfFilms is a folder such as people have, with some videos to look at, with folders, and with what is no
// video.
func folderOfFilms(t *testing.T) string {
	t.Helper()
	dir := folderOf(t, "h264-open-gop.mp4", "vp9-opus.webm", "av1.mp4", "rotated.mp4")
	require.NoError(t, os.CopyFS(filepath.Join(dir, "archive"), os.DirFS(folderOf(t, "mpeg2.mp4", "mpeg4.mkv"))))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "damaged"), os.DirFS(filepath.Join("..", "..", "testdata", "broken"))))
	const (
		fractal = "mandelbrot=s=640x360:r=25:end_pts=500:end_scale=0.0005,trim=duration=%d,setsar=1"
		colours = "gradients=s=640x360:r=25:d=%d:speed=0.03:n=5:seed=7,setsar=1"
		life    = "life=s=160x90:r=25:mold=20:ratio=0.2:seed=3:death_color=#0b2545:life_color=#f4d35e:mold_color=#ee964b,trim=duration=%d,scale=640:360:flags=neighbor,setsar=1"
		card    = "testsrc2=s=640x360:r=25:d=%d,setsar=1"
	)
	// Keys lie 40 frames apart, but for one that follows another at once, and for a stretch without any.
	film(t, filepath.Join(dir, "fractals.mp4"), fmt.Sprintf(fractal+"[a];"+colours+"[b];"+life+"[c];[a][b][c]concat=n=3", 14, 10, 10),
		"-x264-params", "keyint=200:min-keyint=1:scenecut=0", "-force_key_frames", "expr:eq(mod(n,40),0)*(1-between(n,390,510))+eq(n,201)")
	film(t, filepath.Join(dir, "aurora.mp4"), fmt.Sprintf(colours, 8), "-g", "50")
	film(t, filepath.Join(dir, "colony.mkv"), fmt.Sprintf(life, 6), "-g", "25")
	film(t, filepath.Join(dir, "A long name, as recorders give them 2026-05-17T18_30_00+0200_camera-3_part-002.mp4"), fmt.Sprintf(card, 5), "-g", "75")
	return dir
}

// film makes a video with sound of what the filters show.
func film(t *testing.T, path, filters string, coding ...string) {
	t.Helper()
	args := append([]string{
		"-v", "error", "-filter_complex", filters + ",format=yuv420p[v]", "-f", "lavfi", "-i", "sine=frequency=330",
		"-map", "[v]", "-map", "0:a", "-shortest", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-c:a", "aac", "-b:a", "64k",
	}, coding...)
	output, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput()
	require.NoError(t, err, string(output))
}
