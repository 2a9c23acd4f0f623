package httpapi

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"gop/templates"
	"gop/video"
)

// libraryPage handles GET / with the page of the videos in a folder.
func (s *server) libraryPage(w http.ResponseWriter, r *http.Request) error {
	p, err := parseQuery(r.URL.RawQuery, onLibrary)
	if err != nil {
		return err
	}
	p.links = linksOf(r)
	catalog, err := s.library.Catalog(r.Context(), s.config.LibraryTime)
	if err != nil {
		return err
	}
	view := sync.OnceValues(func() (libraryView, error) { return selectEntries(p, catalog.Entries) })
	if strings.Contains(r.Header.Get("If-None-Match"), "*") {
		// RFC 9110, section 13.1.2: the condition is false only if the page exists.
		if _, err := view(); err != nil {
			return err
		}
	}
	setPageHeaders(w)
	return s.sendBody(w, r, body{
		contentType: htmlType,
		etag:        etag(s.config.Build, "videos", catalog.Version, libraryURL(p)),
		mustRecheck: true,
		hasLinks:    true,
		isTransient: catalog.Pending > 0,
		write: func(w io.Writer) error {
			v, err := view()
			if err != nil {
				return err
			}
			page := newLibraryPage(v, p, s.config.Build)
			page.Truncated = catalog.More
			return page.Render(w)
		},
	})
}

// newLibraryPage returns the page of the view that p describes. build is the Config's.
func newLibraryPage(v libraryView, p params, build string) templates.VideosPage {
	page := templates.VideosPage{
		Site:   templates.Site{Prefix: p.prefix},
		Search: p.search, Total: v.total, Pending: v.pending, AllHref: libraryURL(folderParams(p, p.folder)),
		Matches: len(v.videos), HasFolders: len(v.folders) > 0,
		Page: max(p.page, 1), Pages: v.pages(),
	}
	page.PageLinks = pageLinks(page.Page, page.Pages, func(n int) string {
		other := p
		other.page = n
		return libraryURL(other)
	})
	if p.folder != "" {
		page.Breadcrumbs = folderLinks(folderParams(p, folderOf(p.folder)))
		page.Folder = video.PrintableName(path.Base(p.folder))
		page.HiddenFields = append(page.HiddenFields, templates.FormField{
			Name: "folder", Value: video.PrintableName(p.folder),
		})
	}
	page.HiddenFields = append(page.HiddenFields, signatureFields(p.signature)...)
	for _, o := range sortOrders {
		page.SortOptions = append(page.SortOptions, templates.SortOption{
			Name: o.name, Label: o.label, Selected: o.name == p.sort,
		})
	}
	folders, videos := v.page(page.Page)
	for _, f := range folders {
		page.Folders = append(page.Folders, templates.FolderCard{
			Name: video.PrintableName(f.name), Videos: f.videos,
			Href: libraryURL(folderParams(p, path.Join(p.folder, f.name))),
		})
	}
	for _, e := range videos {
		page.Videos = append(page.Videos, videoCard(e, p, build))
	}
	return page
}

// signatureFields returns form fields for the parameters of a signature, encoded as in params.
func signatureFields(signature string) (fields []templates.FormField) {
	values, err := url.ParseQuery(signature)
	if err != nil {
		return nil
	}
	for _, name := range []string{expiresParam, signatureParam} {
		if values.Has(name) {
			fields = append(fields, templates.FormField{Name: name, Value: values.Get(name)})
		}
	}
	return fields
}

// cardImageWidth is the width of a card's thumbnail in pixels: one and a half times that of the card, for
// high-density screens.
const cardImageWidth = 480

// videoCard returns the card of a video on a page with the parameters p.
func videoCard(e *video.Entry, p params, build string) templates.VideoCard {
	name, _ := nameIn(p.folder, e.Video.Name)
	link := params{links: p.links}
	card := templates.VideoCard{
		Name: video.PrintableName(name), Href: pageURL(e.Video.Name, link),
		Bytes: e.Video.Size, Unreadable: video.Message(e.Err), Pending: e.Pending,
	}
	if e.Summary != nil {
		card.Summary = newSummary(*e.Summary)
		link.edit.Width, link.version = cardImageWidth, versionOf(build, e.Video)
		// The first GOP would often be a black frame.
		card.ThumbnailHref = thumbnailURL(e.Video.Name, e.Summary.GOPs/3, link)
	}
	return card
}
