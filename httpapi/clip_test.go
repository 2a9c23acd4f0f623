package httpapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

// The query of a clip becomes a Cut, and queries with the same meaning the same canonical query.
func TestClipQuery(t *testing.T) {
	for query, want := range map[string]struct {
		clip      cut.Clip
		canonical string
	}{
		"":          {cut.Clip{To: cut.End}, ""},
		"from=1:00": {cut.Clip{From: 60_000_000, To: cut.End}, "?from=60"},
		"to=0:02.50&from=1.0&cut=exact": {
			cut.Clip{From: 1_000_000, To: 2_500_000, Exact: true}, "?from=1&to=2.5&cut=exact",
		},
		"cut=gop&to=3": {cut.Clip{To: 3_000_000}, "?to=3"},
	} {
		c, canonical, err := httpapi.ParsedClip(query)
		require.NoError(t, err, query)
		assert.Equal(t, want.clip, c.Clip, query)
		assert.Equal(t, want.canonical, canonical, query)
	}
	for query, want := range map[string]string{
		"from=2&to=2":   "to must be later than from",
		"from=2&to=1":   "to must be later than from",
		"to=0":          "to must be later than from",
		"cut=frames":    `cut must be gop or exact, not "frames"`,
		"from=1&from=2": `parameter "from" is given 2 times`,
		"at=1":          `unknown parameter "at"; this URL accepts video, audio, leading, metadata, `,
		"from=1:2":      `from must be a time in seconds, or as m:ss or h:mm:ss, with at most 6 decimals`,
	} {
		_, _, err := httpapi.ParsedClip(query)
		require.Equal(t, video.Invalid, video.KindOf(err), query)
		assert.Contains(t, video.Message(err), want, query)
	}
}

// A clip of GOPs, a run and a GOP with the same meaning are the same resource.
func TestClipsAreRuns(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	etag := func(target string) string {
		resp := get(t, handler, target)
		require.Equal(t, http.StatusOK, resp.StatusCode, target)
		return resp.Header.Get("ETag")
	}
	const clip, gops = "/videos/many.mp4/clip.mp4", "/videos/many.mp4/group-of-pictures"
	assert.Equal(t, etag(gops+"/0.mp4"), etag(gops+"/0-0.mp4"))
	assert.Equal(t, etag(gops+"/0.mp4"), etag(clip+"?to=1"))
	assert.Equal(t, etag(gops+"/0-1.mp4"), etag(clip))
	assert.Equal(t, etag(gops+"/0-1.mp4"), etag(clip+"?cut=exact"))
	assert.NotEqual(t, etag(gops+"/0-1.mp4"), etag(gops+"/0.mp4"))
	assert.NotEqual(t, etag(clip+"?cut=exact&from=0.5"), etag(clip+"?cut=exact&from=0.25"))

	resp := get(t, handler, clip+"?from=0.5&to=1.5&cut=exact")
	assert.Equal(t, `first=0, last=1, from="0.500000", to="1.500000"`, resp.Header.Get("Gop-Range"))
	resp = get(t, handler, clip+"?from=0.5&to=1.5", "Origin", "https://a.example")
	assert.Equal(t, `first=0, last=1, from="0.000000", to="2.000000"`, resp.Header.Get("Gop-Range"))
	assert.Contains(t, resp.Header.Get("Access-Control-Expose-Headers"), "Gop-Range")

	for target, want := range map[string]string{
		gops + "/1-0.mp4":   "the run 1-0 ends before it starts",
		gops + "/0-.mp4":    `the GOP must be a whole number from 0, or a run of them such as 3-9, not "0-"`,
		gops + "/0-1-2.mp4": `or a run of them such as 3-9, not "0-1-2"`,
		gops + "/0-1.jpg":   `the GOP must be a whole number from 0, not "0-1"`,
	} {
		resp := get(t, handler, target)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, target)
		assert.Contains(t, detailOf(t, resp), want, target)
	}
	resp = get(t, handler, clip+"?from=2")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	assert.Equal(t, "there is no GOP in this time; the video lasts from 0.000000 to 2.000000 seconds",
		detailOf(t, resp))
	assert.Equal(t, http.StatusNotFound, get(t, handler, gops+"/0-2.mp4").StatusCode)
}

// detailOf returns the detail of a problem.
func detailOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	var problem struct{ Detail string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&problem))
	return problem.Detail
}

