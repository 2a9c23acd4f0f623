package av_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

func describe(t *testing.T, path string) video.Description {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := newEngine(t, av.NewDefaultConfig()).Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	return ix.Description
}

// A file cannot make the index large with its metadata.
func TestMetadataIsBounded(t *testing.T) {
	dir := t.TempDir()
	var metadata strings.Builder
	metadata.WriteString(";FFMETADATA1\n")
	for i := range 300 {
		fmt.Fprintf(&metadata, "tag%d=%s\n", i, strings.Repeat("é", 10_000))
	}
	for i := range 5000 {
		fmt.Fprintf(&metadata, "[CHAPTER]\nTIMEBASE=1/1000\nSTART=%d\nEND=%d\n%s=x\n",
			i, i+1, strings.Repeat("n", 1000))
	}
	input := filepath.Join(dir, "metadata")
	require.NoError(t, os.WriteFile(input, []byte(metadata.String()), 0o600))
	for name, chapters := range map[string]int{"many.mkv": 4096, "many.mov": 255} { // chpl has a byte for it
		file := filepath.Join(dir, name)
		ffmpeg(t, "-i", filepath.Join(testdata, "h264-bframes.mp4"), "-f", "ffmetadata", "-i", input,
			"-map_metadata", "1", "-map_chapters", "1", "-c", "copy", "-movflags", "use_metadata_tags", file)
		d := describe(t, file)
		require.NotEmpty(t, d.Tags, name)
		assert.LessOrEqual(t, len(d.Tags), 256, name)
		assert.Len(t, d.Chapters, chapters, name)
		bytes := 0
		for _, tags := range append([]video.Tags{d.Tags}, chapterTags(d)...) {
			for _, tag := range tags {
				assert.LessOrEqual(t, len(tag.Name), 256)
				assert.LessOrEqual(t, len(tag.Value), 8<<10+2) // U+FFFD replaces half of the last character
				assert.True(t, utf8.ValidString(tag.Value))
				bytes += len(tag.Name) + len(tag.Value)
			}
		}
		assert.LessOrEqual(t, bytes, 256<<10, name)
		assert.Less(t, d.Memory(), int64(1<<20), name)
	}
}

func chapterTags(d video.Description) (all []video.Tags) {
	for _, c := range d.Chapters {
		all = append(all, c.Tags)
	}
	return all
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "tags.mov"))
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(data, []byte("Model 7")))
	file := filepath.Join(t.TempDir(), "invalid.mov")
	data = bytes.Replace(data, []byte("Model 7"), []byte("Mod\xff\xfe 7"), 1)
	require.NoError(t, os.WriteFile(file, data, 0o600))
	assert.Equal(t, "Mod\uFFFD 7", describe(t, file).Tags.Get("com.apple.quicktime.model"))
}

// libav's sample tables and gop's give the same times.
func TestDescriptionIsTheSameBothWays(t *testing.T) {
	for _, name := range []string{
		"h264-bframes-aac.mp4", "edit-list-trim.mp4", "edit-list-parts.mp4", "timecode.mov",
		"tags.mkv",
	} {
		v, open := fileAt(t, filepath.Join(testdata, name))
		libav := av.OnlyLibav(newEngine(t, av.NewDefaultConfig()))
		want, err := libav.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		assert.Equal(t, want.Description, describe(t, filepath.Join(testdata, name)), name)
	}
}

func TestProgramTags(t *testing.T) {
	d := describe(t, filepath.Join(testdata, "tags.ts"))
	require.Len(t, d.Programs, 1)
	assert.Equal(t, "Channel 7", d.Programs[0].Get("service_name"))
}
