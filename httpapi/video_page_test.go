package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/templates"
	"gop/video"
)

func indexes(name string) map[string]*video.Index {
	return map[string]*video.Index{name: testIndex(name)}
}

func TestPageHeaders(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, path := range []string{"/", gopsPath} {
		resp := get(t, handler, path)
		assert.Equal(t, templates.ContentSecurityPolicy, resp.Header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "same-origin", resp.Header.Get("Referrer-Policy"), path)
		assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"), path)
	}
}

func TestVideoProperties(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*video.Index)
		want   string
		not    string
	}{
		"plain":          {func(*video.Index) {}, "<dt>Audio</dt><dd>aac</dd>", "No audio"},
		"rotated by 90":  {func(ix *video.Index) { ix.Tracks[0].Rotation = 90 }, "108×192", "192×108"},
		"rotated by 180": {func(ix *video.Index) { ix.Tracks[0].Rotation = 180 }, "192×108", "108×192"},
		"without audio": {
			func(ix *video.Index) { ix.Tracks, ix.DefaultAudio = ix.Tracks[:1], -1 },
			"<dt>Audio</dt><dd>none</dd>", "aac",
		},
		"unsupported audio": {
			func(ix *video.Index) { ix.Tracks[1].Unsupported = "mp4 cannot hold it" },
			"No audio: mp4 cannot hold it.", "<dd>aac</dd>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeLibrary()
			c.change(s.indexes["a.mp4"])
			handler, _ := newHandler(t, s)
			html := body(t, get(t, handler, gopsPath))
			assert.Contains(t, html, c.want)
			assert.NotContains(t, html, c.not)
		})
	}
}

// If mp4 cannot hold the video track, the page and the listing link to transcodes.
func TestUnsupportedVideoTrack(t *testing.T) {
	s := newFakeLibrary()
	ix := s.indexes["a.mp4"]
	ix.Tracks[ix.Primary].Unsupported = "mp4 cannot hold it"
	ix.Tracks[ix.Primary].Width, ix.Tracks[ix.Primary].Height = 640, 360
	handler, _ := newHandler(t, s)
	page := withoutVersions(body(t, get(t, handler, gopsPath)))
	assert.Contains(t, page, "Transcoded to H.264: mp4 cannot hold it.")
	assert.Contains(t, page, `href="`+gopPath+`?codec=h264"`)
	assert.Contains(t, page, `href="`+gopsPath+`.json"`)
	listing := withoutVersions(body(t, get(t, handler, gopsPath+".json")))
	assert.Contains(t, listing, `"href":"`+gopPath+`?codec=h264"`)
	assert.Equal(t, http.StatusOK, get(t, handler, gopPath+"?codec=h264").StatusCode)
	refused := get(t, handler, gopPath)
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Contains(t, body(t, refused), "it can be transcoded to H.264")
}