// The path of a clip belongs to a video, not to a folder with a video that is called clip.mp4.
func TestVideosCalledClip(t *testing.T) {
	s := newMultiTrackLibrary()
	s.indexes["deep/clip.mp4"] = testIndex("deep/clip.mp4")
	s.indexes["a.folder/clip.mp4"] = testIndex("a.folder/clip.mp4")
	s.indexes["b.MP4/clip.mp4"] = testIndex("b.MP4/clip.mp4")
	handler, _ := newHandler(t, s)
	for name, status := range map[string]int{"deep": 307, "a.folder": 307, "b.MP4": 404, "a.mp4": 200} {
		assert.Equal(t, status, get(t, handler, "/videos/"+name+"/clip.mp4").StatusCode, name)
	}
	for _, name := range []string{"deep", "a.folder", "b.MP4"} {
		page := "/videos/" + name + "/clip.mp4/group-of-pictures"
		assert.Equal(t, http.StatusOK, get(t, handler, page).StatusCode, name)
		assert.Equal(t, http.StatusOK, get(t, handler, page+"/0.mp4").StatusCode, name)
		clip := "/videos/" + name + "/clip.mp4/clip.mp4"
		assert.Equal(t, http.StatusOK, get(t, handler, clip).StatusCode, name)
	}
}

// A signature of a clip covers its times, and one of the video all of its clips.
func TestSignedClips(t *testing.T) {
	config := httpapi.NewDefaultConfig()
	config.URLKeys = [][]byte{newKey}
	handler := newHandlerWith(t, config, newMultiTrackLibrary(), slog.New(slog.DiscardHandler))
	sign := func(target string) string {
		signed, err := httpapi.Sign(newKey, target, time.Now().Add(time.Hour))
		require.NoError(t, err)
		return signed
	}
	const clip = "/videos/a.mp4/clip.mp4?from=0&to=1"
	signed := sign(clip)
	assert.Equal(t, http.StatusOK, get(t, handler, signed).StatusCode)
	assert.Equal(t, http.StatusForbidden, get(t, handler, signed+"&cut=exact").StatusCode)
	assert.Equal(t, http.StatusForbidden, get(t, handler, clip).StatusCode)
	_, ofVideo, _ := strings.Cut(sign("/videos/a.mp4/group-of-pictures"), "?")
	assert.Equal(t, http.StatusOK, get(t, handler, "/videos/a.mp4/clip.mp4?"+ofVideo).StatusCode)
	run := sign("/videos/a.mp4/group-of-pictures/0-1.mp4")
	assert.Equal(t, http.StatusOK, get(t, handler, run).StatusCode)
	_, err := httpapi.Sign(newKey, "/videos/folder/clip.mp4", time.Now())
	require.Error(t, err)
}

// A part of a listing has the entries that the whole listing has of its GOPs.
func TestPartsOfAListing(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	const target = "/videos/many.mp4/group-of-pictures.json"
	list := func(query string) (entries []json.RawMessage) {
		resp := get(t, handler, target+query)
		require.Equal(t, http.StatusOK, resp.StatusCode, query)
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&entries), query)
		return entries
	}
	whole := list("")
	require.Len(t, whole, 2)
	for query, want := range map[string][]json.RawMessage{
		"?first=0":        whole,
		"?first=1":        whole[1:],
		"?last=0":         whole[:1],
		"?first=1&last=1": whole[1:],
		"?last=99":        whole,
		"?first=2":        {},
		"?from=0.5":       whole,
		"?from=1":         whole, // its leading frames need the GOP before
		"?from=1.08":      whole[1:],
		"?from=0:00&to=1": whole[:1],
		"?from=2":         {},
		"?at=0.9999":      whole[:1],
		"?at=1":           whole[1:], // a leading frame
		"?at=2":           {},
		"?at=1&columns=0": whole[1:],
		"?from=0&to=1.5":  whole,
	} {
		assert.Equal(t, want, list(query), query)
	}
	for query, want := range map[string]string{
		"?at=1&first=0":    "at excludes from, to, first and last",
		"?at=1&to=2":       "at excludes from, to, first and last",
		"?first=0&from=1":  "first and last exclude from and to",
		"?last=0&to=1":     "first and last exclude from and to",
		"?first=1&last=0":  "last must not be less than first",
		"?columns=1&at=1":  "columns=1 lists all GOPs; it excludes from, to, first, last and at",
		"?columns=1&to=1":  "columns=1 lists all GOPs; it excludes from, to, first, last and at",
		"?from=2&to=1":     "to must be later than from",
		"?first=x":         `first must be the number of a GOP, from 0, not "x"`,
		"?cut=gop&from=1":  `unknown parameter "cut"`,
		"?first=0&first=1": `parameter "first" is given 2 times`,
	} {
		resp := get(t, handler, target+query)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, query)
		assert.Contains(t, detailOf(t, resp), want, query)
	}
	etag := func(query string) string { return get(t, handler, target+query).Header.Get("ETag") }
	assert.NotEqual(t, etag(""), etag("?first=1"))
	assert.Equal(t, etag("?from=0:01"), etag("?from=1.000"))
}
