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

func facts(frames int) templates.Summary {
	return templates.Summary{
		Codec: "h264", Width: 1920, Height: 1080, Duration: 90 * time.Second, GOPs: frames, Frames: frames, AudioCodec: "aac",
	}
}

func TestVideosPage(t *testing.T) {
	one, many := facts(1), facts(12)
	html := render(t, templates.VideosPage{Videos: []templates.VideoCard{
		{Name: "a b.mp4", Href: "/videos/a%20b.mp4/group-of-pictures", Bytes: 1_500_000, Summary: &many},
		{Name: "one.mp4", Href: "/videos/one.mp4/group-of-pictures", Summary: &one},
		{Name: "bad.mp4", Href: "/videos/bad.mp4/group-of-pictures", Bytes: 12, Unreadable: "it is damaged"},
		{Name: "later.mp4", Href: "/videos/later.mp4/group-of-pictures", Bytes: 34},
	}})
	for _, want := range []string{
		`<a class="name" href="/videos/a%20b.mp4/group-of-pictures">a b.mp4</a>`,
		"h264, 1920×1080, 0.133 frames/s, aac sound, 1:30.000, 12 GOPs, 12 frames, 1.5\u00a0MB",
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
	page := templates.GOPsPage{
		Name: "a b.mp4", JSONHref: "/videos/a%20b.mp4/group-of-pictures.json", Summary: facts(2), Notes: []string{"Without sound: it is odd."},
		GOPs: []templates.GOPCell{
			{Number: 0, DownloadHref: "/videos/a%20b.mp4/group-of-pictures/0.mp4", PlayHref: "/videos/a%20b.mp4/group-of-pictures/0.mp4", ThumbnailHref: "/still/0.jpg", End: 2 * time.Second, Frames: 50, Bytes: 2345, BitRate: 9_380},
			{Number: 1, DownloadHref: "/videos/a%20b.mp4/group-of-pictures/1.mp4", PlayHref: "/play/1.mp4", Start: 2 * time.Second, End: 4 * time.Second, Open: true},
		},
	}
	page.MarkIrregular()
	html := render(t, page)
	cells := regexp.MustCompile(`(?s)<li id="gop-\d+".*?</li>`).FindAllString(html, -1)
	require.Len(t, cells, 2)
	for i, wants := range [][]string{
		{
			`id="gop-0"`, `<a class="thumbnail" href="/videos/a%20b.mp4/group-of-pictures/0.mp4"`, `src="/still/0.jpg"`, `data-start="0"`, `data-end="2"`, `data-bytes="2345"`,
			"<p>0:00.000 – 0:02.000</p>", "<p>50 frames, 2.3\u00a0kB, 9.4\u00a0kb/s</p>", `<a class="download" href="/videos/a%20b.mp4/group-of-pictures/0.mp4" download="gop-0.mp4"`,
		},
		{`id="gop-1"`, `<a class="thumbnail" href="/play/1.mp4"`, `data-irregular`, `href="/videos/a%20b.mp4/group-of-pictures/1.mp4"`, "<p>0 frames, 0\u00a0B</p>", `class="badge"`},
	} {
		for _, want := range wants {
			assert.Contains(t, cells[i], want)
		}
	}
	assert.NotContains(t, cells[0], `class="badge"`, "only an odd GOP has one")
	assert.NotContains(t, cells[0], "data-irregular")
	assert.Contains(t, html, `href="/videos/a%20b.mp4/group-of-pictures.json"`)
	assert.Contains(t, html, "<title>a b.mp4</title>")
	assert.Contains(t, html, "Without sound: it is odd.")
	assert.Equal(t, 2, strings.Count(html, `loading="lazy"`), "no picture is loaded before it is near")
	assert.Equal(t, 1, strings.Count(html, "<video"), "that of the player, which is empty")
	for _, want := range []string{
		"<dt>Codec</dt><dd>h264</dd>", "<dt>Picture</dt><dd>1920×1080</dd>", "<dt>Sound</dt><dd>aac</dd>", "<dt>Bit rate</dt><dd>4.7\u00a0kb/s</dd>", "<dt>GOPs</dt><dd>2</dd>",
		"<dt>Mean GOP</dt><dd>0:02.000</dd>", "<dt>Longest GOP</dt><dd>0:02.000</dd>", "<dt>Open GOPs</dt><dd>1</dd>", "<dt>Irregular GOPs</dt><dd>1</dd>",
	} {
		assert.Contains(t, html, want)
	}
}

func TestProblemPage(t *testing.T) {
	html := render(t, templates.ErrorPage{Status: 404, Title: "Not Found", Detail: "there is no such video"})
	assert.Contains(t, html, "<h1>404: Not Found</h1>")
	assert.Contains(t, html, "The reason: there is no such video.")
	assert.NotContains(t, render(t, templates.ErrorPage{Status: 499, Title: "Client Closed Request"}), "The reason")
}

// What the policy does not allow does nothing: no page may need an inline script, an inline style or a
// handler, whatever the text it shows.
func TestPagesNeedNothingThatThePolicyForbids(t *testing.T) {
	const hostile = `x" onclick="alert(1)" style="color:red"><img src=x onerror=alert(1)>`
	known := templates.Summary{Codec: hostile, AudioCodec: hostile}
	for name, page := range map[string]templates.Page{
		"videos":  templates.VideosPage{Videos: []templates.VideoCard{{Name: hostile, Href: hostile, Summary: &known}, {Unreadable: hostile}}},
		"grid":    templates.GOPsPage{Name: hostile, JSONHref: hostile, Summary: known, Notes: []string{hostile}, GOPs: []templates.GOPCell{{DownloadHref: hostile}}},
		"problem": templates.ErrorPage{Title: hostile, Detail: hostile},
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, page)
			assert.NotRegexp(t, `<script[^>]*>[^<]`, html)
			assert.NotContains(t, html, "<img src=x")
			bare := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(html, `""`)
			assert.NotRegexp(t, `<[^>]*\s(style|on\w+)=`, bare)
			assert.Contains(t, html, "&lt;img", "it is shown as it is")
		})
	}
	assert.NotContains(t, templates.ContentSecurityPolicy, "unsafe")
}

