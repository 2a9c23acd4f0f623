package templates_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/templates"
)

func TestGOPsPage(t *testing.T) {
	const base = "/videos/a%20b.mp4/group-of-pictures"
	page := templates.GOPsPage{
		Name: "a b.mp4", JSONHref: base + ".json", Summary: summary(2),
		Notes: []string{"No audio: unknown codec."},
		GOPs: []templates.GOPCell{
			{
				Number: 0, DownloadHref: base + "/0.mp4", PlayHref: base + "/0.mp4",
				ThumbnailHref: base + "/0.jpg",
				End:           2 * time.Second, Frames: 50, Bytes: 2345, BitRate: 9_380,
			},
			{
				Number: 1, DownloadHref: base + "/1.mp4", PlayHref: base + "/1.mp4?leading=0",
				Start: 2 * time.Second, End: 4 * time.Second, Open: true,
			},
		},
	}
	page.MarkIrregular()
	html := render(t, page)
	cells := regexp.MustCompile(`(?s)<li id="gop-\d+".*?</li>`).FindAllString(html, -1)
	require.Len(t, cells, 2)
	for i, wants := range [][]string{
		{
			`<li id="gop-0" data-start="0" data-end="2"`, `data-bytes="2345">`,
			`<a class="thumbnail" href="` + base + `/0.mp4" aria-label="Play GOP 0">`,
			`<img src="` + base + `/0.jpg"`,
			"<h2>GOP 0</h2>",
			"<p>0:00.000 – 0:02.000</p>",
			"<p>50 frames, 2.3\u00a0kB, 9.4\u00a0kb/s</p>",
			`<a class="download" href="` + base + `/0.mp4" download="gop-0.mp4"`,
			`aria-label="Download GOP 0">Download</a>`,
		},
		{
			`<li id="gop-1" data-start="2" data-end="4"`, `data-bytes="0" data-irregular>`,
			`<a class="thumbnail" href="` + base + `/1.mp4?leading=0"`,
			`<h2>GOP 1 <span class="badge" title="The first frames reference the previous GOP">`,
			"<p>0 frames, 0\u00a0B</p>",
			`href="` + base + `/1.mp4" download`,
		},
	} {
		for _, want := range wants {
			assert.Contains(t, cells[i], want)
		}
	}
	assert.Equal(t, 2, strings.Count(html, `loading="lazy"`), "thumbnails load near the viewport")
	assert.Equal(t, 1, strings.Count(html, "<video"), "the player's")
	for _, want := range []string{
		`href="` + base + `.json"`, "<title>a b.mp4</title>", "No audio: unknown codec.",
		"<dt>Codec</dt><dd>h264</dd>", "<dt>Resolution</dt><dd>1920×1080</dd>",
		"<dt>Frame rate</dt><dd>0.022 fps</dd>", "<dt>Audio</dt><dd>aac</dd>",
		"<dt>Bit rate</dt><dd>4.7\u00a0kb/s</dd>", "<dt>GOPs</dt><dd>2</dd>",
		"<dt>Mean GOP</dt><dd>0:02.000</dd>", "<dt>Longest GOP</dt><dd>0:02.000</dd>",
		"<dt>Open GOPs</dt><dd>1</dd>", "<dt>Irregular GOPs</dt><dd>1</dd>",
	} {
		assert.Contains(t, html, want)
	}
}

func TestListsOfCells(t *testing.T) {
	page := templates.GOPsPage{GOPs: make([]templates.GOPCell, 130)}
	for i := range page.GOPs {
		page.GOPs[i].Number = i
	}
	var sizes, numbers []int
	for list := range page.Lists() {
		sizes = append(sizes, len(list))
		for _, cell := range list {
			numbers = append(numbers, cell.Number)
		}
	}
	assert.Equal(t, []int{60, 60, 10}, sizes)
	for i, number := range numbers {
		assert.Equal(t, i, number)
	}
}
