package av_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// All GOPs of a video together hold every packet from the first key on, exactly once and in order,
// with the same payloads, and each keeps its distance from its key.
func TestGOPsHoldEveryPacketOnce(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ix, files := cutAll(t, engine, path)
			stream := strconv.Itoa(ix.Track().Index)
			source := playable(probe(t, path, stream))
			payloads := source
			if filepath.Ext(path) == ".ts" {
				// Start codes become lengths: compare with what ffmpeg makes of the whole file.
				whole := filepath.Join(t.TempDir(), "whole.mp4")
				ffmpeg(t, "-i", path, "-map", "0:"+stream, "-c", "copy", "-copyinkf", whole)
				payloads = probe(t, whole, "v:0")
			}
			require.Len(t, payloads, len(source))
			next := 0
			for i, file := range files {
				packets := probe(t, file, "v:0")
				g := ix.GOPs[i]
				require.Len(t, packets, g.Frames, "GOP %d", i)
				require.LessOrEqual(t, next+len(packets), len(source))
				from := source[next : next+len(packets)]
				assert.Equal(t, hashes(payloads[next:next+len(packets)]), hashes(packets), "payloads of GOP %d", i)
				assertTiming(t, from, packets, g.Leading)
				next += len(packets)
			}
			assert.Equal(t, len(source), next, "packets of all GOPs")
		})
	}
}

// playable leaves out what is before the first key, and a packet that the file's end has cut.
func playable(packets []probedPacket) []probedPacket {
	first := slices.IndexFunc(packets, probedPacket.isKey)
	packets = packets[max(first, 0):]
	if n := len(packets) - 1; strings.Contains(packets[n].Flags, "C") {
		packets = packets[:n]
	}
	return packets
}

func hashes(packets []probedPacket) []string {
	all := make([]string, len(packets))
	for i, p := range packets {
		all[i] = p.Hash
	}
	return all
}

// assertTiming holds the packets of a cut against those of the source.
func assertTiming(t *testing.T, source, cut []probedPacket, leading int) {
	t.Helper()
	const tick = 0.0011 // Matroska counts milliseconds
	zero := seconds(t, source[0].PTS)
	hidden, lastDTS := 0, -1e9
	for i, p := range cut {
		assert.Equal(t, i == 0, p.isKey(), "packet %d", i)
		assert.InDelta(t, seconds(t, source[i].PTS)-zero, seconds(t, p.PTS), tick, "pts of packet %d", i)
		assert.Greater(t, seconds(t, p.DTS), lastDTS, "dts of packet %d", i)
		lastDTS = seconds(t, p.DTS)
		if p.isHidden() {
			hidden++
			assert.Negative(t, seconds(t, p.PTS), "a hidden packet comes before the key")
		}
	}
	assert.Equal(t, leading, hidden, "the edit list hides the leading pictures")
}

// The sound that is heard during a GOP is there, and at its time.
func TestSoundOfGOP(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{
		"h264-bframes-aac.mp4", "fragmented-small.mp4", "edit-list-delay.mp4", "mp3.mp4",
		"h264-bframes-aac.mkv", "h264-bframes-aac.ts", "vp9-opus.webm",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			ix, files := cutAll(t, engine, path)
			film, sound := probe(t, path, "v:0"), probe(t, path, "a:0")
			key := 0
			for i, g := range ix.GOPs {
				start := seconds(t, film[key].PTS)
				key += g.Frames
				end := start + float64(g.Duration().Micros(ix.Track().TimeBase))/1e6
				var want []probedPacket
				for _, p := range sound {
					if at := seconds(t, p.PTS); at < end-0.001 && at+seconds(t, p.Duration) > start+0.001 {
						want = append(want, p)
					}
				}
				got := probe(t, files[i], "a:0")
				require.NotEmpty(t, got, "GOP %d", i)
				assert.InDelta(t, len(want), len(got), 1, "sound packets of GOP %d", i)
				if filepath.Ext(name) == ".ts" {
					continue // ADTS headers are gone, so that the payloads differ
				}
				middle := got[len(got)/2]
				at := slices.IndexFunc(want, func(p probedPacket) bool { return p.Hash == middle.Hash })
				require.GreaterOrEqual(t, at, 0, "a packet that is not the source's")
				assert.InDelta(t, seconds(t, want[at].PTS)-start, seconds(t, middle.PTS), 0.005, "sync of GOP %d", i)
			}
		})
	}
}

// Decoded alone, a GOP gives the pictures that it gives in the whole.
func TestGOPDecodesToTheSamePictures(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"h264-bframes-aac.mp4", "h264-open-gop.mp4", "hevc-open-gop.mov", "fragmented.mp4", "rotated.mp4", "mpeg2.ts"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			ix, files := cutAll(t, engine, path)
			whole := map[string]bool{}
			for _, sum := range pictures(t, path) {
				whole[sum] = true
			}
			for i, file := range files {
				sums := pictures(t, file)
				assert.Len(t, sums, ix.GOPs[i].Frames-ix.GOPs[i].Leading, "pictures of GOP %d", i)
				for n, sum := range sums {
					assert.True(t, whole[sum], "picture %d of GOP %d is not one of the whole video's", n, i)
				}
			}
		})
	}
}

// pictures is a checksum of each picture that decoding gives.
func pictures(t *testing.T, path string) []string {
	t.Helper()
	output := ffmpeg(t, "-noautorotate", "-i", path, "-map", "0:V:0", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	var sums []string
	for line := range strings.Lines(string(output)) {
		if !strings.HasPrefix(line, "#") {
			fields := strings.Split(line, ",")
			sums = append(sums, strings.TrimSpace(fields[len(fields)-1]))
		}
	}
	return sums
}

// Without its leading pictures, a GOP is the pictures that are shown, and nothing that is hidden.
func TestGOPWithoutLeadingPictures(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"h264-open-gop.mp4", "hevc-open-gop.mov"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			v, open := fileAt(t, path)
			ix, files := cutAll(t, engine, path)
			for i, g := range ix.GOPs {
				segment, err := engine.Segment(t.Context(), ix, video.Cut{GOP: i, NoLeading: true}, open)
				require.NoError(t, err)
				assert.Equal(t, ix.Key(video.Cut{GOP: i, NoLeading: true}), segment.Key)
				file := filepath.Join(t.TempDir(), "shown.mp4")
				require.NoError(t, os.WriteFile(file, bytesOf(segment), 0o600))
				packets := probe(t, file, "v:0")
				assert.Len(t, packets, g.Frames-g.Leading, "GOP %d of %s", i, v.Name)
				assert.False(t, slices.ContainsFunc(packets, probedPacket.isHidden))
				assert.Equal(t, pictures(t, files[i]), pictures(t, file), "what is shown of GOP %d", i)
			}
			assert.Positive(t, ix.GOPs[1].Leading)
		})
	}
}
