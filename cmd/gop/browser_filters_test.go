package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const previewed = `!document.querySelector(".preview").hidden && document.querySelector(".status").textContent.startsWith("Preview")`

// filtersInUse opens the panel in the player, and gives some.
const filtersInUse = `(() => {
	document.querySelector(".filter-panel").open = true;
	const form = document.querySelector(".filters");
	[400, 300, 120, 30].forEach((n, i) => { form.elements.crop[i].value = n; });
	form.elements.hue.value = 90;
	form.elements.saturation.value = 1.5;
	form.dispatchEvent(new Event("input"));
})()`

// A person makes a GOP grey in the panel, sees that at once, plays it, draws a crop, and takes the URL along.
func TestBrowserFilters(t *testing.T) {
	const film, old = "h264-bframes-aac.mp4", "mpeg2.mp4" // B-frames and sound; what Chromium has no decoder for
	p := serveFolder(t, folderOf(t, film, old))
	b := startBrowser(t, p.url)
	query := func() string {
		_, query, _ := strings.Cut(evaluated[string](t, b, `document.querySelector(".url").value`), "?")
		return query
	}
	b.do(t,
		chromedp.Navigate(p.url+"/videos/"+film+"/group-of-pictures"),
		chromedp.Click(chromedp.CSS("#gop-1 a.thumbnail")),
		chromedp.Click(chromedp.CSS(".filter-panel summary")),
		chromedp.WaitVisible(chromedp.CSS(".url")),
	)
	assert.Empty(t, query(), "nothing is said at first")
	b.waits(t, `document.querySelector(".player video").currentTime > 0`, "it plays")
	b.waits(t, `document.querySelector(".crop-frame img").naturalWidth > 0`, "the whole picture comes")
	assert.Greater(t, b.colourOf(t, ".crop-frame img"), 50, "it has colours")
	assert.Greater(t, b.colourOf(t, ".player video"), 50)

	// Grey, on the key picture and in the video.
	b.do(t, chromedp.Click(chromedp.CSS("#gray")))
	b.waits(t, previewed, "the preview comes")
	assert.Equal(t, "gray=1", query())
	assert.LessOrEqual(t, b.colourOf(t, ".preview"), 4, "all of it is grey")
	assert.True(t, evaluated[bool](t, b, `document.querySelector(".player video").paused`))
	assert.True(t, evaluated[bool](t, b, `document.querySelector(".player .download").href === document.querySelector(".url").value`))
	b.do(t, chromedp.Click(`//button[text()="Play it"]`))
	b.waits(t, `document.querySelector(".preview").hidden && document.querySelector(".player video").currentTime > 0.1`, "it plays")
	assert.LessOrEqual(t, b.colourOf(t, ".player video"), 8, "it is grey")

	// A crop that is drawn, and another of whose numbers one is typed. What was chosen goes on to the next GOP.
	x, y := b.at(t, ".crop-frame", 0.25, 0.25)
	toX, toY := b.at(t, ".crop-frame", 0.75, 0.75)
	b.drag(t, x, y, toX, toY)
	b.waits(t, previewed+` && document.querySelector(".preview").naturalWidth < 100`, "the preview has the crop")
	said := regexp.MustCompile(`^crop=(\d+):(\d+):(\d+):(\d+)&gray=1$`).FindStringSubmatch(query())
	require.NotNil(t, said, query())
	var crop [4]int
	for i := range crop {
		_, err := fmt.Sscan(said[i+1], &crop[i])
		require.NoError(t, err)
		assert.Zero(t, crop[i]%2, query())
		assert.InDelta(t, []int{96, 54, 48, 27}[i], crop[i], 2, query())
	}
	assert.Equal(t, crop[:2], b.sizeOf(t, ".preview"))
	b.do(t,
		chromedp.Focus(chromedp.CSS(`.crop input`)),
		chromedp.KeyEvent(kb.ArrowUp),
		chromedp.Click(chromedp.CSS(".player .next")),
	)
	crop[0] += 2
	b.waits(t, fmt.Sprintf(previewed+` && document.querySelector(".preview").naturalWidth === %d`, crop[0]), "by the keyboard")
	assert.Equal(t, fmt.Sprintf("crop=%d:%d:%d:%d&gray=1", crop[0], crop[1], crop[2], crop[3]), query())

	// The rest, in the README's order; and the URL is one that anybody can use.
	b.eval(t, `(() => {
		const form = document.querySelector(".filters");
		for (const [name, value] of Object.entries({ quality: 30, sharpen: 0.5, contrast: 1.1, brightness: -0.05, hue: 30, fps: "30000/1001", fit: "cover", height: 32, width: 48, flip: "h", rotate: "90" }))
			form.elements[name].value = value;
		form.dispatchEvent(new Event("input"));
	})()`)
	b.waits(t, previewed+` && document.querySelector(".preview").naturalWidth === 48`, "all of it is done")
	assert.Equal(t, fmt.Sprintf("crop=%d:%d:%d:%d", crop[0], crop[1], crop[2], crop[3])+
		"&rotate=90&flip=h&width=48&height=32&fit=cover&fps=30000/1001&gray=1&hue=30&brightness=-0.05&contrast=1.1&sharpen=0.5&quality=30", query())
	b.do(t, chromedp.Click(chromedp.CSS(".copy")))
	b.waits(t, `/^(Copied|Selected)/.test(document.querySelector(".status").textContent)`, "it is copied")
	path := strings.TrimPrefix(evaluated[string](t, b, `document.querySelector(".url").value`), p.url)
	assert.True(t, strings.HasPrefix(path, "/videos/"+film+"/group-of-pictures/2.mp4?"), path)
	answer, body := p.get(t, path)
	assert.Equal(t, http.StatusOK, answer.StatusCode, string(body[:min(len(body), 200)]))
	assert.Equal(t, "video/mp4", answer.Header.Get("Content-Type"))

	// One is taken back, then all; then it is the cut without loss again, and so it is without the panel.
	b.do(t, chromedp.Click(chromedp.CSS(`[aria-label="Reset grey"]`)))
	assert.NotContains(t, query(), "gray")
	b.do(t, chromedp.Click(chromedp.CSS("[type=reset]")))
	b.waits(t, `!document.querySelector(".url").value.includes("?") && document.querySelector(".preview").hidden`, "nothing is said")
	assert.Empty(t, b.complaints(), "what the browser complained about")

	// What the server refuses, it says why.
	b.do(t, chromedp.SendKeys(chromedp.CSS(`.crop input`), "640"))
	b.waits(t, `document.querySelector(".error").textContent.includes("Crop is within the picture, which has 192 x 108 pixels")`, "the refusal is shown")
	b.do(t, chromedp.KeyEvent("1"))
	b.waits(t, `document.querySelector(".error").textContent.startsWith("Width: ")`, "an odd number is none")
	b.do(t, chromedp.Click(chromedp.CSS("[type=reset]")), chromedp.SendKeys(chromedp.CSS("#width"), "640"))
	b.waits(t, `document.querySelector(".error").textContent.startsWith("It cannot be made larger")`, "nor does the GOP become larger")
	b.do(t, chromedp.Click(chromedp.CSS(".filter-panel summary")))
	b.waits(t, `document.querySelector(".player .download").href.endsWith("/2.mp4") && document.querySelector(".error").hidden`, "a closed panel says nothing")

	b.do(t,
		chromedp.Navigate(p.url+"/videos/"+old+"/group-of-pictures"),
		chromedp.Click(chromedp.CSS("#gop-0 a.thumbnail")),
		chromedp.Click(`//button[text()="Play it as H.264"]`),
	)
	b.waits(t, `document.querySelector(".player video").currentTime > 0.1 && document.querySelector(".error").hidden`, "it plays as H.264")
	assert.Empty(t, b.foreign(t), "requests to others")
}

