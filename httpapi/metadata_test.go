package httpapi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestPageHasTheMetadata(t *testing.T) {
	s := newFakeLibrary()
	ix := s.indexes["a.mp4"]
	ix.Description = video.Description{
		Tags: video.Tags{
			{Name: "TITLE", Value: "a <title>"},
			{Name: "creation_time", Value: "2023-05-06T07:08:09.000000Z"},
			{Name: "com.apple.quicktime.make", Value: "Camera"},
			{Name: "model", Value: "Model 7"},
			{Name: "location", Value: "-33.8568+151.2153+010/"},
			{Name: "location-eng", Value: "-33.8568+151.2153+010/"},
			{Name: "major_brand", Value: "isom"},
			{Name: "genre", Value: "Travel"},
		},
		Streams: []video.Stream{{Tags: video.Tags{{Name: "timecode", Value: "01:02:03:04"}}}},
		Chapters: []video.Chapter{
			{TimeBase: video.Rational{Num: 1, Den: 1000}, Start: 500},
			{
				TimeBase: video.Rational{Num: 1, Den: 1000}, Start: 1500,
				Tags: video.Tags{{Name: "title", Value: "the <end>"}},
			},
		},
	}
	handler, _ := newHandler(t, s)
	page := body(t, get(t, handler, gopsPath))
	for _, part := range []string{
		"<dt>Title</dt><dd>a &lt;title&gt;</dd>", "<dt>Date</dt><dd>2023-05-06 07:08:09 UTC</dd>",
		"<dt>Camera</dt><dd>Camera Model 7</dd>",
		"<dt>Location</dt><dd>33.8568°\u00a0S, 151.2153°\u00a0E</dd>",
		"<dt>Timecode</dt><dd>01:02:03:04</dd>", "<dt>genre</dt><dd>Travel</dd>",
		"2 chapters", "1 other tag<",
		`<a href="/videos/a.mp4/group-of-pictures?metadata=1">include</a>`,
		`0:00.500 <a href="#gop-0">Chapter 1</a>`, `0:01.500 <a href="#gop-1">the &lt;end&gt;</a>`,
	} {
		assert.Contains(t, page, part)
	}
	ix.Description, ix.Video.Version = video.Description{
		Tags: video.Tags{
			{Name: "model", Value: "Model 7"},
			{Name: "location", Value: "Paris"},
			{Name: "com.apple.quicktime.creationdate", Value: "2023-05-06T09:08:09+0200"},
		},
	}, "v2"
	page = body(t, get(t, handler, gopsPath))
	assert.Contains(t, page, "<dt>Camera</dt><dd>Model 7</dd>")
	assert.Contains(t, page, "<dt>Location</dt><dd>Paris</dd>")
	assert.Contains(t, page, "<dt>Date</dt><dd>2023-05-06 09:08:09 &#43;02:00</dd>")
	assert.NotContains(t, page, "<details class=\"metadata\">")
}
