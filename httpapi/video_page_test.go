package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/templates"
	"gop/video"
)

func indexes(name string) map[string]*video.Index {
	return map[string]*video.Index{name: film(name)}
}

func TestPageOfAnEmptyLibrary(t *testing.T) {
	handler, _ := serverOf(t, &shelf{})
	answer := ask(t, handler, http.MethodGet, "/")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Contains(t, body(t, answer), "There are no videos")
}

func TestPagesHaveTheirPolicy(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for _, path := range []string{"/", grid} {
		answer := ask(t, handler, http.MethodGet, path)
		assert.Equal(t, templates.ContentSecurityPolicy, answer.Header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "same-origin", answer.Header.Get("Referrer-Policy"), path)
		assert.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"), path)
	}
}

func TestFactsOfAVideo(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*video.Index)
		want   string
		not    string
	}{
		"as it is":       {func(*video.Index) {}, "<dt>Audio</dt><dd>aac</dd>", "Without sound"},
		"turned":         {func(ix *video.Index) { ix.Tracks[0].Rotation = 90 }, "108×192", "192×108"},
		"upside down":    {func(ix *video.Index) { ix.Tracks[0].Rotation = 180 }, "192×108", "108×192"},
		"silent":         {func(ix *video.Index) { ix.Tracks, ix.DefaultAudio = ix.Tracks[:1], -1 }, "<dt>Audio</dt><dd>none</dd>", "aac"},
		"sound left out": {func(ix *video.Index) { ix.Tracks[1].Unsupported = "mp4 cannot hold it" }, "No audio: mp4 cannot hold it.", "<dd>aac</dd>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			c.change(s.indexes["a.mp4"])
			handler, _ := serverOf(t, s)
			html := body(t, ask(t, handler, http.MethodGet, grid))
			assert.Contains(t, html, c.want)
			assert.NotContains(t, html, c.not)
		})
	}
}

// What mp4 cannot hold as it is, the page and the listing lead to encoded.
func TestVideoThatMP4CannotHold(t *testing.T) {
	s := newShelf()
	ix := s.indexes["a.mp4"]
	ix.Tracks[ix.Primary].Unsupported = "mp4 cannot hold it"
	ix.Tracks[ix.Primary].Width, ix.Tracks[ix.Primary].Height = 640, 360
	handler, _ := serverOf(t, s)
	page := body(t, ask(t, handler, http.MethodGet, grid))
	assert.Contains(t, page, "Transcoded to H.264: mp4 cannot hold it.")
	assert.Contains(t, page, `href="`+one+`?codec=h264"`)
	assert.Contains(t, page, `href="`+grid+`.json"`)
	assert.Contains(t, body(t, ask(t, handler, http.MethodGet, grid+".json")), `"href":"`+one+`?codec=h264"`)
	assert.Equal(t, http.StatusOK, ask(t, handler, http.MethodGet, one+"?codec=h264").StatusCode)
	refused := ask(t, handler, http.MethodGet, one)
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Contains(t, body(t, refused), "it can be transcoded to H.264")
}
