package httpapi

import (
	"net/http"
	"net/url"
	"path"
	"strconv"

	"gop/templates"
	"gop/video"
)

// videosPage answers GET / with the page of the videos of a folder.
func (s *server) videosPage(w http.ResponseWriter, r *http.Request) error {
	view, err := viewOf(r)
	if err != nil {
		return err
	}
	entries, more, err := s.library.Entries(r.Context(), s.config.LibraryTime)
	if err != nil {
		return err
	}
	page := videosOf(entries, view)
	if view.folder != "" && page.Total == 0 {
		return video.Errorf(video.NotFound, "there is no such folder, or no video in it")
	}
	page.Truncated = more
	body, err := rendered(page)
	if err != nil {
		return err
	}
	pageHeaders(w)
	return s.sendDocument(w, r, document{
		contentType: html,
		tag:         video.ETag(s.config.Build, "videos", string(body)),
		recheck:     true,
		passing:     page.Pending > 0,
		write:       func() ([]byte, error) { return body, nil },
	})
}

// videosOf is the page of a view.
func videosOf(entries []video.Entry, view view) templates.VideosPage {
	videos, folders, all, pending := view.shown(entries)
	page := templates.VideosPage{Search: view.search, Total: all, Pending: pending, AllHref: view.into(view.folder).link()}
	if view.folder != "" {
		page.Breadcrumbs = view.into(folderOf(view.folder)).path()
		page.Folder = path.Base(view.folder)
		page.HiddenFields = append(page.HiddenFields, templates.FormField{Name: "folder", Value: view.folder})
	}
	if grant, err := url.ParseQuery(view.grant); err == nil {
		for _, name := range []string{expiresParameter, signatureParameter} {
			if grant.Has(name) {
				page.HiddenFields = append(page.HiddenFields, templates.FormField{Name: name, Value: grant.Get(name)})
			}
		}
	}
	for _, o := range orders {
		page.SortOptions = append(page.SortOptions, templates.SortOption{Name: o.name, Label: o.words, Selected: o.name == view.sort})
	}
	for _, f := range folders {
		page.Folders = append(page.Folders, templates.FolderCard{
			Name: f.name, Href: view.into(path.Join(view.folder, f.name)).link(), Videos: f.videos,
		})
	}
	for _, e := range videos {
		page.Videos = append(page.Videos, videoCard(e, view))
	}
	return page
}

// posterWidth is what a card is wide at most, and a half more for fine screens: pixels.
const posterWidth = 480

func videoCard(e video.Entry, view view) templates.VideoCard {
	name, _ := view.below(e.Video.Name)
	granted := choice{grant: view.grant}
	card := templates.VideoCard{
		Name: name, Href: videoPath(e.Video.Name) + granted.query(), Bytes: e.Video.Size,
		Unreadable: video.Message(e.Err), Pending: e.Pending,
	}
	if e.Summary != nil {
		card.Summary = summaryOf(*e.Summary)
		granted.edit.Width = posterWidth
		// Videos like to begin in the dark.
		card.ThumbnailHref = videoPath(e.Video.Name) + "/" + strconv.Itoa(e.Summary.GOPs/3) + ".jpg" + granted.query()
	}
	return card
}
