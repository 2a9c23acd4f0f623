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

func render(t *testing.T, page templates.Page) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, page.Render(&out))
	return out.String()
}

func facts(frames int) templates.Facts {
	return templates.Facts{
		Codec: "h264", Width: 1920, Height: 1080, Duration: 90 * time.Second, GOPs: frames, Frames: frames, Sound: "aac",
	}
}

func TestVideosPage(t *testing.T) {
	one, many := facts(1), facts(12)
	html := render(t, templates.Videos{Videos: []templates.VideoCard{
		{Name: "a b.mp4", Href: "/videos/a%20b.mp4/group-of-pictures", Bytes: 1_500_000, Facts: &many},
		{Name: "one.mp4", Href: "/videos/one.mp4/group-of-pictures", Facts: &one},
		{Name: "bad.mp4", Href: "/videos/bad.mp4/group-of-pictures", Bytes: 12, Unreadable: "it is damaged"},
		{Name: "later.mp4", Href: "/videos/later.mp4/group-of-pictures", Bytes: 34},
	}})
	for _, want := range []string{
		`<a class="name" href="/videos/a%20b.mp4/group-of-pictures">a b.mp4</a>`,
		"h264, 1920×1080, aac sound, 1:30.000, 12 GOPs, 12 frames, 1.5\u00a0MB",
		"1 GOP, 1 frame,",
		"Unreadable: it is damaged.",
		`<a class="name" href="/videos/later.mp4/group-of-pictures">later.mp4</a>`,
		"<p>34\u00a0B</p>",
	} {
		assert.Contains(t, html, want)
	}
	assert.NotContains(t, html, "/videos/bad.mp4/", "there is no page of what cannot be read")
	assert.NotContains(t, html, "There are no videos")
}

func TestGridPage(t *testing.T) {
	html := render(t, templates.Grid{
		Name: "a b.mp4", Listing: "/videos/a%20b.mp4/group-of-pictures.json", Facts: facts(2), Notes: []string{"Without sound: it is odd."},
		GOPs: []templates.GOPCell{
			{Number: 0, Href: "/videos/a%20b.mp4/group-of-pictures/0.mp4", Play: "/videos/a%20b.mp4/group-of-pictures/0.mp4", End: 2 * time.Second, Frames: 50, Bytes: 2345, BitRate: 9_380},
			{Number: 1, Href: "/videos/a%20b.mp4/group-of-pictures/1.mp4", Play: "/play/1.mp4", Start: 2 * time.Second, End: 4 * time.Second, Open: true},
		},
	})
	cells := regexp.MustCompile(`(?s)<li id="gop-\d+">.*?</li>`).FindAllString(html, -1)
	require.Len(t, cells, 2)
	for i, wants := range [][]string{
		{
			`id="gop-0"`, `src="/videos/a%20b.mp4/group-of-pictures/0.mp4"`, `href="/videos/a%20b.mp4/group-of-pictures/0.mp4"`,
			"<dd>0:00.000</dd>", "<dd>0:02.000</dd>", "<dd>50</dd>", "<dd>2.3\u00a0kB</dd>", "<dd>9.4\u00a0kb/s</dd>",
		},
		{`id="gop-1"`, `src="/play/1.mp4"`, `href="/videos/a%20b.mp4/group-of-pictures/1.mp4"`, "<dd>unknown</dd>", `class="badge"`},
	} {
		for _, want := range wants {
			assert.Contains(t, cells[i], want)
		}
	}
	assert.NotContains(t, cells[0], `class="badge"`, "only an open GOP has the badge")
	assert.Contains(t, html, `href="/videos/a%20b.mp4/group-of-pictures.json"`)
	assert.Contains(t, html, "<title>a b.mp4</title>")
	assert.Contains(t, html, "Without sound: it is odd.")
	assert.Equal(t, 2, strings.Count(html, `preload="none"`), "no video is loaded before somebody plays it")
}

func TestProblemPage(t *testing.T) {
	html := render(t, templates.Problem{Status: 404, Title: "Not Found", Detail: "there is no such video"})
	assert.Contains(t, html, "<h1>404: Not Found</h1>")
	assert.Contains(t, html, "The reason: there is no such video.")
	assert.NotContains(t, render(t, templates.Problem{Status: 499, Title: "Client Closed Request"}), "The reason")
}

// What the policy does not allow does nothing: no page may need a script, an inline style or a
// handler, whatever the text it shows.
func TestPagesNeedNothingThatThePolicyForbids(t *testing.T) {
	const hostile = `x" onclick="alert(1)" style="color:red"><img src=x onerror=alert(1)>`
	known := templates.Facts{Codec: hostile, Sound: hostile}
	for name, page := range map[string]templates.Page{
		"videos":  templates.Videos{Videos: []templates.VideoCard{{Name: hostile, Href: hostile, Facts: &known}, {Unreadable: hostile}}},
		"grid":    templates.Grid{Name: hostile, Listing: hostile, Facts: known, Notes: []string{hostile}, GOPs: []templates.GOPCell{{Href: hostile}}},
		"problem": templates.Problem{Title: hostile, Detail: hostile},
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, page)
			assert.NotContains(t, html, "<script")
			assert.NotContains(t, html, "<img")
			assert.NotRegexp(t, `<[^>]*\s(style|on\w+)=`, html)
			assert.Contains(t, html, "&lt;img", "it is shown as it is")
		})
	}
	assert.NotContains(t, templates.ContentSecurityPolicy, "unsafe")
}
