package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// knownDifferences are the members of descriptions that differ from those that the ffprobe program prints.
var knownDifferences = []struct{ file, member, reason string }{
	// Known to a decoder of whole frames alone, or one of its private options.
	{"*", "streams/*/coded_width", "decoder"},
	{"*", "streams/*/coded_height", "decoder"},
	{"*", "streams/*/closed_captions", "decoder"},
	{"*", "streams/*/film_grain", "decoder"},
	{"*", "streams/*/refs", "decoder"},
	{"*", "streams/*/divx_packed", "decoder's option"},
	{"*", "streams/*/quarter_sample", "decoder's option"},
	{"adpcm.mkv", "streams/1/sample_fmt", "gop has no decoder for it"},
	{"pcm.mov", "streams/1/sample_fmt", "gop has no decoder for it"},
	{"pcm.mov", "streams/1/bit_rate", "gop has no decoder for it"},
	{"vorbis.mkv", "streams/1/sample_fmt", "gop has no decoder for it"},
	{"vorbis.mkv", "streams/1/channel_layout", "gop has no decoder for it"},
	{"mp3.mp4", "streams/1/sample_fmt", "another decoder"},
	{"mpeg2.ts", "streams/1/sample_fmt", "another decoder"},
	{"cover.mp4", "streams/2/*", "the cover is not decoded"},
	{"two-of-each.mp4", "streams/1/start_*", "only the primary video track is read"},
	{"*", "format/probe_score", "gop chooses the demuxer itself"},
	{"hdr10.mp4", "streams/0/color_*", "gop keeps the container's colors, and the program drops them"},
	{"*", "streams/*/side_data_list/*/*", "gop prints the type alone, except of a display matrix"},
	// The program is older than libav.
	{"*", "streams/*/disposition/non_diegetic", "newer than the program"},
	{"*", "streams/*/disposition/multilayer", "newer than the program"},
	{"*", "streams/*/initial_padding", "newer than the program"},
	{"sample-entries.mp4", "format/*", "the program takes the duration of the movie header"},
	{"tags.m[op][v4]", "format/*", "the program takes the duration of the movie header"},
	{"fragmented-sidx.mp4", "format/*", "the program reads the headers of the first fragments only"},
	{"fragmented-sidx.mp4", "streams/*/*", "the program reads the headers of the first fragments only"},
}

// describedVideos have streams of every kind, from every container.
var describedVideos = []string{
	"adpcm.mkv", "av1.mp4", "blu-ray.m2ts", "chapters.mp4", "cover.mp4", "cut-off.mp4", "edit-list-delay.mp4",
	"edit-list-trim.mp4", "fragmented-sidx.mp4", "fragmented-small.mp4", "hdr10.mp4", "hevc-open-gop.mov",
	"high10.mp4", "interlaced.mp4", "live.mkv", "mp3.mp4", "mpeg2.ts", "mpeg4.mp4", "pcm.mov", "rotated.mp4",
	"sample-entries.mp4", "subtitles.mkv", "tags.mkv", "tags.mov", "tags.mp4", "tags.ts", "two-of-each.mp4",
	"vorbis.mkv", "vp9-opus.webm", "wide-pixels.mp4",
}

// The description of a video has the members and values that ffprobe prints, except for the known
// differences.
func TestDescriptionsFollowFFprobe(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("..", "..", "testdata"))
	require.NoError(t, err)
	p := serveFolder(t, dir)
	seen := map[int]bool{}
	for _, name := range describedVideos {
		response, body := p.get(t, "/videos/"+name+".json")
		require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", name, body)
		var got map[string]any
		require.NoError(t, json.Unmarshal(body, &got))
		want := ffprobe(t, filepath.Join(dir, name))
		want["format"].(map[string]any)["filename"] = name
		for member, values := range differences("", want, got) {
			known := slices.IndexFunc(knownDifferences, func(d struct{ file, member, reason string }) bool {
				return matches(t, d.file, name) && matches(t, d.member, member)
			})
			assert.GreaterOrEqual(t, known, 0, "%s: %s is %s", name, member, values)
			seen[known] = true
		}
	}
	for i, d := range knownDifferences {
		assert.True(t, seen[i], "%s: %s does not differ", d.file, d.member)
	}
}

func matches(t *testing.T, pattern, name string) bool {
	t.Helper()
	ok, err := path.Match(pattern, name)
	require.NoError(t, err)
	return ok
}

func ffprobe(t *testing.T, path string) map[string]any {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error",
		"-show_format", "-show_streams", "-show_chapters", "-of", "json", path).Output()
	require.NoError(t, err)
	var description map[string]any
	require.NoError(t, json.Unmarshal(output, &description))
	return description
}

// differences returns the members whose values differ, by path, with both values.
func differences(at string, want, got any) map[string]string {
	all := map[string]string{}
	wantMembers, gotMembers := members(want), members(got)
	if wantMembers == nil || gotMembers == nil {
		if !assert.ObjectsAreEqual(want, got) {
			all[strings.TrimPrefix(at, "/")] = fmt.Sprintf("%v, not %v", got, want)
		}
		return all
	}
	names := maps.Clone(wantMembers)
	maps.Copy(names, gotMembers)
	for name := range names {
		maps.Copy(all, differences(at+"/"+name, wantMembers[name], gotMembers[name]))
	}
	return all
}

// members returns the members of an object, or the elements of an array by index; nil for other values.
func members(value any) map[string]any {
	switch value := value.(type) {
	case map[string]any:
		return value
	case []any:
		elements := map[string]any{}
		for i, v := range value {
			elements[strconv.Itoa(i)] = v
		}
		return elements
	}
	return nil
}
