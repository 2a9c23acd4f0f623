package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// videoCards are the cards of videos in the document.
const videoCards = `[...document.querySelectorAll("ul.videos > li")]`

// withImage keeps the cards with a thumbnail.
const withImage = `.filter(card => card.querySelector("img"))`

// manyVideos returns a folder with the given number of links to a video, in order, and folders with one each.
func manyVideos(t *testing.T, videos, folders int) string {
	t.Helper()
	dir := folderOf(t, "intra.mp4")
	original := filepath.Join(dir, "intra.mp4")
	for i := range folders {
		folder := filepath.Join(dir, fmt.Sprintf("folder-%04d", i))
		require.NoError(t, os.Mkdir(folder, 0o755))
		require.NoError(t, os.Link(original, filepath.Join(folder, "v.mp4")))
	}
	for i := range videos - 1 {
		require.NoError(t, os.Link(original, filepath.Join(dir, fmt.Sprintf("video-%04d.mp4", i))))
	}
	return dir
}

// waitForIndexes waits until the server has indexed all videos.
func (b *browser) waitForIndexes(t *testing.T) {
	t.Helper()
	b.waitFor(t, `!document.querySelector("progress")`, "all videos are indexed")
}

// scrollToLastCard scrolls to the end of the list until it has the given number of cards.
func (b *browser) scrollToLastCard(t *testing.T, cards int) {
	t.Helper()
	b.waitFor(t, fmt.Sprintf(`(() => {
		scrollTo(0, document.documentElement.scrollHeight);
		return %s.length >= %d;
	})()`, videoCards, cards), "more cards appear")
}

// While the user scrolls through a large library, the next pages are appended.
func TestBrowserScrollsThroughLibrary(t *testing.T) {
	const videos, folders = 1300, 30
	p := serveFolder(t, manyVideos(t, videos, folders), "--no-access-log")
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/")
	assert.Equal(t, 500-folders, evaluate[int](t, b, videoCards+".length"))
	b.waitForIndexes(t)
	assert.Equal(t, "1330 videos", b.textOf(t, ".count"))
	assert.Equal(t, 500-folders, evaluate[int](t, b, videoCards+".length"), "cards before the first scroll")
	b.waitForThumbnails(t)
	b.screenshot(t, "many-videos.png")
	b.scrollToLastCard(t, videos)
	b.waitFor(t, `document.querySelector(".pages").textContent.includes("Page 3 of 3")`, "the last page")
	assert.Equal(t, folders, evaluate[int](t, b, `document.querySelectorAll("ul.folders > li").length`))
	names := evaluate[[]string](t, b, videoCards+".map(card => card.dataset.name)")
	require.Len(t, names, videos)
	assert.Equal(t, "intra.mp4", names[0])
	for i, name := range names[1:] {
		require.Equal(t, fmt.Sprintf("video-%04d.mp4", i), name)
	}
	assert.Equal(t, videos, evaluate[int](t, b, videoCards+withImage+".length"))
	assert.Equal(t, 1, evaluate[int](t, b, `document.querySelectorAll("ul.videos").length`))
	assert.Less(t, b.countRequests(".jpg"), 400, "thumbnails are loaded where the user stops")
	b.screenshot(t, "many-videos-end.png")

	// A search finds the videos of all pages.
	b.eval(t, `{
		const search = document.querySelector("input[name=search]");
		search.value = "VIDEO-12";
		search.form.requestSubmit();
	}`)
	b.waitFor(t, `location.search.includes("search=VIDEO-12")`, "the search")
	b.waitForPage(t)
	assert.Equal(t, 99, evaluate[int](t, b, videoCards+".length"), "1200 to 1298")
	assert.Zero(t, evaluate[int](t, b, `document.querySelectorAll(".pages").length`))
	assert.Empty(t, b.consoleMessages())
	assert.Empty(t, b.foreignRequests(t))
}

// The folders of the first page and those of later pages become one list.
func TestBrowserScrollsThroughFolders(t *testing.T) {
	const videos, folders = 20, 520
	p := serveFolder(t, manyVideos(t, videos, folders), "--no-access-log")
	b := startBrowser(t, p.url)
	b.open(t, p.url+"/")
	assert.Zero(t, evaluate[int](t, b, videoCards+".length"))
	b.scrollToLastCard(t, videos)
	assert.Equal(t, folders, evaluate[int](t, b, `document.querySelectorAll("ul.folders > li").length`))
	assert.Equal(t, []string{"Folders", "Videos"}, evaluate[[]string](t, b,
		`[...document.querySelectorAll("main section > h2")].map(h2 => h2.textContent)`))
	b.waitForIndexes(t)
	assert.Equal(t, videos, evaluate[int](t, b, videoCards+withImage+".length"))
	assert.Empty(t, b.consoleMessages())
}

// Without scripts, links lead to the other pages.
func TestBrowserLibraryWithoutScripts(t *testing.T) {
	p := serveFolder(t, manyVideos(t, 1100, 0), "--no-access-log")
	b := startBrowser(t, p.url)
	disableScripts := func(disable bool) {
		call(t, b, emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: disable})
	}
	disableScripts(true)
	b.open(t, p.url+"/?sort=newest")
	for _, step := range []struct {
		link, page string
		first      string
		cards      int
	}{
		{"[rel=next]", "Page 2 of 3", "video-0499.mp4", 500},
		{"a:last-child", "Page 3 of 3", "video-0999.mp4", 100},
		{"[rel=prev]", "Page 2 of 3", "video-0499.mp4", 500},
		{"a:first-of-type", "Page 1 of 3", "intra.mp4", 500},
	} {
		b.click(t, ".pages "+step.link)
		const number = `document.querySelector(".pages span").textContent`
		b.waitFor(t, fmt.Sprintf(number+" === %q", step.page), step.page)
		b.waitForPage(t)
		assert.Equal(t, step.cards, evaluate[int](t, b, videoCards+".length"))
		assert.Equal(t, step.first, evaluate[string](t, b, videoCards+"[0].dataset.name"))
		assert.Equal(t, "newest", evaluate[string](t, b, `document.querySelector("select").value`))
	}
	disableScripts(false) // screenshot needs them
	b.eval(t, `scrollTo(0, document.documentElement.scrollHeight)`)
	b.screenshot(t, "many-videos-no-script.png")
}
