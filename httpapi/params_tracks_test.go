package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTrackParams(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	const gop = "/videos/many.mp4/group-of-pictures/1.mp4"
	tag := func(query string) string {
		resp := get(t, handler, gop+query)
		assert.Equal(t, http.StatusOK, resp.StatusCode, query)
		assert.Empty(t, resp.Header.Get("Gop-Left-Out"), query)
		return resp.Header.Get("ETag")
	}
	for _, same := range []string{"?", "?video=1", "?audio=1", "?audio=01&video=1", "?leading=1"} {
		assert.Equal(t, tag(""), tag(same), same)
	}
	different := map[string]string{tag(""): ""}
	for _, query := range []string{"?video=2", "?audio=0", "?audio=2", "?video=2&audio=2", "?leading=0"} {
		assert.NotContains(t, different, tag(query), query)
		different[tag(query)] = query
	}
	assert.Equal(t, tag("?video=2&audio=2"), tag("?audio=2&video=2"), "in any order")
}

func TestInvalidTrackParams(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	for query, status := range map[string]int{
		"?video=0": 400, "?video=x": 400, "?video=": 400, "?video=-1": 400, "?video=1&video=1": 400,
		"?video=65536": 400, "?audio=x": 400, "?audio=-1": 400, "?audio=1&audio=2": 400, "?leading=2": 400,
		"?speed=2": 400, "?Video=1": 400, "?audio=%zz": 400, "?video=3": 404, "?audio=4": 404,
		"?audio=3": 422,
	} {
		for _, path := range []string{"/1.mp4", ".json", ""} {
			resp := get(t, handler, "/videos/many.mp4/group-of-pictures"+path+query)
			assert.Equal(t, status, resp.StatusCode, path+query)
		}
	}
	assert.Contains(t, body(t, get(t, handler, "/videos/many.mp4/group-of-pictures.json?speed=2")),
		`unknown parameter \"speed\"`)
}

// Links in the listing and on the page select the same tracks as the request.
func TestLinksKeepTheTracks(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	const gops = "/videos/many.mp4/group-of-pictures"
	listing := withoutVersions(body(t, get(t, handler, gops+".json?audio=0&video=2")))
	assert.Contains(t, listing, `"href":"`+gops+`/0.mp4?video=2\u0026audio=0"`)
	assert.Contains(t, listing, `"stream_index":2`)
	page := withoutVersions(body(t, get(t, handler, gops+"?audio=2")))
	assert.Contains(t, page, `href="`+gops+`/0.mp4?audio=2"`)
	assert.Contains(t, page, `class="thumbnail" href="`+gops+`/1.mp4?audio=2&amp;leading=0"`,
		"the link for playback")
	assert.Contains(t, page, `src="`+gops+`/1.jpg"`, "a thumbnail has no audio")
	assert.Contains(t, page, `href="`+gops+`.json?audio=2"`)
	assert.Contains(t, page, `<strong aria-current="true">2 (ac3)</strong>`)
	assert.Contains(t, page, `<a href="`+gops+`?video=2&amp;audio=2">2 (hevc)</a>`)
	assert.Contains(t, page, "3 (vorbis: mp4 cannot hold vorbis audio)")
}

// Gop-Left-Out names audio that is missing only when a segment is made.
func TestAudioLeftOutOfASegment(t *testing.T) {
	s := newFakeLibrary()
	s.audioLeftOut = "mp4 cannot hold this ac3 audio"
	handler, _ := newHandler(t, s)
	for _, query := range []string{"", "?gray=1", "?gray=1&stream=1"} {
		resp := get(t, handler, gopPath+query)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, `audio;reason="mp4 cannot hold this ac3 audio"`, resp.Header.Get("Gop-Left-Out"))
	}
}

// Gop-Left-Out names missing audio unless the query excludes audio.
func TestAudioLeftOut(t *testing.T) {
	s := newMultiTrackLibrary()
	s.indexes["many.mp4"].DefaultAudio = 4
	handler, _ := newHandler(t, s)
	const gop = "/videos/many.mp4/group-of-pictures/1.mp4"
	resp := get(t, handler, gop)
	assert.Equal(t, `audio;reason="mp4 cannot hold vorbis audio"`, resp.Header.Get("Gop-Left-Out"))
	assert.Empty(t, get(t, handler, gop+"?audio=0").Header.Get("Gop-Left-Out"))
	assert.Empty(t, get(t, handler, gop+"?audio=1").Header.Get("Gop-Left-Out"))
	resp = get(t, handler, gop, "Origin", "https://example.org")
	assert.Contains(t, resp.Header.Get("Access-Control-Expose-Headers"), "Gop-Left-Out")
}
