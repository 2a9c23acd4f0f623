package httpapi_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// fullDescription returns a description in which every field has a value in some stream.
func fullDescription() video.Description {
	tags := video.Tags{{Name: "title", Value: "a \"title\" \uFFFD"}, {Name: "a=b", Value: ""}}
	return video.Description{
		Format: "mov,mp4,m4a,3gp,3g2,mj2", FormatLongName: "QuickTime / MOV",
		Start: 500_000, Duration: 2_000_000, BitRate: 4936, Tags: tags, Programs: []video.Tags{tags},
		Chapters: []video.Chapter{
			{ID: 1, TimeBase: video.Rational{Num: 1, Den: 1000}, End: 1500, Tags: tags},
		},
		Streams: []video.Stream{
			{
				HasID: true, ID: 1, Codec: "h264", CodecLongName: "H.264", Profile: "High", Kind: "video",
				CodecTag: 0x31637661, ExtradataSize: 45, TimeBase: video.Rational{Num: 1, Den: 90000},
				Duration: 90000, BitRate: 1000, BitsPerRaw: 8, Frames: 25,
				RFrameRate: video.Rational{Num: 25, Den: 1}, AvgFrameRate: video.Rational{Num: 25, Den: 1},
				Dispositions: []string{"default"}, Tags: tags, Width: 144, Height: 108, ReorderDelay: 2,
				SampleAspect: video.Rational{Num: 4, Den: 3}, PixelFormat: "yuv420p", Level: 11,
				Color: video.Color{
					Range: "tv", Space: "bt709", Primaries: "bt709", Transfer: "bt709",
					ChromaLocation: "left",
				},
				FieldOrder: "progressive", NALLengthBytes: 4,
				SideData: []video.SideData{
					{
						Kind: "Display Matrix", Rotation: -90,
						Matrix: [9]int32{0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30},
					},
					{Kind: "Content light level metadata"},
				},
			},
			{
				Index: 1, Codec: "aac", Kind: "audio", TimeBase: video.Rational{Num: 1, Den: 48000},
				Start: video.NoTime, SampleFormat: "fltp", SampleRate: 48000, Channels: 2,
				ChannelLayout: "stereo", BitsPerSample: 16, InitialPadding: 1024,
			},
			{Index: 2, Kind: "data", CodecTag: 0x04646d74},
		},
	}
}

// description returns the decoded description of a video.
func description(t *testing.T, s *fakeLibrary, path string) map[string]any {
	t.Helper()
	handler, _ := newHandler(t, s)
	resp := get(t, handler, path)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var file map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, resp)), &file))
	return file
}

func TestDescription(t *testing.T) {
	s := newFakeLibrary()
	s.indexes["deep/er/b.mp4"].Description = fullDescription()
	for _, path := range []string{"/videos/deep/er/b.mp4.json", "/videos/deep%2Fer%2Fb.mp4.json"} {
		file := description(t, s, path)
		tags := map[string]any{"title": "a \"title\" \uFFFD", "a=b": ""}
		assert.Equal(t, map[string]any{
			"filename": "deep/er/b.mp4", "nb_streams": 3.0, "nb_programs": 1.0,
			"format_name": "mov,mp4,m4a,3gp,3g2,mj2", "format_long_name": "QuickTime / MOV",
			"start_time": "0.500000", "duration": "2.000000", "size": "1234", "bit_rate": "4936",
			"tags": tags,
		}, file["format"])
		assert.Equal(t, []any{map[string]any{
			"id": 1.0, "time_base": "1/1000", "start": 0.0, "start_time": "0.000000",
			"end": 1500.0, "end_time": "1.500000", "tags": tags,
		}}, file["chapters"])
		streams := file["streams"].([]any)
		first := streams[0].(map[string]any)
		assert.Equal(t, "avc1", first["codec_tag_string"])
		assert.Equal(t, "0x31637661", first["codec_tag"])
		assert.Equal(t, "16:9", first["display_aspect_ratio"])
		assert.Equal(t, "true", first["is_avc"])
		assert.InDelta(t, 0, first["start_pts"], 0, "a start of 0 is known")
		matrix := first["side_data_list"].([]any)[0].(map[string]any)
		assert.Equal(t, "\n00000000:            0      -65536           0\n"+
			"00000001:        65536           0           0\n"+
			"00000002:            0           0  1073741824\n",
			matrix["displaymatrix"])
		second := streams[1].(map[string]any)
		assert.NotContains(t, second, "start_pts")
		assert.NotContains(t, second, "width")
		assert.Equal(t, "48000", second["sample_rate"])
		third := streams[2].(map[string]any)
		assert.Equal(t, "tmd[4]", third["codec_tag_string"])
		assert.NotContains(t, third, "codec_name")
		assert.NotContains(t, third, "start_time", "its time base is unknown")
	}
}

func TestDescriptionErrors(t *testing.T) {
	s := newFakeLibrary()
	s.errs["d.mp4"] = video.Errorf(video.Unreadable, "damaged")
	handler, _ := newHandler(t, s)
	for path, want := range map[string]int{
		"/videos/a.mp4.json":                     200,
		"/videos/a.mp4.json.json":                404,
		"/videos/d.mp4.json":                     422,
		"/videos/none.json":                      404,
		"/videos/a.mp4/group-of-pictures.json":   200,
		"/videos/a.mp4/group-of-pictures/0.json": 404,
	} {
		assert.Equal(t, want, get(t, handler, path).StatusCode, path)
	}
}

func TestDescriptionIsNotSentAgain(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	const path = "/videos/a.mp4.json"
	first := get(t, handler, path)
	again := get(t, handler, path, "If-None-Match", first.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
	s.indexes["a.mp4"].Video.Version = "v2"
	changed := get(t, handler, path, "If-None-Match", first.Header.Get("ETag"))
	assert.Equal(t, http.StatusOK, changed.StatusCode)
}