// The links of a page that is open to who has its signature keep that when filters come to them.
func TestBrowserFiltersSignedURLs(t *testing.T) {
	const film = "h264-bframes-aac.mp4"
	t.Setenv("GOP_URL_KEYS", strings.Repeat("5a", 16))
	p := serveFolder(t, folderOf(t, film))
	code, signed, stderr := ran(t, "sign", "/videos/"+film+"/group-of-pictures")
	require.Zero(t, code, stderr)
	b := startBrowser(t, p.url)
	b.do(t,
		chromedp.Navigate(p.url+strings.TrimSpace(signed)),
		chromedp.Click(chromedp.CSS("#gop-1 a.thumbnail")),
		chromedp.Click(chromedp.CSS(".filter-panel summary")),
		chromedp.WaitVisible(chromedp.CSS(".url")),
	)
	b.waits(t, `document.querySelector(".crop-frame img").naturalWidth > 0`, "the whole picture comes")
	b.do(t, chromedp.Click(chromedp.CSS("#gray")))
	b.waits(t, previewed, "the preview comes")
	url := evaluated[string](t, b, `document.querySelector(".url").value`)
	assert.Contains(t, url, "/1.mp4?gray=1&expires=")
	answer, _ := p.get(t, strings.TrimPrefix(url, p.url))
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Empty(t, b.complaints())
}

// colourOf is how far apart the red, green and blue of any pixel of a picture are: 0 to 255.
func (b *browser) colourOf(t *testing.T, selector string) int {
	t.Helper()
	return evaluated[int](t, b, fmt.Sprintf(`(() => {
		const picture = document.querySelector(%q), canvas = document.createElement("canvas");
		canvas.width = picture.naturalWidth ?? picture.videoWidth;
		canvas.height = picture.naturalHeight ?? picture.videoHeight;
		const context = canvas.getContext("2d");
		context.drawImage(picture, 0, 0);
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let most = 0;
		for (let i = 0; i < data.length; i += 4)
			most = Math.max(most, Math.abs(data[i] - data[i + 1]), Math.abs(data[i + 1] - data[i + 2]));
		return most;
	})()`, selector))
}

// sizeOf is the size of a picture itself, in pixels.
func (b *browser) sizeOf(t *testing.T, selector string) []int {
	t.Helper()
	return evaluated[[]int](t, b, fmt.Sprintf(`(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])(document.querySelector(%q))`, selector))
}

// drag presses the mouse at a place, and moves it to another, where it is released.
func (b *browser) drag(t *testing.T, x, y, toX, toY float64) {
	t.Helper()
	held := func(p *input.DispatchMouseEventParams) {
		p.Button, p.Buttons, p.ClickCount = input.MouseButtonLeft, 1, 1
	}
	b.do(t,
		chromedp.MouseEvent(chromedp.MouseMoved, x, y),
		chromedp.MouseEvent(chromedp.MousePressed, x, y, held),
		chromedp.MouseEvent(chromedp.MouseMoved, (x+toX)/2, (y+toY)/2, held),
		chromedp.MouseEvent(chromedp.MouseMoved, toX, toY, held),
		chromedp.MouseEvent(chromedp.MouseReleased, toX, toY, held),
	)
}