func TestOddGOPs(t *testing.T) {
	page := templates.GOPsPage{}
	at := time.Duration(0)
	for i, d := range []time.Duration{2, 2, 2, 5, 2, 4, 2} {
		page.GOPs = append(page.GOPs, templates.GOPCell{Number: i, Start: at * time.Second, End: (at + d) * time.Second, Frames: 25, Bytes: int64(1000 * (i + 1))})
		at += d
	}
	page.GOPs[4].Frames = 1
	page.GOPs[6].Open = true
	page.MarkIrregular()
	var words []string
	for _, g := range page.GOPs {
		word := ""
		for _, b := range g.Badges() {
			word += b.Label
			assert.NotEmpty(t, b.Description)
		}
		words = append(words, word)
	}
	assert.Equal(t, []string{"", "", "", "long", "one frame", "", "open"}, words)
	sum := page.Stats()
	assert.Equal(t, 19*time.Second/7, sum.MeanDuration)
	assert.Equal(t, 5*time.Second, sum.MaxDuration)
	assert.Equal(t, 1, sum.Open)
	assert.Equal(t, 3, sum.Irregular)

	// A bar for each, the odd ones apart.
	chart := page.Chart()
	assert.Equal(t, 4, strings.Count(chart.Regular, "M"))
	assert.Equal(t, 6, strings.Count(chart.Irregular, "M"), "with a mark above each")
	assert.True(t, strings.HasPrefix(chart.Regular, "M0 100v-14h104.26v14z"), chart.Regular)
	assert.True(t, strings.HasSuffix(chart.Irregular, "M894.73 100v-98h104.26v98zM315.78 0v5h262.15v-5zM578.94 0v5h104.26v-5zM894.73 0v5h104.26v-5z"), chart.Irregular)
	assert.Nil(t, templates.GOPsPage{GOPs: page.GOPs[:1]}.Chart())
	assert.Nil(t, templates.GOPsPage{GOPs: make([]templates.GOPCell, 2)}.Chart(), "of no length")
}

