package templates_test

import (
	"regexp"
	"strings"
	"testing"

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

func TestErrorPage(t *testing.T) {
	html := render(t, templates.ErrorPage{Status: 404, Title: "Not Found", Detail: "no such video"})
	assert.Contains(t, html, "<title>Not Found</title>")
	assert.Contains(t, html, "<h1>404: Not Found</h1>")
	assert.Contains(t, html, "<p>Reason: no such video.</p>")
	html = render(t, templates.ErrorPage{Status: 499, Title: "Client Closed Request"})
	assert.NotContains(t, html, "Reason")
}

// Pages escape every text, and need no inline script, inline style or event handler, which the
// Content-Security-Policy forbids.
func TestPagesEscapeTexts(t *testing.T) {
	const hostile = `x" onclick="a()" style="color:red"><img src=x onerror=a()><script>a()</script>`
	summary := templates.Summary{Codec: hostile, CodecsParam: hostile, AudioCodec: hostile}
	links := []templates.Link{{Text: hostile, Href: hostile}}
	for name, page := range map[string]templates.Page{
		"videos": templates.VideosPage{
			Folder: hostile, Breadcrumbs: links, Total: 2, Search: hostile,
			Videos: []templates.VideoCard{
				{Name: hostile, Href: hostile, ThumbnailHref: hostile, Summary: &summary},
				{Unreadable: hostile},
			},
		},
		"gops": templates.GOPsPage{
			Name: hostile, Breadcrumbs: links, JSONHref: hostile, DescriptionHref: hostile, Summary: summary,
			Notes:       []string{hostile},
			VideoTracks: []templates.TrackLink{{Details: hostile, Unsupported: hostile}},
			GOPs: []templates.GOPCell{
				{DownloadHref: hostile, PlayHref: hostile, ThumbnailHref: hostile},
			},
		},
		"error": templates.ErrorPage{Breadcrumbs: links, Title: hostile, Detail: hostile},
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, page)
			assert.NotRegexp(t, `<script[^>]*>[^<]`, html)
			assert.NotContains(t, html, "<script>")
			assert.NotContains(t, html, "<img src=x")
			withoutValues := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(html, `""`)
			assert.NotRegexp(t, `<[^>]*\s(style|on\w+)=`, withoutValues)
			assert.Contains(t, html, "&lt;img")
		})
	}
	assert.NotContains(t, templates.ContentSecurityPolicy, "unsafe")
}
