package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

// newHourLibrary returns a library with hour.mp4, which has GOPs of two seconds and starts at 1.4 seconds.
func newHourLibrary() *fakeLibrary {
	s := newFakeLibrary()
	ix := testIndex("hour.mp4")
	gops := make([]video.GOP, 1800)
	for i := range gops {
		start := video.Ticks(126_000 + 180_000*i)
		gops[i] = video.GOP{
			Number: i, Start: start, KeyPTS: start, End: start + 180_000, Frames: 50, Presented: 50,
			KeyPos: -1,
		}
	}
	ix.GOPs = video.NewGOPList(gops...)
	s.indexes["hour.mp4"] = ix
	return s
}

// The cues of a storyboard cover the video without gaps, and name tiles of sheets that exist.
func TestStoryboard(t *testing.T) {
	handler, _ := newHandler(t, newHourLibrary())
	resp := get(t, handler, "/videos/hour.mp4/storyboard.vtt")
	assert.Equal(t, "text/vtt; charset=utf-8", resp.Header.Get("Content-Type"))
	text := body(t, resp)
	version := httpapi.VersionOf(httpapi.NewDefaultConfig().Build, testIndex("hour.mp4").Video)
	link := func(sheet, area string) string {
		return "storyboard/" + sheet + ".jpg?v=" + version + "#xywh=" + area
	}
	assert.True(t, strings.HasPrefix(text, "WEBVTT\n"+
		"\n00:00:00.000 --> 00:00:10.000\n"+link("0", "0,0,160,90")+"\n"+
		"\n00:00:10.000 --> 00:00:20.000\n"+link("0", "160,0,160,90")+"\n"), text[:200])
	assert.True(t, strings.HasSuffix(text,
		"\n00:59:50.000 --> 01:00:00.000\n"+link("3", "1440,450,160,90")+"\n"))
	assert.Equal(t, 360, strings.Count(text, "-->"))
	for _, link := range regexp.MustCompile(`(?m)^storyboard.*`).FindAllString(text, -1) {
		target, _, _ := strings.Cut("/videos/hour.mp4/"+link, "#")
		resp := get(t, handler, target)
		require.Equal(t, http.StatusOK, resp.StatusCode, target)
		require.Contains(t, resp.Header.Get("Cache-Control"), "immutable")
	}
	text = body(t, get(t, handler, "/videos/hour.mp4/storyboard.vtt?every=1000.5&width=192&format=png"))
	assert.Contains(t, text, "00:50:01.500 --> 01:00:00.000\nstoryboard/0.png?width=192&every=1000.5&v=")
}

func TestSheets(t *testing.T) {
	s := newHourLibrary()
	handler, _ := newHandler(t, s)
	for target, want := range map[string]cut.Image{
		"storyboard/0.jpg": cut.Sheet{Format: video.JPEG},
		"storyboard/3.png?width=64&every=9.5": cut.Sheet{
			Storyboard: cut.Storyboard{Width: 64, Every: 9500}, Number: 3, Format: video.PNG,
		},
		"contact.jpg": cut.ContactSheet{Format: video.JPEG},
		"contact.png?columns=2&rows=3&width=100": cut.ContactSheet{
			Columns: 2, Rows: 3, Width: 100, Format: video.PNG,
		},
	} {
		resp := get(t, handler, "/videos/hour.mp4/"+target)
		require.Equal(t, http.StatusOK, resp.StatusCode, target)
		assert.Equal(t, want, s.lastImage, target)
	}
	for target, detail := range map[string]string{
		"storyboard/4.jpg":         "the storyboard has no sheet 4; it has 4, numbered from 0",
		"storyboard/-1.jpg":        "the sheet must be a whole number from 0",
		"storyboard/0.jpg?every=0": "every must be a number from 1 to 3600",
		"contact.jpg?rows=11":      "rows must be a whole number from 1 to 10",
	} {
		assert.Contains(t, body(t, get(t, handler, "/videos/hour.mp4/"+target)), detail, target)
	}
}

// The signature of a storyboard is in its links and opens its sheets.
func TestSignedStoryboard(t *testing.T) {
	handler, _ := newRestrictedHandler(t, withKeys)
	hour := time.Now().Add(time.Hour)
	text := body(t, get(t, handler, signedURL(t, newKey, "/videos/a.mp4/storyboard.vtt", hour)))
	link := regexp.MustCompile(`storyboard/0\.jpg\?[^#]*`).FindString(text)
	assert.Equal(t, http.StatusOK, get(t, handler, "/videos/a.mp4/"+link).StatusCode, text)
	assert.Equal(t, http.StatusForbidden, get(t, handler, "/videos/a.mp4/storyboard/0.jpg").StatusCode)
	sheet := signedURL(t, newKey, "/videos/a.mp4/storyboard/0.jpg", hour)
	assert.Equal(t, http.StatusOK, get(t, handler, sheet).StatusCode)
	assert.Equal(t, http.StatusForbidden,
		get(t, handler, withSignature(sheet, "/videos/a.mp4/storyboard/0.png")).StatusCode)
}
