// Package templates renders the HTML pages. Each page is a struct that holds everything the page displays.
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"io"
)

// Page renders itself as an HTML document.
type Page interface {
	Render(w io.Writer) error
}

// Site is where clients find the server.
type Site struct {
	Prefix string // path before that of every link, such as /gop; "" for none
}

// Link is a hyperlink to another page.
type Link struct {
	Text, Href string
	Rel        string // link type in HTML, such as next; may be empty
}

// ErrorPage is the response to a request that failed.
type ErrorPage struct {
	Site
	Breadcrumbs []Link // the parent folders; nil if the client may not list them
	Status      int    // HTTP status
	Title       string // reason phrase of Status
	Detail      string // a clause without a final period; may be empty
}

// Render writes the page to w.
func (p VideosPage) Render(w io.Writer) error { return render(w, "videos.html", p) }

// Render writes the page to w.
func (p GOPsPage) Render(w io.Writer) error { return render(w, "gops.html", p) }

// Render writes the page to w.
func (p ErrorPage) Render(w io.Writer) error { return render(w, "error.html", p) }

//go:embed *.html
var templateFiles embed.FS

// ContentSecurityPolicy allows styles, scripts, media, images, fetches and form submissions of the same
// origin. It also allows data: images, for the empty icon and the preview of filters.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; media-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"seconds": formatSeconds,
	"bytes":   formatBytes,
	"clock":   formatClock,
	"bitrate": formatBitRate,
	"count":   formatCount,
}).ParseFS(templateFiles, "*.html"))

func render(w io.Writer, name string, data any) error {
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}
