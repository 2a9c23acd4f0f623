package main

import (
	"encoding/json"
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

const previewShown = `!document.querySelector(".preview").hidden
	&& document.querySelector(".status").textContent.startsWith("Preview")`

// useFilters opens the filter panel in the player, and sets a crop, a hue and a saturation.
const useFilters = `(() => {
	document.querySelector(".filter-panel").open = true;
	const form = document.querySelector(".filters");
	[400, 300, 120, 30].forEach((n, i) => { form.elements.crop[i].value = n; });
	form.elements.hue.value = 90;
	form.elements.saturation.value = 1.5;
	form.dispatchEvent(new Event("input"));
})()`

// openFilters opens GOP 1 of a video in the player, and the filter panel.
func (b *browser) openFilters(t *testing.T, url string) {
	t.Helper()
	b.open(t, url)
	b.click(t, "#gop-1 a.thumbnail")
	b.click(t, ".filter-panel summary")
	b.do(t, chromedp.WaitVisible(chromedp.CSS(".url")))
	b.waitFor(t, `document.querySelector(".crop-frame img").naturalWidth > 0`, "the keyframe is loaded")
}

// filterURL returns the URL of the GOP with the filters, and its query.
func (b *browser) filterURL(t *testing.T) (url, query string) {
	t.Helper()
	url = evaluate[string](t, b, `document.querySelector(".url").value`)
	_, query, _ = strings.Cut(url, "?")
	return url, query
}

// A user makes a GOP gray: in the preview first, then in the video.
func TestBrowserFilterGray(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	b.openFilters(t, p.url+"/videos/"+bframes+"/group-of-pictures")
	_, query := b.filterURL(t)
	assert.Empty(t, query)
	b.waitFor(t, `document.querySelector(".player video").currentTime > 0`, "the GOP plays")
	assert.Greater(t, b.maxChroma(t, ".crop-frame img"), 50)
	assert.Greater(t, b.maxChroma(t, ".player video"), 50)

	b.click(t, "#gray")
	b.waitFor(t, previewShown, "the preview is shown")
	url, query := b.filterURL(t)
	assert.Equal(t, "gray=1", query)
	assert.LessOrEqual(t, b.maxChroma(t, ".preview"), 4)
	assert.True(t, evaluate[bool](t, b, `document.querySelector(".player video").paused`))
	download := evaluate[string](t, b, `document.querySelector(".player .download").href`)
	assert.Regexp(t, "^"+regexp.QuoteMeta(url)+"&v=[0-9a-f]{12}$", download)
	b.do(t, chromedp.Click(`//button[text()="Play with filters"]`))
	b.waitFor(t, `document.querySelector(".preview").hidden
		&& document.querySelector(".player video").currentTime > 0.1`, "the filtered GOP plays")
	assert.LessOrEqual(t, b.maxChroma(t, ".player video"), 8)

	b.click(t, `[aria-label="Reset gray"]`)
	_, query = b.filterURL(t)
	assert.Empty(t, query)
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
}

// A user draws a crop and changes its width with the keyboard. The crop applies to the next GOP too.
func TestBrowserFilterCrop(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	b.openFilters(t, p.url+"/videos/"+bframes+"/group-of-pictures")
	x, y := b.point(t, ".crop-frame", 0.25, 0.25)
	toX, toY := b.point(t, ".crop-frame", 0.75, 0.75)
	b.drag(t, x, y, toX, toY)
	b.waitFor(t, previewShown, "the preview is cropped")
	_, query := b.filterURL(t)
	match := regexp.MustCompile(`^crop=(\d+):(\d+):(\d+):(\d+)$`).FindStringSubmatch(query)
	require.NotNil(t, match, query)
	var crop [4]int // width, height, left, top
	for i := range crop {
		_, err := fmt.Sscan(match[i+1], &crop[i])
		require.NoError(t, err)
		assert.Zero(t, crop[i]%2, query)
		assert.InDelta(t, []int{96, 54, 48, 27}[i], crop[i], 2, query)
	}
	assert.Equal(t, crop[:2], b.naturalSize(t, ".preview"))

	b.do(t, chromedp.Focus(chromedp.CSS(`.crop input`)))
	b.press(t, kb.ArrowUp)
	b.click(t, ".player .next")
	width := fmt.Sprintf(` && document.querySelector(".preview").naturalWidth === %d`, crop[0]+2)
	b.waitFor(t, previewShown+width, "the preview of the next GOP is wider")
	url, query := b.filterURL(t)
	assert.Equal(t, fmt.Sprintf("crop=%d:%d:%d:%d", crop[0]+2, crop[1], crop[2], crop[3]), query)
	assert.Contains(t, url, "/group-of-pictures/2.mp4?")
	assert.Empty(t, b.consoleMessages())
}

// The panel writes all parameters in canonical order, and the server accepts the URL.
func TestBrowserFilterURL(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	b.openFilters(t, p.url+"/videos/"+bframes+"/group-of-pictures")
	b.eval(t, `(() => {
		const { elements } = document.querySelector(".filters");
		[96, 54, 48, 26].forEach((n, i) => { elements.crop[i].value = n; });
		elements.gray.checked = true;
		for (const [name, value] of Object.entries({
			quality: 30, sharpen: 0.5, contrast: 1.1, brightness: -0.05, hue: 30,
			fps: "30000/1001", fit: "cover", height: 32, width: 48, flip: "h", rotate: "90",
		}))
			elements[name].value = value;
		document.querySelector(".filters").dispatchEvent(new Event("input"));
	})()`)
	b.waitFor(t, previewShown, "the preview is shown")
	assert.Equal(t, []int{48, 32}, b.naturalSize(t, ".preview"))
	url, query := b.filterURL(t)
	assert.Equal(t, "crop=96:54:48:26&rotate=90&flip=h&width=48&height=32&fit=cover&fps=30000/1001&gray=1"+
		"&hue=30&brightness=-0.05&contrast=1.1&sharpen=0.5&quality=30", query)
	response, body := p.get(t, strings.TrimPrefix(url, p.url))
	assert.Equal(t, http.StatusOK, response.StatusCode, string(body[:min(len(body), 200)]))
	assert.Equal(t, "video/mp4", response.Header.Get("Content-Type"))

	// Copy uses the clipboard, or selects the URL if the browser denies access.
	b.eval(t, `navigator.clipboard.writeText = async text => { window.copied = text; }`)
	b.click(t, ".copy")
	b.waitFor(t, `document.querySelector(".status").textContent === "Copied"`, "the URL is copied")
	assert.Equal(t, url, evaluate[string](t, b, `copied`))
	b.eval(t, `navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"))`)
	b.click(t, ".copy")
	b.waitFor(t, `document.querySelector(".status").textContent.startsWith("Selected")`, "a hint is shown")
	assert.Equal(t, url, evaluate[string](t, b, `(({ value, selectionStart, selectionEnd }) =>
		value.slice(selectionStart, selectionEnd))(document.querySelector(".url"))`))

	b.click(t, "[type=reset]")
	b.waitFor(t, `!document.querySelector(".url").value.includes("?")
		&& document.querySelector(".preview").hidden`, "all filters are reset")
	assert.Empty(t, b.consoleMessages())
}

// The player shows why the server or the browser does not accept a value.
func TestBrowserFilterErrors(t *testing.T) {
	p := serveFolder(t, folderOf(t, bframes))
	b := startBrowser(t, p.url)
	b.openFilters(t, p.url+"/videos/"+bframes+"/group-of-pictures")
	waitForError := func(prefix string) {
		t.Helper()
		condition := fmt.Sprintf(`document.querySelector(".error").textContent.startsWith(%q)`, prefix)
		b.waitFor(t, condition, prefix)
	}
	response, body := p.get(t, "/videos/"+bframes+"/group-of-pictures/1.jpg?crop=640:108")
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	var problem struct{ Detail string }
	require.NoError(t, json.Unmarshal(body, &problem))
	b.do(t, chromedp.SendKeys(chromedp.CSS(`.crop input`), "640"))
	waitForError(strings.ToUpper(problem.Detail[:1]) + problem.Detail[1:] + ".")
	b.press(t, "1")
	waitForError("Width: ") // an odd number
	b.click(t, "[type=reset]")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#width"), "640"))
	waitForError("Frames cannot be enlarged")
	b.click(t, ".filter-panel summary")
	b.waitFor(t, `document.querySelector(".player .download").href.includes("/1.mp4?v=")
		&& document.querySelector(".error").hidden`, "a closed panel has no filters")
}

// The filters keep the signature of a signed page.
func TestBrowserFilterSignedURLs(t *testing.T) {
	t.Setenv("GOP_URL_KEYS", strings.Repeat("5a", 16))
	p := serveFolder(t, folderOf(t, bframes))
	code, signed, stderr := ran(t, "sign", "/videos/"+bframes+"/group-of-pictures")
	require.Zero(t, code, stderr)
	b := startBrowser(t, p.url)
	b.openFilters(t, p.url+strings.TrimSpace(signed))
	b.click(t, "#gray")
	b.waitFor(t, previewShown, "the preview is shown")
	url, _ := b.filterURL(t)
	assert.Contains(t, url, "/1.mp4?gray=1&expires=")
	response, _ := p.get(t, strings.TrimPrefix(url, p.url))
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Empty(t, b.consoleMessages())
}

// maxChroma returns the maximum difference between the red, green and blue of a pixel of an image or a video,
// 0 to 255.
func (b *browser) maxChroma(t *testing.T, selector string) int {
	t.Helper()
	return evaluate[int](t, b, fmt.Sprintf(`(() => {
		const image = document.querySelector(%q), canvas = document.createElement("canvas");
		canvas.width = image.naturalWidth ?? image.videoWidth;
		canvas.height = image.naturalHeight ?? image.videoHeight;
		const context = canvas.getContext("2d");
		context.drawImage(image, 0, 0);
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let max = 0;
		for (let i = 0; i < data.length; i += 4)
			max = Math.max(max, Math.abs(data[i] - data[i + 1]), Math.abs(data[i + 1] - data[i + 2]));
		return max;
	})()`, selector))
}

// naturalSize returns the width and the height of an image in pixels.
func (b *browser) naturalSize(t *testing.T, selector string) []int {
	t.Helper()
	return evaluate[[]int](t, b, fmt.Sprintf(`(image => [image.naturalWidth, image.naturalHeight])(
		document.querySelector(%q))`, selector))
}

// drag drags the mouse from one position to another.
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
