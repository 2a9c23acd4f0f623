package av_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// With reduced tables, indexes, segments and thumbnails are those of the whole movie.
func TestReducedMovieIsTheSame(t *testing.T) {
	const keep = 8 // since test videos are short
	whole := av.Keep(newEngine(t, av.NewDefaultConfig()), 0)
	reduced := av.Keep(newEngine(t, av.NewDefaultConfig()), keep)
	isReduced := map[string]bool{}
	for _, path := range testVideos(t) {
		name := filepath.Base(path)
		if ext := filepath.Ext(path); ext == ".mp4" || ext == ".mov" {
			t.Run(name, func(t *testing.T) { isReduced[name] = compareEngines(t, whole, reduced, path) })
		}
	}
	for _, name := range []string{
		"h264-aac.mp4", "h264-bframes-aac.mp4", "h264-open-gop.mp4", "hevc.mp4", "hevc-open-gop.mov",
		"mp3.mp4", "tags.mov", "timecode.mov", "chapters.mp4", "cover.mp4", "cut-off.mp4", "two-of-each.mp4",
		"variable-rate.mp4", "no-offsets.mov", "interlaced.mp4", "parameter-change.mp4", "audio-hole.mp4",
		"edit-list-delay.mp4", "edit-list-audio.mp4", "empty-audio.mp4", "many-gops.mp4", "mv-hevc.mp4",
	} {
		assert.True(t, isReduced[name], name)
	}
	for _, name := range []string{
		"fragmented.mp4", "sample-entries.mp4", "edit-list-parts.mp4", "edit-list-part.mp4", "one-frame.mp4",
		"mpeg4.mp4", // its parameters need libav's packets
	} {
		assert.False(t, isReduced[name], name)
	}
}

// compareEngines compares what two engines make of a file, and reports whether the second one reduced it.
func compareEngines(t *testing.T, whole, reduced *av.Engine, path string) bool {
	t.Helper()
	v, open := fileAt(t, path)
	want, err := whole.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	ix, err := reduced.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	read, err := reduced.ReadKeys(t.Context(), ix, open)
	require.NoError(t, err)
	require.Equal(t, want, read)
	for i := range ix.GOPs.Len() {
		for _, c := range []cut.Cut{
			{GOP: i}, {GOP: i, Audio: cut.NoAudio}, {GOP: i, NoLeading: true},
		} {
			a, err := whole.CutSegment(t.Context(), ix, c, open)
			require.NoError(t, err)
			b, err := reduced.CutSegment(t.Context(), ix, c, open)
			require.NoError(t, err)
			assert.Equal(t, a.AudioLeftOut, b.AudioLeftOut)
			require.True(t, bytes.Equal(bytesOf(t, a), bytesOf(t, b)), "%+v", c)
		}
		key := cut.Thumbnail{GOP: i, Format: video.JPEG}
		a, err := whole.CutThumbnail(t.Context(), ix, key, open)
		require.NoError(t, err)
		b, err := reduced.CutThumbnail(t.Context(), ix, key, open)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(a.Data, b.Data), "thumbnail of GOP %d", i)
	}
	return av.HasReduced(reduced)
}

// Damaged tables give the same index and segments, or the same error, as with the whole movie.
func TestDamagedTablesAreTheSame(t *testing.T) {
	const keep = 100
	files := 300
	if instrumented {
		files = 30
	}
	path := filepath.Join(t.TempDir(), "long.mp4")
	ffmpeg(t, "-stream_loop", "14", "-i", filepath.Join(testdata, "h264-bframes-aac.mp4"), "-c", "copy",
		"-movflags", "+faststart", path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	whole := av.Keep(newEngine(t, av.NewDefaultConfig()), 0)
	reduced := av.Keep(newEngine(t, av.NewDefaultConfig()), keep)
	random, count := rand.New(rand.NewPCG(1, 1)), 0
	for n := range files {
		damaged, what := damageTable(random, data)
		v, open := memoryVideo(fmt.Sprint(n), damaged)
		want, wantErr := whole.Index(t.Context(), v, 1, open)
		ix, err := reduced.Index(t.Context(), v, 1, open)
		require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), what)
		if err != nil {
			continue
		}
		if av.HasReduced(reduced) {
			count++
		}
		read, err := reduced.ReadKeys(t.Context(), ix, open)
		require.NoError(t, err, what)
		require.Equal(t, want, read, what)
		for _, i := range []int{0, ix.GOPs.Len() / 2, ix.GOPs.Len() - 1} {
			a, wantErr := whole.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
			b, err := reduced.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
			require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), what)
			if err == nil {
				x, wantErr := a.Bytes()
				y, err := b.Bytes()
				require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), what)
				require.True(t, bytes.Equal(x, y), "%s: GOP %d", what, i)
			}
		}
	}
	t.Logf("%d of %d files were reduced", count, files)
	assert.Greater(t, count, files/3)
	assert.Less(t, count, files)
}

// damageTable changes a number in a table of an mp4, and describes the damage.
func damageTable(random *rand.Rand, data []byte) (damaged []byte, what string) {
	names := []string{"stts", "ctts", "stsc", "stco", "stsz", "stss", "elst", "mdhd", "mvhd", "tkhd", "stsd"}
	name := names[random.IntN(len(names))]
	at := bytes.Index(data, []byte(name)) - 4
	if last := bytes.LastIndex(data, []byte(name)) - 4; random.IntN(2) == 0 {
		at = last
	}
	entries := int(binary.BigEndian.Uint32(data[at:])) / 4
	if random.IntN(2) == 0 {
		entries = min(entries, 8) // the numbers of entries, and the first ones
	}
	damaged = slices.Clone(data)
	field := damaged[at+4*random.IntN(entries):]
	was := binary.BigEndian.Uint32(field)
	is := []uint32{0, 1, was + 1, was - 1, 2 * was, 1 << 29, 1<<31 - 1, 1 << 31, 1<<32 - 1}[random.IntN(9)]
	binary.BigEndian.PutUint32(field, is)
	return damaged, fmt.Sprintf("%d instead of %d at %d, in %s", is, was, len(data)-len(field), name)
}
