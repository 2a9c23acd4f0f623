package httpapi_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// entries returns the decoded listing at path.
func entries(t *testing.T, s *fakeLibrary, path string) []map[string]any {
	t.Helper()
	handler, _ := newHandler(t, s)
	resp := get(t, handler, path)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var frames []map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &frames))
	return frames
}

// Clients of ffprobe rely on the JSON types of its members.
func TestListingHasTheTypesOfFFprobe(t *testing.T) {
	s := newFakeLibrary()
	track := &s.indexes["a.mp4"].Tracks[0]
	track.Color = video.Color{
		Range: "tv", Space: "bt709", Primaries: "bt709", Transfer: "bt709",
		ChromaLocation: "left",
	}
	frame := entries(t, s, gopsPath+".json")[0]
	for _, name := range []string{
		"stream_index", "key_frame", "pts", "pkt_pts", "pkt_dts", "best_effort_timestamp", "duration",
		"pkt_duration", "width", "height", "interlaced_frame", "top_field_first", "repeat_pict",
	} {
		assert.IsType(t, 0.0, frame[name], name)
	}
	for _, name := range []string{
		"media_type", "pts_time", "pkt_pts_time", "pkt_dts_time", "best_effort_timestamp_time",
		"duration_time", "pkt_duration_time", "pkt_pos", "pkt_size", "pix_fmt", "sample_aspect_ratio",
		"pict_type", "color_range", "color_space", "color_primaries", "color_transfer", "chroma_location",
	} {
		assert.IsType(t, "", frame[name], name)
	}
	group, ok := frame["gop"].(map[string]any)
	require.True(t, ok)
	for name, kind := range map[string]any{
		"index": 0.0, "frames": 0.0, "bytes": 0.0, "leading": 0.0, "closed": true,
		"start_time": "", "end_time": "", "duration_time": "", "bit_rate": "", "key_type": "", "href": "",
	} {
		assert.IsType(t, kind, group[name], name)
	}
}

func TestListingOmitsUnknownValues(t *testing.T) {
	s := newFakeLibrary()
	ix := s.indexes["a.mp4"]
	ix.Tracks[0].PixelFormat, ix.Tracks[0].SampleAspect, ix.Tracks[0].Color = "", video.Rational{
		Num: 0,
		Den: 1,
	}, video.Color{}
	ix.GOPs = video.NewGOPList(video.GOP{KeyPos: -1}, video.GOP{KeyPos: 0, Number: 1})
	frames := entries(t, s, gopsPath+".json")
	for _, name := range []string{
		"pkt_pos", "duration", "duration_time", "pkt_duration", "pkt_duration_time", "pix_fmt",
		"sample_aspect_ratio", "color_range", "color_space", "color_primaries", "color_transfer",
		"chroma_location",
	} {
		assert.NotContains(t, frames[0], name)
	}
	assert.Equal(t, "0", frames[1]["pkt_pos"], "0 is a valid offset")
	assert.Equal(t, "0", frames[0]["gop"].(map[string]any)["bit_rate"], "a GOP without duration")
}

func TestListingOfInterlacedVideo(t *testing.T) {
	s := newFakeLibrary()
	s.indexes["a.mp4"].Tracks[0].Interlaced, s.indexes["a.mp4"].Tracks[0].TopFieldFirst = true, true
	frame := entries(t, s, gopsPath+".json")[0]
	assert.EqualValues(t, 1, frame["interlaced_frame"])
	assert.EqualValues(t, 1, frame["top_field_first"])
}

// The primary track need not be the first of the file.
func TestListingDescribesThePrimaryTrack(t *testing.T) {
	s := newFakeLibrary()
	ix := s.indexes["a.mp4"]
	ix.Tracks[0], ix.Tracks[1] = ix.Tracks[1], ix.Tracks[0]
	ix.Primary = 1
	ix.Tracks[1].StreamIndex = 3
	frame := entries(t, s, gopsPath+".json")[0]
	assert.EqualValues(t, 3, frame["stream_index"])
	assert.EqualValues(t, 192, frame["width"])
	assert.Equal(t, "-0.040000", frame["pkt_dts_time"])
}

func TestListingIsNotSentAgain(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for _, path := range []string{gopsPath + ".json", gopsPath} {
		etag := get(t, handler, path).Header.Get("ETag")
		again := get(t, handler, path, "If-None-Match", etag)
		assert.Equal(t, http.StatusNotModified, again.StatusCode, path)
		assert.Equal(t, etag, again.Header.Get("ETag"), path)
		assert.Empty(t, body(t, again), path)
	}
	listing := get(t, handler, gopsPath+".json")
	assert.Equal(t, modified.Format(http.TimeFormat), listing.Header.Get("Last-Modified"))
	since := get(t, handler, gopsPath+".json", "If-Modified-Since", modified.Format(http.TimeFormat))
	assert.Equal(t, http.StatusNotModified, since.StatusCode)
	s.indexes["a.mp4"].Video.Version = "v2"
	changed := get(t, handler, gopsPath+".json", "If-None-Match", listing.Header.Get("ETag"))
	assert.Equal(t, http.StatusOK, changed.StatusCode)
}

func TestListingGolden(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, gopsPath+".json")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var value any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &value))
	got, err := json.MarshalIndent(value, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "listing.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err, "go test ./httpapi -update makes it")
	assert.JSONEq(t, string(want), string(got))
}
