package httpapi

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"gop/templates"
	"gop/video"
)

// gridPage handles GET /videos/{name}/group-of-pictures with the page of a video and its GOPs.
func (s *server) gridPage(w http.ResponseWriter, r *http.Request) error {
	ix, first, p, err := s.resolveVideo(r, onPage)
	if err != nil {
		return err
	}
	if pages := templates.CountPages(ix.GOPs.Len()); p.page > pages {
		return video.Errorf(video.NotFound, "the video has only %d GOPs, on %d pages", ix.GOPs.Len(), pages)
	}
	setPageHeaders(w)
	return s.sendBody(w, r, body{
		contentType: htmlType,
		etag:        s.linkingETag("grid", ix, p),
		hasLinks:    true,
		write: func(w io.Writer) error {
			return newGridPage(ix, first, p, s.breadcrumbs(r, ix.Video.Name)).Render(w)
		},
	})
}

// resolveVideo returns the index of a video, the key of its first GOP with the selected tracks, and the
// parameters of the request with the video's version, for links. It fails if the video lacks one of the
// tracks.
func (s *server) resolveVideo(
	r *http.Request, route routeSet,
) (*video.Index, video.SegmentKey, params, error) {
	name, p, err := parseRequest(r, route)
	if err != nil {
		return nil, video.SegmentKey{}, params{}, err
	}
	c := p.cut(run{})
	c.TranscodeIfNeeded = true
	ix, first, err := s.library.ResolveListing(r.Context(), name, c)
	if err != nil {
		return nil, video.SegmentKey{}, params{}, err
	}
	p.version = versionOf(s.config.Build, ix.Video)
	return ix, first, p, nil
}

const htmlType = "text/html; charset=utf-8"

// forLinks returns p for links to the GOPs of a video. first is the key of its first GOP; if it is a
// transcode, the links ask for one.
func (p params) forLinks(first video.SegmentKey) params {
	p.edit.Transcode = first.IsTranscode()
	return p
}

// newGridPage returns the page of a video. first is the key of its first GOP with the selected tracks.
// folders are links to its folders, or nil.
func newGridPage(
	ix *video.Index, first video.SegmentKey, p params, folders []templates.Link,
) templates.GOPsPage {
	page := templates.GOPsPage{
		Site: templates.Site{Prefix: p.prefix},
		Name: video.PrintableName(ix.Video.Name), Breadcrumbs: folders, Bytes: ix.Video.Size,
		Summary:         *newSummary(ix.Summary()),
		JSONHref:        listingURL(ix.Video.Name, p),
		DescriptionHref: descriptionURL(ix.Video.Name, p),
		Metadata:        newMetadata(ix),
		HasMetadata:     p.metadata,
		VideoTracks:     trackLinks(ix, p, video.VideoTrack, first.VideoStream),
		AudioTracks:     trackLinks(ix, p, video.AudioTrack, first.AudioStream),
		GOPs:            newCells(ix),
		Page:            max(p.page, 1),
	}
	page.MarkIrregular()
	addPageLinks(&page, ix, p)
	if d := &ix.Description; p.metadata || len(d.SegmentTags()) > 0 {
		other := p
		other.metadata = !p.metadata
		page.MetadataHref = pageURL(ix.Video.Name, other)
	}
	if reason := p.cut(run{}).AudioLeftOut(ix); reason != "" {
		page.Notes = append(page.Notes, "No audio: "+reason+".")
	}
	if reason := ix.Track().Unsupported; reason != "" {
		page.Notes = append(page.Notes, "Transcoded to H.264: "+reason+".")
	}
	download := p.forLinks(first)
	playback := download
	playback.noLeading = true // some browsers cannot decode leading frames
	for i := range page.Shown() {
		cell := &page.Shown()[i]
		cell.DownloadHref = segmentURL(ix.Video.Name, cell.Number, download)
		cell.PlayHref = cell.DownloadHref
		if ix.GOPs.At(cell.Number).Leading > 0 {
			cell.PlayHref = segmentURL(ix.Video.Name, cell.Number, playback)
		}
		cell.ThumbnailHref = thumbnailURL(ix.Video.Name, cell.Number, p)
	}
	return page
}

// newCells returns the cells of all GOPs, without links.
func newCells(ix *video.Index) []templates.GOPCell {
	base := ix.Track().TimeBase
	cells := make([]templates.GOPCell, ix.GOPs.Len())
	for i, g := range ix.GOPs.All() {
		cells[i] = templates.GOPCell{
			Number: g.Number, Start: duration(g.Start, base), End: duration(g.End, base),
			Frames: g.Frames, Bytes: g.Bytes, BitRate: bitRate(g, base), Open: !g.Closed, Trimmed: g.Trimmed,
		}
	}
	return cells
}

