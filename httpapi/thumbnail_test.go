package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
	"gop/video/cut"
)

func TestThumbnails(t *testing.T) {
	s := newMultiTrackLibrary()
	handler, _ := newHandler(t, s)
	for target, want := range map[string]cut.Thumbnail{
		"/0.jpg":                  {Format: video.JPEG},
		"/1.png":                  {GOP: 1, Format: video.PNG},
		"/1.jpg?width=16":         {GOP: 1, Format: video.JPEG, Edit: cut.Edit{Width: 16}},
		"/1.png?width=01920":      {GOP: 1, Format: video.PNG, Edit: cut.Edit{Width: 1920}},
		"/0.jpg?video=2&width=99": {Video: 2, Format: video.JPEG, Edit: cut.Edit{Width: 99}},
	} {
		resp := get(t, handler, "/videos/many.mp4/group-of-pictures"+target)
		assert.Equal(t, http.StatusOK, resp.StatusCode, target)
		assert.Equal(t, want, s.lastImage, target)
		assert.Equal(t, want.Format.MediaType(), resp.Header.Get("Content-Type"))
		assert.NotEmpty(t, resp.Header.Get("Cache-Status"))
		assert.Empty(t, resp.Header.Get("Gop-Left-Out"), "a thumbnail has no audio")
		made := s.made
		again := get(t, handler, "/videos/many.mp4/group-of-pictures"+target, "If-None-Match",
			resp.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.StatusCode)
		assert.Equal(t, made, s.made, "nothing is made for a 304")
		part := get(t, handler, "/videos/many.mp4/group-of-pictures"+target, "Range", "bytes=1-2")
		assert.Equal(t, "12", body(t, part))
	}
}

func TestThumbnailETags(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	tags := map[string]string{}
	for _, target := range []string{
		"/0.mp4", "/0.jpg", "/0.png", "/0.jpg?width=321", "/1.jpg", "/0.jpg?video=2",
	} {
		tag := get(t, handler, "/videos/many.mp4/group-of-pictures"+target).Header.Get("ETag")
		assert.NotContains(t, tags, tag, target)
		tags[tag] = target
	}
	assert.Equal(t, "/0.jpg", tags[get(t, handler,
		"/videos/many.mp4/group-of-pictures/0.jpg?width=320&video=1").Header.Get("ETag")])
}

func TestInvalidThumbnails(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	for target, status := range map[string]int{
		"/0.jpg?width=15": 400, "/0.jpg?width=1921": 400, "/0.jpg?width=x": 400, "/0.jpg?width=": 400,
		"/0.jpg?width=-20": 400, "/0.jpg?width=20&width=20": 400, "/0.png?audio=0": 400,
		"/0.jpg?leading=0": 400, "/x.jpg": 400, "/-1.png": 400, "/9.jpg": 404, "/0.gif": 404, "/0.jpeg": 404,
		"/0.jpg?video=3": 404, "/0.mp4?width=320": 400, ".json?width=320": 400, "?width=320": 400,
	} {
		resp := get(t, handler, "/videos/many.mp4/group-of-pictures"+target)
		assert.Equal(t, status, resp.StatusCode, target)
	}
	text := body(t, get(t, handler, "/videos/many.mp4/group-of-pictures/0.jpg?width=9"))
	assert.Contains(t, text, `width must be a number of pixels from 16 to 1920, not \"9\"`)
	text = body(t, get(t, handler, "/videos/many.mp4/group-of-pictures/0.jpg?audio=0"))
	assert.Contains(t, text,
		`unknown parameter \"audio\"; this URL accepts video, crop, rotate, flip, width, height, fit, `+
			`gray, hue, saturation, brightness, contrast, blur, sharpen and v`)
}