// What most GOPs of a video are by design is odd in none of them.
func TestWhatIsByDesignIsNotOdd(t *testing.T) {
	gop := templates.GOPCell{End: time.Second, Frames: 25}
	single, open, long := gop, gop, gop
	single.Frames, open.Open, long.End = 1, true, 3*time.Second
	single.End = 40 * time.Millisecond
	for name, c := range map[string]struct {
		gops []templates.GOPCell
		odd  []bool
	}{
		"one frame each":                  {[]templates.GOPCell{single, single, single, single}, []bool{false, false, false, false}},
		"one frame each, but for one":     {[]templates.GOPCell{single, single, gop, single}, []bool{false, false, true, false}}, // which is long
		"one frame in one":                {[]templates.GOPCell{gop, single, gop, gop}, []bool{false, true, false, false}},
		"open, but for the first":         {[]templates.GOPCell{gop, open, open, open}, []bool{false, false, false, false}},
		"half of them open":               {[]templates.GOPCell{gop, open, gop, open}, []bool{false, true, false, true}},
		"most of them open, and one long": {[]templates.GOPCell{open, open, long, open}, []bool{false, false, true, false}},
		"none":                            {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			page := templates.GOPsPage{GOPs: c.gops}
			page.MarkIrregular()
			var odd []bool
			irregular := 0
			for _, g := range page.GOPs {
				odd = append(odd, g.Irregular)
				if g.Irregular {
					irregular++
				}
				assert.Equal(t, g.Open, len(g.Badges()) > 0 && g.Badges()[0].Label == "open", "it has its badge all the same")
			}
			assert.Equal(t, c.odd, odd)
			assert.Equal(t, irregular, page.Stats().Irregular)
		})
	}
}

// The bar of an odd GOP at the end is as wide as any, and within the chart.
func TestLastBarsAreWithinTheChart(t *testing.T) {
	page := templates.GOPsPage{}
	for i := range 10_001 {
		page.GOPs = append(page.GOPs, templates.GOPCell{Number: i, Start: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Frames: 25, Bytes: 100})
	}
	page.GOPs[9_998].Frames, page.GOPs[10_000].Frames = 1, 1
	page.GOPs[10_000].Bytes = 200
	page.MarkIrregular()
	assert.Equal(t, "M998 100v-98h2v98zM998 0v5h2v-5z", page.Chart().Irregular, "of several in one place, the highest")
}

// However many GOPs there are, the chart has as many bars as can be told apart, the highest of each place;
// and the cells come in portions.
func TestManyGOPs(t *testing.T) {
	page := templates.GOPsPage{GOPs: make([]templates.GOPCell, 50_000)}
	for i := range page.GOPs {
		page.GOPs[i] = templates.GOPCell{Number: i, Start: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Frames: 25, Bytes: 100, Open: i >= 25_000}
	}
	page.GOPs[7].Bytes = 1000
	page.MarkIrregular()
	chart := page.Chart()
	assert.LessOrEqual(t, strings.Count(chart.Regular, "M"), 2000)
	assert.LessOrEqual(t, strings.Count(chart.Irregular, "M"), 1001)
	assert.True(t, strings.HasPrefix(chart.Regular, "M0 100v-98h"), chart.Regular[:20])
	assert.True(t, strings.HasPrefix(chart.Irregular, "M500 100v-9.8h2v9.8z"), chart.Irregular[:20])

	number := 0
	for row := range page.Lists() {
		assert.LessOrEqual(t, len(row), 60)
		for _, cell := range row {
			assert.Equal(t, number, cell.Number)
			number++
		}
	}
	assert.Equal(t, 50_000, number)
}
