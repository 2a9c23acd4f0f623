package httpapi

import (
	"net/http"
	"net/url"
	"path"

	"gop/templates"
	"gop/video"
)

// libraryPage handles GET / with the page of the videos in a folder.
func (s *server) libraryPage(w http.ResponseWriter, r *http.Request) error {
	p, err := parseQuery(r.URL.RawQuery, onLibrary)
	if err != nil {
		return err
	}
	p.signature = grantOf(r).query
	entries, more, err := s.library.Entries(r.Context(), s.config.LibraryTime)
	if err != nil {
		return err
	}
	page := libraryPageOf(entries, p)
	if p.folder != "" && page.Total == 0 {
		return video.Errorf(video.NotFound, "there is no folder of this name with videos in it")
	}
	page.Truncated = more
	html, err := render(page)
	if err != nil {
		return err
	}
	setPageHeaders(w)
	return s.sendBody(w, r, body{
		contentType: htmlType,
		etag:        etag(s.config.Build, "videos", string(html)),
		mustRecheck: true,
		isTransient: page.Pending > 0,
		write:       func() ([]byte, error) { return html, nil },
	})
}

func libraryPageOf(entries []video.Entry, p params) templates.VideosPage {
	v := selectEntries(p, entries)
	page := templates.VideosPage{
		Search: p.search, Total: v.total, Pending: v.pending, AllHref: libraryURL(folderParams(p, p.folder)),
	}
	if p.folder != "" {
		page.Breadcrumbs = folderLinks(folderParams(p, folderOf(p.folder)))
		page.Folder = path.Base(p.folder)
		page.HiddenFields = append(page.HiddenFields, templates.FormField{Name: "folder", Value: p.folder})
	}
	if signature, err := url.ParseQuery(p.signature); err == nil {
		for _, name := range []string{expiresParam, signatureParam} {
			if signature.Has(name) {
				page.HiddenFields = append(page.HiddenFields, templates.FormField{Name: name, Value: signature.Get(name)})
			}
		}
	}
	for _, o := range sortOrders {
		page.SortOptions = append(page.SortOptions, templates.SortOption{
			Name: o.name, Label: o.label, Selected: o.name == p.sort,
		})
	}
	for _, f := range v.folders {
		page.Folders = append(page.Folders, templates.FolderCard{
			Name: f.name, Href: libraryURL(folderParams(p, path.Join(p.folder, f.name))), Videos: f.videos,
		})
	}
	for _, e := range v.videos {
		page.Videos = append(page.Videos, videoCard(e, p))
	}
	return page
}

// cardImageWidth is the width of a card's image in pixels: one and a half times the card's, for high-density
// screens.
const cardImageWidth = 480

func videoCard(e video.Entry, p params) templates.VideoCard {
	name, _ := nameIn(p.folder, e.Video.Name)
	link := params{signature: p.signature}
	card := templates.VideoCard{
		Name: name, Href: videoPath(e.Video.Name) + link.query(onVideo), Bytes: e.Video.Size,
		Unreadable: video.Message(e.Err), Pending: e.Pending,
	}
	if e.Summary != nil {
		card.Summary = summaryOf(*e.Summary)
		link.edit.Width = cardImageWidth
		// Many videos begin with a black frame.
		card.ThumbnailHref = thumbnailURL(e.Video.Name, e.Summary.GOPs/3, link)
	}
	return card
}
