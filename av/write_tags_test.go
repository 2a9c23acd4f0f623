package av_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// probedTags returns the tags of a file and of its streams as ffprobe prints them.
func probedTags(t *testing.T, path string) (file map[string]string, streams []map[string]string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries",
		"format_tags:stream_tags", "-of", "json", path).Output()
	require.NoError(t, err)
	var probed struct {
		Format  struct{ Tags map[string]string }
		Streams []struct{ Tags map[string]string }
	}
	require.NoError(t, json.Unmarshal(output, &probed))
	for _, s := range probed.Streams {
		streams = append(streams, s.Tags)
	}
	return probed.Format.Tags, streams
}

func TestMetadataIsCopied(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"tags.mp4": {
			"title": "Über den Fluß", "artist": "Kim", "date": "2023-05-06", "comment": "Second take",
			"genre": "Travel", "location": "+48.1374+011.5755/",
			"creation_time": "2023-05-06T07:08:09.000000Z",
		},
		"tags.mov": {
			"com.apple.quicktime.make": "Camera", "com.apple.quicktime.model": "Model 7",
			"com.apple.quicktime.location.ISO6709": "+48.8577+002.2950+035.000/",
			"com.apple.quicktime.creationdate":     "2023-05-06T09:08:09+0200",
		},
		"tags.mkv": {
			"title": "Über den Fluß", "ARTIST": "Kim", "DATE": "2023-05-06", "MAKE": "Camera",
			"MODEL": "Model 7", "location": "-33.8568+151.2153/",
		},
		"timecode.mov": {},
	} {
		engine := newEngine(t, av.NewDefaultConfig())
		v, open := fileAt(t, filepath.Join(testdata, name))
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		for kind, c := range map[string]cut.Cut{
			"copied":     {GOP: 1},
			"transcoded": {GOP: 1, Edit: cut.Edit{Transcode: true}},
			"streamed":   {GOP: 1, Edit: cut.Edit{Transcode: true}, Fragmented: true},
		} {
			plain, err := engine.CutSegment(t.Context(), ix, c, open)
			require.NoError(t, err)
			file, _ := probedTags(t, writeSegment(t, plain))
			brand := file["major_brand"]
			assert.NotContains(t, file, "title")
			assert.NotContains(t, file, "creation_time")

			c.Metadata = true
			tagged, err := engine.CutSegment(t.Context(), ix, c, open)
			require.NoError(t, err)
			path := writeSegment(t, tagged)
			file, streams := probedTags(t, path)
			for tag, value := range want {
				assert.Equal(t, value, file[tag], "%s of %s, %s", tag, name, kind)
			}
			assert.Equal(t, brand, file["major_brand"], "%s, %s", name, kind)
			assert.NotContains(t, file, "timecode", "the GOP begins later than the file")
			require.Len(t, streams, len(plainStreams(ix)), "no track for timecodes or chapters")
			for i, s := range plainStreams(ix) {
				if language := s.Tags.Get("language"); language != "" {
					assert.Equal(t, language, streams[i]["language"], "%s, %s", name, kind)
				}
			}
			assert.Equal(t, hashes(probePackets(t, writeSegment(t, plain), "v")),
				hashes(probePackets(t, path, "v")), "%s, %s", name, kind)

			again, err := engine.CutSegment(t.Context(), ix, c, open)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(bytesOf(t, tagged), bytesOf(t, again)), "%s, %s", name, kind)
		}
	}
}

// plainStreams returns the streams that a segment has by default.
func plainStreams(ix *video.Index) (streams []video.Stream) {
	for _, s := range ix.Description.Streams {
		if s.Kind == "video" || s.Kind == "audio" {
			streams = append(streams, s)
		}
	}
	return streams
}

// The room that the muxer reserves suffices for all tags that an index keeps.
func TestMuchMetadataIsCopied(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, "tags.mov"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	long := string(bytes.Repeat([]byte("é"), 4<<10))
	for _, names := range [][]string{
		{"title", "artist", "comment", "location", "lyrics", "description"},
		{"title", "a", "b", "location", "hd_video", "xmp", "com.apple.quicktime.make", "=", ";", "timecode2"},
	} {
		ix.Description.Tags = nil
		for _, name := range names {
			ix.Description.Tags = append(ix.Description.Tags, video.Tag{Name: name, Value: "1+1/" + long})
		}
		for i := range ix.Description.Streams {
			ix.Description.Streams[i].Tags = video.Tags{
				{Name: "title", Value: long},
				{Name: "handler_name", Value: long},
				{Name: "language", Value: long},
			}
		}
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1, Metadata: true}, open)
		require.NoError(t, err)
		file, streams := probedTags(t, writeSegment(t, segment))
		assert.Equal(t, "1+1/"+long, file["title"])
		assert.Equal(t, long, streams[0]["handler_name"])
	}
}
