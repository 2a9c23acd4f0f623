package httpapi

import (
	"bytes"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gop/templates"
	"gop/video"
)

// gridPage answers GET /videos/{name}/group-of-pictures with the page of a video's GOPs.
func (s *server) gridPage(w http.ResponseWriter, r *http.Request) error {
	ix, choice, err := s.chosen(r, videoGrammar)
	if err != nil {
		return err
	}
	pageHeaders(w)
	return s.sendDocument(w, r, document{
		contentType: html,
		tag:         video.ETag(s.config.Build, "grid", ix.Video.Name, ix.Video.Version, choice.query()),
		write:       func() ([]byte, error) { return rendered(gridOf(ix, choice, s.pathTo(r, ix.Video.Name))) },
	})
}

const html = "text/html; charset=utf-8"

// gridOf is the page of a video; path leads to its folders, if anywhere.
func gridOf(ix *video.Index, choice choice, path []templates.Link) templates.GOPsPage {
	base := ix.Track().TimeBase
	page := templates.GOPsPage{
		Name: ix.Video.Name, Breadcrumbs: path, Bytes: ix.Video.Size, Summary: *summaryOf(ix.Summary()),
		JSONHref:    videoPath(ix.Video.Name) + ".json" + choice.query(),
		VideoTracks: trackLinks(ix, choice, video.VideoTrack), AudioTracks: trackLinks(ix, choice, video.AudioTrack),
	}
	if reason := ix.AudioUnsupported(); reason != "" && choice.audio == 0 {
		page.Notes = append(page.Notes, "Without sound: "+reason+".")
	}
	still := ".jpg" + choice.ofImage().query()
	if left := ix.Track().Unsupported; left != "" {
		page.Notes = append(page.Notes, "Encoded as H.264: "+left+" as it is.")
	}
	whole := choice.playable(ix)
	played := whole
	played.noLeading = true
	for _, g := range ix.GOPs {
		href := segmentPath(ix.Video.Name, g.Number, whole)
		play := href
		if g.Leading > 0 {
			play = segmentPath(ix.Video.Name, g.Number, played)
		}
		page.GOPs = append(page.GOPs, templates.GOPCell{
			Number: g.Number, DownloadHref: href, PlayHref: play,
			ThumbnailHref: videoPath(ix.Video.Name) + "/" + strconv.Itoa(g.Number) + still,
			Start:         microseconds(g.Start, base), End: microseconds(g.End, base),
			Frames: g.Frames, Bytes: g.Bytes, BitRate: bitRate(g, base), Open: !g.Closed,
		})
	}
	page.MarkIrregular()
	return page
}

// trackLinks leads to the pages of the other tracks of a kind; nil where there is nothing to choose.
func trackLinks(ix *video.Index, c choice, kind video.TrackKind) []templates.TrackLink {
	if ix.CountTracks(kind) < 2 {
		return nil
	}
	var links []templates.TrackLink
	chosen := ix.Primary
	if key, err := ix.Key(c.playable(ix).cut(0)); kind == video.AudioTrack && err == nil {
		chosen = slices.IndexFunc(ix.Tracks, func(t video.Track) bool { return t.StreamIndex == key.Audio })
	}
	for n := 1; ix.TrackIndex(kind, n) >= 0; n++ {
		place := ix.TrackIndex(kind, n)
		to := c
		if kind == video.VideoTrack {
			to.video = n
		} else {
			to.audio = n
		}
		t := ix.Tracks[place]
		link := templates.TrackLink{Number: n, Codec: t.Codec, Unsupported: t.Unsupported, Selected: place == chosen}
		if t.Unsupported == "" || kind == video.VideoTrack { // which can be encoded
			link.Href = videoPath(ix.Video.Name) + to.query()
		}
		links = append(links, link)
	}
	return links
}

func summaryOf(sum video.Summary) *templates.Summary {
	t := sum.Track
	width, height := t.Width, t.Height
	if t.Rotation%180 != 0 {
		width, height = height, width
	}
	return &templates.Summary{
		Codec: t.Codec, CodecsParam: t.MIME, Width: width, Height: height, AudioCodec: sum.AudioCodec,
		Duration: microseconds(sum.Duration, t.TimeBase), GOPs: sum.GOPs, Frames: sum.Frames,
	}
}

func microseconds(t video.Ticks, base video.Rational) time.Duration {
	return time.Duration(t.Micros(base)) * time.Microsecond
}

// rendered is a page that is finished before its first byte goes out.
func rendered(page templates.Page) ([]byte, error) {
	var body bytes.Buffer
	err := page.Render(&body)
	return body.Bytes(), err
}

// writePage sends a page with a status that is no success.
func writePage(w http.ResponseWriter, status int, page templates.Page) {
	body, err := rendered(page)
	if err != nil {
		body = []byte(template.HTMLEscapeString(http.StatusText(status)))
	}
	pageHeaders(w)
	w.Header().Set("Content-Type", html)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// pageHeaders keep a page to its own: it loads nothing from elsewhere, and tells nobody where a
// click came from.
func pageHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", templates.ContentSecurityPolicy)
	h.Set("Referrer-Policy", "same-origin")
}
