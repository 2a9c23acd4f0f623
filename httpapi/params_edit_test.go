package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

func TestEditsAreParsed(t *testing.T) {
	factor := func(t video.Thousandths) cut.Factor { return cut.Factor{Given: true, Value: t} }
	for query, want := range map[string]cut.Edit{
		"":                 {},
		"crop=640:360":     {Crop: cut.Crop{Area: video.Area{Width: 640, Height: 360}}},
		"crop=640:360:0:0": {Crop: cut.Crop{Area: video.Area{Width: 640, Height: 360}, Placed: true}},
		"crop=640:360:12:34": {Crop: cut.Crop{
			Area:   video.Area{Width: 640, Height: 360, X: 12, Y: 34},
			Placed: true,
		}},
		"rotate=270":            {Rotate: 270},
		"flip=h":                {FlipX: true},
		"flip=v":                {FlipY: true},
		"flip=hv":               {FlipX: true, FlipY: true},
		"width=640&height=0360": {Width: 640, Height: 360},
		"width=16&height=16":    {Width: 16, Height: 16},
		"fit=cover&width=16&height=16": {
			Width: 16, Height: 16, Fit: cut.FitCover,
		},
		"fps=25":              {FPS: video.Rational{Num: 25, Den: 1}},
		"fps=50/2":            {FPS: video.Rational{Num: 25, Den: 1}},
		"fps=23.976":          {FPS: video.Rational{Num: 2997, Den: 125}},
		"fps=30000/1001":      {FPS: video.Rational{Num: 30_000, Den: 1001}},
		"gray=1":              {Gray: true},
		"gray=0":              {},
		"gray=0&saturation=0": {Saturation: factor(0)},
		"hue=-360":            {Hue: -360},
		"hue=0":               {},
		"saturation=1":        {Saturation: factor(1000)},
		"saturation=1.5":      {Saturation: factor(1500)},
		"contrast=0.007":      {Contrast: factor(7)},
		"contrast=0":          {Contrast: factor(0)},
		"brightness=-0.25":    {Brightness: -250},
		"brightness=1":        {Brightness: 1000},
		"blur=20":             {Blur: 20_000},
		"sharpen=0.001":       {Sharpen: 1},
		"quality=51":          {Quality: 51},
		"codec=h264":          {Transcode: true},
		"rotate=90&hue=7&%63rop=16:16&blur=2": {
			Rotate: 90, Hue: 7, Blur: 2000, Crop: cut.Crop{Area: video.Area{Width: 16, Height: 16}},
		},
	} {
		parsed, text, err := httpapi.ParsedCut(query, 0)
		require.NoError(t, err, query)
		assert.Equal(t, want, parsed.Edit, query)
		again, _, err := httpapi.ParsedCut(strings.TrimPrefix(text, "?"), 0)
		require.NoError(t, err, text)
		assert.Equal(t, want, again.Edit, text)
	}
}

// An error names the parameter, the expected value and the given one.
func TestInvalidEdits(t *testing.T) {
	for name, values := range map[string][]string{
		"crop": {
			"", "640", "640:", "640:360:0", "640:360:0:0:0", "640x360", "0:0", "0:0:0:0", "16:0:0:0",
			"+16:16", "-16:16", "16:16:-2:0", "16.0:16", " 16:16", "1e2:16", "16:16:99999999999999999999:0",
			"17:16", "14:14", "in_w:in_h", "16:16:0:0,hue=s=0",
		},
		"rotate": {"", "0", "45", "-90", "360", "+90", "90.0", "0x5a", "9_0"},
		"flip":   {"", "vh", "hh", "H", "x", "h v"},
		"width": {
			"", "0", "15", "17", "4097", "-16", "+16", "16.0", "1e2", "iw/2", "99999999999999999999",
		},
		"height": {"", "0", "14", "4098", "-2", "NaN"},
		"fit":    {"", "fill", "Cover"},
		"fps": {
			"", "0", "0.999", "120.001", "121/1", "1/2", "0/0", "25/0", "25/", "/25", "25/-1", "1e1", "inf",
			"NaN", "25.", ".5", "25.0000", "ntsc", "2999/1002", "50/1/1",
		},
		"gray": {"", "2", "true", "01"},
		"hue":  {"", "361", "-361", "+1", "--1", "1.5", "pi"},
		"saturation": {
			"", "3.001", "-1", "-0", "+1", "1e0", "inf", "NaN", "1.", ".1", "1.0000", "1,5", "0x1", "1.-5",
		},
		"brightness": {"", "1.001", "-1.001", "+0.5", "-", "-.5", "- 1", "--1"},
		"contrast":   {"", "2.1", "-0.1"},
		"blur":       {"", "20.001", "-1", "-0"},
		"sharpen":    {"", "2.001", "-1", "nan"},
		"quality":    {"", "0", "52", "-1", "23.5"},
		"codec":      {"", "hevc", "H264", "libx264"},
	} {
		for _, value := range values {
			_, _, err := httpapi.ParsedCut(url.Values{name: {value}}.Encode(), 0)
			assert.Equal(t, video.Invalid, video.KindOf(err), "%s=%s", name, value)
			assert.Regexp(t, "^"+name+` must be .*, not ".*"$`, video.Message(err))
		}
	}
	for query, want := range map[string]string{
		"crop=14:16": `crop must be W:H or W:H:X:Y in even numbers of pixels, W and H at least 16, not ` +
			`"14:16"`,
		"width=17":            `width must be an even number of pixels from 16 to 4096, not "17"`,
		"fit=cover":           "fit needs width and height",
		"fit=fill":            `fit must be contain, cover or stretch, not "fill"`,
		"gray=1&saturation=0": "saturation and gray=1 exclude each other",
		"brightness=-1.001": `brightness must be a number from -1 to 1 with at most 3 decimals, not ` +
			`"-1.001"`,
		"fps=121": `fps must be a number from 1 to 120 with at most 3 decimals, ` +
			`or N/D with D at most 1001, not "121"`,
		"hue=361":        `hue must be a whole number of degrees from -360 to 360, not "361"`,
		"zoom=1&speed=2": `unknown parameter "speed"; this URL accepts video, audio, leading,`,
	} {
		_, _, err := httpapi.ParsedCut(query, 0)
		assert.Equal(t, video.Invalid, video.KindOf(err), query)
		assert.Contains(t, video.Message(err), want)
	}
	for query, want := range map[string]string{
		"width=15":    `width must be a number of pixels from 16 to 1920, not "15"`,
		"height=8193": `height must be a number of pixels from 16 to 8192, not "8193"`,
		"fps=25":      `unknown parameter "fps"`,
		"quality=20":  `unknown parameter "quality"`,
		"codec=h264":  `unknown parameter "codec"`,
	} {
		_, _, err := httpapi.ParsedThumbnail(query, 0)
		assert.Equal(t, video.Invalid, video.KindOf(err), query)
		assert.Contains(t, video.Message(err), want)
	}
}

