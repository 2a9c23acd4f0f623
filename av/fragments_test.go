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
	"gop/video/cut"
)

// keptInFragments is the least number of samples for which gop describes a track without libav's packets.
const keptInFragments = 64

// With the tables of fragments, indexes, segments and thumbnails are those of libav.
func TestFragmentsAreTheSame(t *testing.T) {
	whole := av.Keep(newEngine(t, av.NewDefaultConfig()), 0)
	reduced := av.Keep(newEngine(t, av.NewDefaultConfig()), keptInFragments)
	for name, isReduced := range map[string]bool{
		"fragmented.mp4": true, "fragmented-small.mp4": true, "fragmented-sidx.mp4": true,
		"fragmented-frames.mp4": true, "many-gops.mp4": true, "cut-fragment.mp4": true,
		"sidx-per-fragment.mp4": false, // its segments are of one frame rate each
		"clock-restart.mp4":     false,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			assert.Equal(t, isReduced, compareEngines(t, whole, reduced, path))
		})
	}
	copied := []string{"-c", "copy"}
	for name, c := range map[string]struct {
		source, flags string
		options       []string
		isReduced     bool
	}{
		"base is moof":     {"h264-bframes-aac.mp4", "+empty_moov+default_base_moof", copied, true},
		"implicit base":    {"h264-bframes-aac.mp4", "+empty_moov+omit_tfhd_offset", copied, true},
		"a moof per track": {"h264-bframes-aac.mp4", "+empty_moov+separate_moof", copied, true},
		"negative offsets": {"h264-bframes-aac.mp4", "+empty_moov+negative_cts_offsets", copied, true},
		"edit lists":       {"h264-bframes-aac.mp4", "+delay_moov", copied, true},
		"segment index":    {"h264-bframes-aac.mp4", "+dash+delay_moov+global_sidx", copied, true},
		"a fine clock": {
			"h264-bframes-aac.mp4", "+empty_moov",
			[]string{"-c", "copy", "-video_track_timescale", "90000"},
			true,
		},
		"two audio tracks": {
			"h264-bframes-aac.mp4", "+empty_moov", []string{"-map", "0:a", "-c", "copy"}, true,
		},
		"MP3": {
			"h264-bframes-aac.mp4", "+empty_moov", []string{"-c:v", "copy", "-c:a", "libmp3lame"}, true,
		},
		"AC-3": {"h264-bframes-aac.mp4", "+delay_moov", []string{"-c:v", "copy", "-c:a", "ac3"}, false},
		"AC-3 without edits": {
			"h264-bframes-aac.mp4", "+delay_moov",
			[]string{"-c:v", "copy", "-c:a", "ac3", "-use_editlist", "0"},
			true,
		},
		"open GOPs":       {"h264-open-gop.mp4", "+empty_moov", copied, true},
		"HEVC":            {"hevc.mp4", "+empty_moov", copied, true},
		"HEVC, open GOPs": {"hevc-open-gop.mov", "+empty_moov", copied, true},
		"several rates":   {"variable-rate.mp4", "+empty_moov", copied, false},
		"samples in moov": {"h264-bframes-aac.mp4", "", copied, false},
		"another codec":   {"mpeg4.mp4", "+empty_moov", copied, false},
		"encrypted audio": {
			"encrypted-audio.mp4", "+empty_moov", copied, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := fragmentedFile(t, c.source, "+frag_keyframe"+c.flags, c.options...)
			assert.Equal(t, c.isReduced, compareEngines(t, whole, reduced, path))
		})
	}
}

// fragmentedFile returns the path of a fragmented mp4 that has a video of testdata four times.
func fragmentedFile(t *testing.T, source, flags string, options ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fragmented.mp4")
	input := []string{
		"-stream_loop", "3", "-i", filepath.Join(testdata, source), "-map", "0:v", "-map", "0:a?",
	}
	ffmpeg(t, slices.Concat(input, options, []string{"-movflags", flags, path})...)
	return path
}

// Damaged fragments give the same index and segments, or the same error, as with libav.
func TestDamagedFragmentsAreTheSame(t *testing.T) {
	files := 200
	if instrumented {
		files = 40
	}
	random, count := rand.New(rand.NewPCG(1, 1)), 0
	whole := av.Keep(newEngine(t, av.NewDefaultConfig()), 0)
	reduced := av.Keep(newEngine(t, av.NewDefaultConfig()), keptInFragments)
	var sources [][]byte
	for _, flags := range []string{
		"+frag_keyframe+empty_moov+default_base_moof", "+frag_keyframe+delay_moov+negative_cts_offsets",
	} {
		data, err := os.ReadFile(fragmentedFile(t, "h264-bframes-aac.mp4", flags, "-c", "copy"))
		require.NoError(t, err)
		sources = append(sources, data)
	}
	for n := range files {
		damaged, what := damageFragment(random, sources[n%len(sources)])
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
	assert.Greater(t, count, files/4)
	assert.Less(t, count, files)
}

// damageFragment changes a number in a box of a fragmented mp4, and describes the damage.
func damageFragment(random *rand.Rand, data []byte) (damaged []byte, what string) {
	names := []string{
		"moof", "traf", "tfhd", "tfdt", "trun", "trun", "trun", "trex", "mdhd", "elst", "tkhd", "mdat",
		"stts", "stsz", "hdlr", "mfhd",
	}
	name := names[random.IntN(len(names))]
	var places []int
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte(name))
		if next < 0 {
			break
		}
		at += next
		places = append(places, at-4)
	}
	if len(places) == 0 {
		return data, "nothing"
	}
	at := places[random.IntN(len(places))]
	words := 8 // the header, the flags and the first fields
	if random.IntN(2) == 0 {
		words = max(2, min(int(binary.BigEndian.Uint32(data[at:]))/4, 100))
	}
	damaged = slices.Clone(data)
	field := damaged[at+4*random.IntN(words):]
	was := binary.BigEndian.Uint32(field)
	is := []uint32{
		0, 1, was + 1, was - 1, 2 * was, was ^ 1<<random.IntN(32), 1 << 29, 1<<31 - 1, 1 << 31, 1<<32 - 1,
	}[random.IntN(10)]
	binary.BigEndian.PutUint32(field, is)
	return damaged, fmt.Sprintf("%d instead of %d at %d, in %s", is, was, len(data)-len(field), name)
}
