package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestStills(t *testing.T) {
	s := ofMany()
	handler, _ := serverOf(t, s)
	for target, want := range map[string]video.Cut{
		"/0.jpg":                  {Image: video.Image{Format: video.JPEG}},
		"/1.png":                  {GOP: 1, Image: video.Image{Format: video.PNG}},
		"/1.jpg?width=16":         {GOP: 1, Image: video.Image{Format: video.JPEG}, Edit: video.Edit{Width: 16}},
		"/1.png?width=01920":      {GOP: 1, Image: video.Image{Format: video.PNG}, Edit: video.Edit{Width: 1920}},
		"/0.jpg?video=2&width=99": {Image: video.Image{Format: video.JPEG}, Edit: video.Edit{Width: 99}},
	} {
		answer := ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures"+target)
		assert.Equal(t, http.StatusOK, answer.StatusCode, target)
		assert.Equal(t, want, s.last, target)
		assert.Equal(t, want.Image.Format.MediaType(), answer.Header.Get("Content-Type"))
		assert.NotEmpty(t, answer.Header.Get("Cache-Status"))
		assert.Empty(t, answer.Header.Get("Gop-Left-Out"), "an image lacks no sound")
		cuts := s.cuts
		again := ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures"+target, "If-None-Match", answer.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.StatusCode)
		assert.Equal(t, cuts, s.cuts, "nothing is made for that")
		part := ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures"+target, "Range", "bytes=1-2")
		assert.Equal(t, "12", body(t, part))
	}
}

func TestStillsHaveTagsOfTheirOwn(t *testing.T) {
	handler, _ := serverOf(t, ofMany())
	tags := map[string]string{}
	for _, target := range []string{"/0.mp4", "/0.jpg", "/0.png", "/0.jpg?width=321", "/1.jpg", "/0.jpg?video=2"} {
		tag := ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures"+target).Header.Get("ETag")
		assert.NotContains(t, tags, tag, target)
		tags[tag] = target
	}
	assert.Equal(t, "/0.jpg", tags[ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures/0.jpg?width=320&video=1").Header.Get("ETag")])
}

func TestStillsRefuse(t *testing.T) {
	handler, _ := serverOf(t, ofMany())
	for target, status := range map[string]int{
		"/0.jpg?width=15": 400, "/0.jpg?width=1921": 400, "/0.jpg?width=x": 400, "/0.jpg?width=": 400, "/0.jpg?width=-20": 400, "/0.jpg?width=20&width=20": 400,
		"/0.png?audio=0": 400, "/0.jpg?leading=0": 400, "/x.jpg": 400, "/-1.png": 400, "/9.jpg": 404, "/0.gif": 404, "/0.jpeg": 404, "/0.jpg?video=3": 404,
		"/0.mp4?width=320": 400, ".json?width=320": 400, "?width=320": 400,
	} {
		answer := ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures"+target)
		assert.Equal(t, status, answer.StatusCode, target)
	}
	text := body(t, ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures/0.jpg?width=9"))
	assert.Contains(t, text, `width is a number of pixels, from 16 to 1920, in digits; this is \"9\"`)
	text = body(t, ask(t, handler, http.MethodGet, "/videos/many.mp4/group-of-pictures/0.jpg?audio=0"))
	assert.Contains(t, text, `there is no parameter \"audio\"; there are video, crop, rotate, flip, width, height, fit, gray, hue, saturation, brightness, contrast, blur and sharpen`)
}
