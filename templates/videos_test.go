package templates_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/templates"
)

func summary(frames int) templates.Summary {
	return templates.Summary{
		Codec: "h264", Width: 1920, Height: 1080, Duration: 90 * time.Second,
		GOPs: frames, Frames: frames, AudioCodec: "aac",
	}
}

func TestVideosPage(t *testing.T) {
	one, many := summary(1), summary(12)
	html := render(t, templates.VideosPage{Total: 4, Videos: []templates.VideoCard{
		{Name: "a b.mp4", Href: "/videos/a%20b.mp4/group-of-pictures", Bytes: 1_500_000, Summary: &many},
		{Name: "one.mp4", Href: "/videos/one.mp4/group-of-pictures", Summary: &one},
		{Name: "bad.mp4", Href: "/videos/bad.mp4/group-of-pictures", Bytes: 12, Unreadable: "no moov box"},
		{Name: "new.mp4", Href: "/videos/new.mp4/group-of-pictures", Bytes: 34, Pending: true},
	}})
	for _, want := range []string{
		`<a class="name" href="/videos/a%20b.mp4/group-of-pictures">a b.mp4</a>`,
		"<p>h264, 1920×1080, 0.133 fps, aac audio, 1:30.000, 12 GOPs, 12 frames, 1.5\u00a0MB</p>",
		"1 GOP, 1 frame,",
		"Unreadable: no moov box.",
		`<li data-name="bad.mp4" class="unreadable">`,
		`<li data-name="new.mp4" data-pending="1">`,
		`<a class="name" href="/videos/new.mp4/group-of-pictures">new.mp4</a>`,
		"<p>34\u00a0B</p>",
	} {
		assert.Contains(t, html, want)
	}
	assert.NotContains(t, html, "/videos/bad.mp4/", "an unreadable video has no page")
	assert.NotContains(t, html, "There are no videos")
}

func TestVideosPageCounts(t *testing.T) {
	folders := []templates.FolderCard{{Name: "a", Videos: 1}}
	videos := []templates.VideoCard{{Name: "a.mp4"}}
	oneMatch := templates.VideosPage{Total: 2, Matches: 1, Search: "x", Videos: videos}
	const truncated = "9 videos; the library has more that are not listed</p>"
	for name, c := range map[string]struct {
		page templates.VideosPage
		want string
	}{
		"all":        {templates.VideosPage{Total: 2}, `role="status">2 videos</p>`},
		"one":        {templates.VideosPage{Total: 1}, `role="status">1 video</p>`},
		"truncated":  {templates.VideosPage{Total: 9, Truncated: true}, truncated},
		"no match":   {templates.VideosPage{Total: 2, Search: "x"}, "0 of 2 videos match “x”."},
		"one match":  {oneMatch, "1 of 2 videos matches “x”."},
		"no videos":  {templates.VideosPage{}, "There are no videos in this folder."},
		"indexing":   {templates.VideosPage{Total: 3, Pending: 1}, "2 of 3 indexed"},
		"subfolders": {templates.VideosPage{Folders: folders}, "<span>1 video</span>"},
	} {
		assert.Contains(t, render(t, c.page), c.want, name)
	}
}