// Queries have the same entity tag if and only if they have the same effect.
func TestEditedSegments(t *testing.T) {
	s := newMultiTrackLibrary()
	handler, _ := newHandler(t, s)
	const gops = "/videos/many.mp4/group-of-pictures"
	tags := map[string]bool{}
	for _, same := range [][]string{
		{
			"/1.mp4", "/1.mp4?saturation=1", "/1.mp4?crop=192:108", "/1.mp4?width=192&gray=0",
			"/1.mp4?rotate=180&flip=hv",
		},
		{
			"/1.mp4?gray=1&crop=64:64", "/1.mp4?crop=64:64:64:22&saturation=0.0",
			"/1.mp4?gray=1&crop=64:64&leading=0&codec=h264",
		},
		{"/1.mp4?gray=1&crop=64:64&audio=0", "/1.mp4?audio=00&saturation=0&crop=064:064"},
		{"/1.jpg", "/1.jpg?width=320", "/1.jpg?contrast=1"},
		{"/1.jpg?gray=1", "/1.jpg?gray=1&width=320", "/1.jpg?saturation=0&height=8000"},
		{"/1.png?gray=1"},
		{"/0.png?gray=1"},
		{"/1.png?gray=1&width=16"},
	} {
		tag := get(t, handler, gops+same[0]).Header.Get("ETag")
		assert.NotEmpty(t, tag)
		assert.NotContains(t, tags, tag)
		tags[tag] = true
		for _, target := range same {
			resp := get(t, handler, gops+target)
			require.Equal(t, http.StatusOK, resp.StatusCode, target)
			assert.Equal(t, tag, resp.Header.Get("ETag"), target)
			made := s.made
			again := get(t, handler, gops+target, "If-None-Match", tag)
			assert.Equal(t, http.StatusNotModified, again.StatusCode)
			assert.Equal(t, made, s.made, "nothing is made for a 304")
		}
	}
	get(t, handler, gops+"/1.mp4?gray=1&fps=10")
	assert.Equal(t, cut.Cut{GOP: 1, Edit: cut.Edit{Gray: true, FPS: video.Rational{Num: 10, Den: 1}}},
		s.lastCut)
}

func TestInvalidEditedRequests(t *testing.T) {
	s := newMultiTrackLibrary()
	handler, _ := newHandler(t, s)
	for target, want := range map[string]string{
		"/1.mp4?crop=64:64&crop=64:64": `parameter "crop" is given 2 times`,
		"/1.mp4?scale=2": `unknown parameter "scale"; this URL accepts video, audio, leading, metadata, ` +
			`crop, ` +
			`rotate, flip, width, height, fit, fps, gray, hue,`,
		"/1.mp4?crop=64:64:140:0": `crop 64:64:140:0 does not fit the 192x108 frame`,
		"/1.mp4?width=194":        `width 194 exceeds the frame's width of 192`,
		"/1.mp4?blur=21":          `blur must be a number from 0 to 20 with at most 3 decimals, not "21"`,
		"/1.jpg?height=8193":      `height must be a number of pixels from 16 to 8192, not "8193"`,
		"/1.jpg?fps=10":           `unknown parameter "fps"`,
		"/1.png?codec=h264":       `unknown parameter "codec"`,
		"?gray=1": `unknown parameter "gray"; this URL accepts video, audio, leading, metadata ` +
			`and page`,
		".json?width=64": `unknown parameter "width"; this URL accepts video, audio, leading, metadata, ` +
			`columns, from, to, first, last and at`,
	} {
		resp := get(t, handler, "/videos/many.mp4/group-of-pictures"+target)
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode, target)
		assert.Contains(t, strings.ReplaceAll(body(t, resp), `\"`, `"`), want, target)
	}
	assert.Zero(t, s.made)
	resp := get(t, handler, "/videos/many.mp4/group-of-pictures/1.mp4?video=2&gray=1")
	assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode, "a track without a frame size")
	resp = get(t, handler, "/videos/none.mp4/group-of-pictures/1.mp4?blur=21")
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode,
		"the query is parsed before the video is looked up")
}
