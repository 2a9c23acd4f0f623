package httpapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
	"gop/video/cut"
)

func TestFrames(t *testing.T) {
	s := newMultiTrackLibrary()
	handler, _ := newHandler(t, s)
	for target, want := range map[string]cut.Frame{
		"frame.jpg":      {Format: video.JPEG},
		"frame.png?n=49": {Number: 49, Format: video.PNG},
		"frame.jpg?t=1.25&width=4096": {
			ByTime: true, Time: 1_250_000, Format: video.JPEG, Edit: cut.Edit{Width: 4096},
		},
		"frame.jpg?t=0":                {ByTime: true, Format: video.JPEG},
		"frame.jpg?t=0:00:01.000001":   {ByTime: true, Time: 1_000_001, Format: video.JPEG},
		"frame.jpg?video=2&n=3":        {Video: 2, Number: 3, Format: video.JPEG},
		"frame.jpg?n=3&gray=1":         {Number: 3, Format: video.JPEG, Edit: cut.Edit{Gray: true}},
		"frame.png?n=1&v=0123456789ab": {Number: 1, Format: video.PNG},
	} {
		resp := get(t, handler, "/videos/many.mp4/"+target)
		require.Equal(t, http.StatusOK, resp.StatusCode, target)
		assert.Equal(t, want, s.lastImage, target)
		assert.Equal(t, want.Format.MediaType(), resp.Header.Get("Content-Type"))
		made := s.made
		again := get(t, handler, "/videos/many.mp4/"+target, "If-None-Match", resp.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.StatusCode)
		assert.Equal(t, made, s.made, "nothing is made for a 304")
	}
}

// A number and a time that select the same frame have the same ETag, and other frames another one.
func TestFrameETags(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	etag := func(target string) string {
		return get(t, handler, "/videos/a.mp4/"+target).Header.Get("ETag")
	}
	assert.Equal(t, etag("frame.jpg?n=26"), etag("frame.jpg?t=0.99"))
	assert.Equal(t, etag("frame.jpg"), etag("frame.jpg?t=0.03"))
	assert.NotEqual(t, etag("frame.jpg"), etag("frame.jpg?n=1"))
	assert.NotEqual(t, etag("frame.jpg"), etag("frame.png"))
	assert.NotEqual(t, etag("frame.jpg"), etag("group-of-pictures/0.jpg?width=1920"))
}

func TestFrameErrors(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for target, detail := range map[string]string{
		"frame.jpg?n=50":          "the video has no frame 50; it has 50, numbered from 0",
		"frame.jpg?t=2":           "the video ends at 2.000000 seconds",
		"frame.jpg?t=1&n=0":       "n and t exclude each other",
		"frame.jpg?t=1,5":         "t must be a time in seconds, or as m:ss or h:mm:ss",
		"frames.json?from=2&to=2": "to must be later than from",
		"frames.json?n=1":         "this URL accepts video, from and to",
		"frames.json?from=0:00:0": "from must be a time",
		"frame.jpg?audio=0":       "unknown parameter",
		"frame.jpg?width=4097":    "width must be a number of pixels from 16 to 4096",
	} {
		assert.Contains(t, body(t, get(t, handler, "/videos/a.mp4/"+target)), detail, target)
	}
}

func TestFrameList(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	type frame struct {
		KeyFrame     int    `json:"key_frame"`
		PTS          int    `json:"pts"`
		PTSTime      string `json:"pts_time"`
		PktDTS       int    `json:"pkt_dts"`
		PktDTSTime   string `json:"pkt_dts_time"`
		Duration     int    `json:"duration"`
		DurationTime string `json:"duration_time"`
		PktPos       string `json:"pkt_pos"`
		PktSize      string `json:"pkt_size"`
		PictType     string `json:"pict_type"`
		N            int    `json:"n"`
	}
	list := func(query string) []frame {
		var list struct{ Frames []frame }
		text := body(t, get(t, handler, "/videos/a.mp4/frames.json"+query))
		require.NoError(t, json.Unmarshal([]byte(text), &list), text)
		require.NotNil(t, list.Frames, "an array")
		return list.Frames
	}
	all := list("")
	require.Len(t, all, 50)
	assert.Equal(t, frame{
		KeyFrame: 1, PTSTime: "0.000000", PktDTS: -3600, PktDTSTime: "-0.040000", Duration: 3333,
		DurationTime: "0.037033", PktPos: "48", PktSize: "100", PictType: "I",
	}, all[0])
	assert.Equal(t, frame{
		PTS: 100800, PTSTime: "1.120000", PktDTS: 93600, PktDTSTime: "1.040000", Duration: 3600,
		DurationTime: "0.040000", PktSize: "101", N: 28,
	}, all[28])
	assert.Equal(t, all[28:30], list("?from=1.13&to=1.17"))
	assert.Equal(t, all[:1], list("?to=0.01"))
	assert.Equal(t, all[49:], list("?from=1.97"))
	assert.Empty(t, list("?from=3"))
	// The gap between the GOPs belongs to no frame.
	assert.Empty(t, list("?from=1.01&to=1.02"))
}

// A signature of an image covers its query; that of a list covers the video.
func TestSignedFrames(t *testing.T) {
	handler, _ := newRestrictedHandler(t, withKeys)
	hour := time.Now().Add(time.Hour)
	forFrame := signedURL(t, newKey, "/videos/a.mp4/frame.jpg?t=1.5", hour)
	forList := signedURL(t, newKey, "/videos/a.mp4/frames.json?to=1", hour)
	for _, test := range []struct {
		target string
		status int
	}{
		{forFrame, 200},
		{withSignature(forFrame, "/videos/a.mp4/frame.jpg?t=1.4"), 403},
		{withSignature(forFrame, "/videos/a.mp4/frame.png?t=1.5"), 403},
		{withSignature(forFrame, "/videos/deep/er/b.mp4/frame.jpg?t=1.5"), 403},
		{withSignature(forFrame, "/videos/a.mp4/frames.json"), 403},
		{forList, 200},
		{withSignature(forList, "/videos/a.mp4/frame.jpg?t=1.4"), 200},
		{withSignature(forList, gopsPath+"/0.mp4"), 200},
		{withSignature(forList, "/videos/deep/er/b.mp4/frames.json"), 403},
		{"/videos/a.mp4/frame.jpg?t=1.5", 403},
	} {
		assert.Equal(t, test.status, get(t, handler, test.target).StatusCode, test.target)
	}
}