// addPageLinks adds the links to the other pages of a video with many GOPs, and to the data of all GOPs.
func addPageLinks(page *templates.GOPsPage, ix *video.Index, p params) {
	href := func(n int) string {
		other := p
		other.page = n
		return pageURL(ix.Video.Name, other)
	}
	for i, c := range page.Metadata.Chapters {
		if n := templates.PageOf(c.GOP); n != page.Page {
			page.Metadata.Chapters[i].PageHref = href(n)
		}
	}
	last := templates.CountPages(ix.GOPs.Len())
	if last == 1 {
		return
	}
	all := p
	all.columns = true
	page.ColumnsHref = listingURL(ix.Video.Name, all)
	page.PageLinks = pageLinks(page.Page, last, href)
}

// pageLinks returns links from the n-th of several pages to the others. href returns the URL of a page.
func pageLinks(n, last int, href func(int) string) (links []templates.Link) {
	if n > 1 {
		links = append(links, templates.Link{Text: "First", Href: href(1)},
			templates.Link{Text: "Previous", Href: href(n - 1), Rel: "prev"})
	}
	if n < last {
		links = append(links, templates.Link{Text: "Next", Href: href(n + 1), Rel: "next"},
			templates.Link{Text: "Last", Href: href(last)})
	}
	return links
}

// trackLinks returns links to the pages of the tracks of a kind; nil if there are fewer than two. selected is
// the stream index of the track on this page.
func trackLinks(ix *video.Index, p params, kind video.TrackKind, selected int) []templates.TrackLink {
	if ix.CountTracks(kind) < 2 {
		return nil
	}
	var links []templates.TrackLink
	n := 0
	for _, t := range ix.Tracks {
		if t.Kind != kind {
			continue
		}
		n++
		link := templates.TrackLink{
			Number: n, Details: trackDetails(ix, t), Unsupported: t.Unsupported,
			Selected: t.StreamIndex == selected,
		}
		if t.Unsupported == "" || kind == video.VideoTrack { // any video can be transcoded
			target := p
			target.page = 0
			if kind == video.VideoTrack {
				target.video = n
			} else {
				target.audio = n
			}
			link.Href = pageURL(ix.Video.Name, target)
		}
		links = append(links, link)
	}
	return links
}

// trackDetails returns the codec of a track and, where the file states them, its language and title.
func trackDetails(ix *video.Index, t video.Track) string {
	details := []string{t.Codec}
	tags := ix.Description.TrackTags(t.StreamIndex)
	if language := tags.Get("language"); language != "" && language != "und" {
		details = append(details, language)
	}
	if title := tags.Get("title"); title != "" {
		details = append(details, title)
	}
	return strings.Join(details, ", ")
}

// newSummary returns the properties of a video for a page, with the size of an upright frame.
func newSummary(sum video.Summary) *templates.Summary {
	t := sum.Track
	width, height := t.Width, t.Height
	if t.Rotation%180 != 0 {
		width, height = height, width
	}
	return &templates.Summary{
		Codec: t.Codec, CodecsParam: t.MIME, Width: width, Height: height, AudioCodec: sum.AudioCodec,
		Duration: duration(sum.Duration, t.TimeBase), GOPs: sum.GOPs, Frames: sum.Frames,
	}
}

// duration converts ticks to a time.Duration, rounded to microseconds.
func duration(t video.Ticks, base video.Rational) time.Duration {
	return time.Duration(t.Micros(base)) * time.Microsecond
}

// render returns the whole HTML of a page, so that an error can still change the response.
func render(page templates.Page) ([]byte, error) {
	var html bytes.Buffer
	err := page.Render(&html)
	return html.Bytes(), err
}

// writePage sends a page with an error status.
func writePage(w http.ResponseWriter, status int, page templates.Page) {
	html, err := render(page)
	if err != nil {
		html = []byte(template.HTMLEscapeString(http.StatusText(status)))
	}
	setPageHeaders(w)
	w.Header().Set("Content-Type", htmlType)
	w.WriteHeader(status)
	_, _ = w.Write(html)
}

// setPageHeaders sets the headers that restrict a page to resources of this server, and that hide its URL,
// which may be signed, from other sites.
func setPageHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", templates.ContentSecurityPolicy)
	h.Set("Referrer-Policy", "same-origin")
}
