package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// newPagedLibrary returns a library whose a.mp4 has 1001 GOPs of a second, and chapters at GOPs 3 and 700.
// GOP 600 is open and lasts five seconds.
func newPagedLibrary() *fakeLibrary {
	s := newFakeLibrary()
	ix := testIndex("a.mp4")
	g := ix.GOPs.At(0)
	g.End = 0
	var gops []video.GOP
	for g.Number = range 1001 {
		g.Start, g.End, g.Closed, g.Leading = g.End, g.End+90_000, true, 0
		if g.Number == 600 {
			g.End, g.Closed, g.Leading = g.End+4*90_000, false, 2
		}
		gops = append(gops, g)
	}
	ix.GOPs = video.NewGOPList(gops...)
	for _, second := range []video.Ticks{3, 704} {
		ix.Description.Chapters = append(ix.Description.Chapters, video.Chapter{
			TimeBase: video.Rational{Num: 1, Den: 1}, Start: second,
		})
	}
	s.indexes["a.mp4"] = ix
	return s
}

// Each page has 500 GOPs, and all pages have the properties and the chart of the whole video.
func TestPagesOfGOPs(t *testing.T) {
	handler, _ := newHandler(t, newPagedLibrary())
	tags := map[string]bool{}
	for page, want := range map[string]struct {
		first, last int
		links       []string
	}{
		"":       {0, 499, []string{"?audio=0&page=2", "?audio=0&page=3"}},
		"page=1": {0, 499, []string{"?audio=0&page=2", "?audio=0&page=3"}},
		"page=2": {500, 999, []string{"?audio=0", "?audio=0", "?audio=0&page=3", "?audio=0&page=3"}},
		"page=3": {1000, 1000, []string{"?audio=0", "?audio=0&page=2"}},
	} {
		resp := get(t, handler, gopsPath+"?audio=0&"+page)
		require.Equal(t, http.StatusOK, resp.StatusCode, page)
		tags[resp.Header.Get("ETag")] = true
		text := body(t, resp)
		cells := hrefs(t, text, `<li id="gop-(\d+)"`)
		require.Len(t, cells, want.last-want.first+1, page)
		for i, number := range cells {
			assert.Equal(t, fmt.Sprint(want.first+i), number)
		}
		for i, link := range want.links {
			want.links[i] = gopsPath + link
		}
		navs := strings.Split(text, `<nav class="pages"`)
		require.Len(t, navs, 3, "before and after the cells")
		nav, _, _ := strings.Cut(navs[1], "</nav>")
		assert.Equal(t, want.links, hrefs(t, nav, `href="([^"]*)"`), page)
		for _, part := range []string{
			fmt.Sprintf("GOPs %d to %d of 1001", want.first, want.last), "<dt>GOPs</dt><dd>1001</dd>",
			"<dt>Longest GOP</dt><dd>0:05.000</dd>", "<dt>Open GOPs</dt><dd>1</dd>",
			`data-columns="` + gopsPath + `.json?audio=0&amp;columns=1"`,
		} {
			assert.Contains(t, text, part, page)
		}
		chapters := hrefs(t, text, `<li>[\d:.]+ <a href="([^"]*)"`)
		switch want.first {
		case 0:
			assert.Equal(t, []string{"#gop-3", gopsPath + "?audio=0&page=2#gop-700"}, chapters)
		case 500:
			assert.Equal(t, []string{gopsPath + "?audio=0#gop-3", "#gop-700"}, chapters)
			assert.Contains(t, text, `href="`+gopsPath+`/600.mp4?audio=0&amp;leading=0&amp;v=`)
		}
	}
	assert.Len(t, tags, 3, "page=1 is the default")
	for _, page := range []string{"0", "-1", "x", ""} {
		assert.Equal(t, http.StatusBadRequest, get(t, handler, gopsPath+"?page="+page).StatusCode, page)
	}
	missing := get(t, handler, gopsPath+"?page=4")
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.Contains(t, body(t, missing), "the video has only 1001 GOPs, on 3 pages")
}

// The page of a video with at most 500 GOPs has no links to pages and needs no columns.
func TestSinglePageOfGOPs(t *testing.T) {
	s := newPagedLibrary()
	ix := s.indexes["a.mp4"]
	ix.GOPs = video.NewGOPList(ix.GOPs.Unpack()[:500]...)
	handler, _ := newHandler(t, s)
	text := body(t, get(t, handler, gopsPath))
	assert.Len(t, hrefs(t, text, `<li id="gop-(\d+)"`), 500)
	assert.NotContains(t, text, "data-columns")
	assert.NotContains(t, text, "<nav class=\"pages\"")
}

func TestColumns(t *testing.T) {
	handler, _ := newHandler(t, newPagedLibrary())
	resp := get(t, handler, gopsPath+".json?columns=1")
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var columns struct {
		Leading, Irregular []int
		Badges             map[string][]int
	}
	text := body(t, resp)
	require.NoError(t, json.Unmarshal([]byte(text), &columns))
	assert.Equal(t, []int{600}, columns.Leading)
	assert.Equal(t, []int{600}, columns.Irregular)
	assert.Equal(t, map[string][]int{"open": {600}, "long": {600}}, columns.Badges)
	var arrays map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &arrays))
	for name, want := range map[string][2]float64{
		"start_time": {599, 600}, "end_time": {600, 605}, "frames": {25, 25}, "bytes": {1000, 1000},
		"bit_rate": {8000, 1600},
	} {
		var values []float64
		require.NoError(t, json.Unmarshal(arrays[name], &values), name)
		require.Len(t, values, 1001, name)
		assert.Equal(t, want[:], values[599:601], name)
	}
	assert.NotEqual(t, resp.Header.Get("ETag"), get(t, handler, gopsPath+".json").Header.Get("ETag"))
}
