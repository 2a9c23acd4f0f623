package av_test

import (
	"bytes"
	"context"
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

// remuxes makes remuxed segments in both ways.
func remuxes(t *testing.T) map[string]*av.Engine {
	t.Helper()
	return map[string]*av.Engine{
		"zero-copy": newEngine(t, av.NewDefaultConfig()),
		"copied":    av.Copying(newEngine(t, av.NewDefaultConfig())),
	}
}

// audioVideo makes a video of h264-bframes.mp4 with audio from a source of libavfilter.
func audioVideo(t *testing.T, name, source string, options ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	args := []string{"-i", filepath.Join(testdata, "h264-bframes.mp4"), "-f", "lavfi", "-i", source + ":d=3"}
	args = append(args, "-map", "0:v", "-map", "1:a", "-c:v", "copy")
	ffmpeg(t, slices.Concat(args, options, []string{path})...)
	return path
}

// The GOPs of a video with PCM together have each sample once.
func TestPCMOfGOPs(t *testing.T) {
	for name, format := range map[string]string{"pcm.mov": "s16le", "pcm-channels.mkv": "s16le"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			samples := func(path string) []byte {
				return ffmpeg(t, "-i", path, "-map", "0:a", "-c", "copy", "-f", format, "-")
			}
			var joined []byte
			for _, file := range cutAll(t, path).files {
				joined = append(joined, samples(file)...)
			}
			want := samples(path)
			require.NotEmpty(t, joined)
			require.LessOrEqual(t, len(joined), len(want))
			assert.InDelta(t, len(want), len(joined), 4096, "bytes of samples")
			assert.True(t, bytes.Equal(want[:len(joined)], joined), "samples")
		})
	}
}

// A GOP without audio has an empty audio track, so that a join keeps the audio of the others.
func TestEmptyAudioTracks(t *testing.T) {
	const gaps = "noise=drop=lt(pts\\,1000)+between(pts\\,1900\\,3100)"
	tone := "sine=f=440:r=48000"
	adts := filepath.Join(t.TempDir(), "adts.ts")
	ffmpeg(t, "-i", filepath.Join(testdata, "audio-gaps.mkv"), "-c", "copy", adts)
	for codec, path := range map[string]string{
		"aac":       filepath.Join(testdata, "audio-gaps.mkv"),
		"aac, ts":   adts,
		"ac3":       audioVideo(t, "ac3.mkv", tone, "-c:a", "ac3", "-bsf:a", gaps),
		"eac3":      audioVideo(t, "eac3.mkv", tone, "-c:a", "eac3", "-bsf:a", gaps),
		"truehd":    audioVideo(t, "truehd.mkv", tone, "-c:a", "truehd", "-strict", "-2", "-bsf:a", gaps),
		"opus":      audioVideo(t, "opus.mkv", tone, "-c:a", "libopus", "-bsf:a", gaps),
		"pcm_s16le": audioVideo(t, "pcm.mkv", tone, "-c:a", "pcm_s16le", "-ac", "2", "-bsf:a", gaps),
	} {
		for way, engine := range remuxes(t) {
			t.Run(codec+" "+way, func(t *testing.T) {
				v, open := fileAt(t, path)
				ix, err := engine.Index(t.Context(), v, 1, open)
				require.NoError(t, err)
				for _, of := range []cut.Cut{{}, {Edit: cut.Edit{Transcode: true}}} {
					segment, err := engine.CutSegment(t.Context(), ix, of, open)
					require.NoError(t, err)
					assert.Empty(t, segment.AudioLeftOut)
					empty := probe(t, writeSegment(t, segment))
					of.GOP = 1
					segment, err = engine.CutSegment(t.Context(), ix, of, open)
					require.NoError(t, err)
					full := probe(t, writeSegment(t, segment))
					assert.Empty(t, empty.packets("audio"), "audio of the first GOP")
					assert.NotEmpty(t, full.packets("audio"), "audio of the second GOP")
					require.Len(t, empty.Streams, 2)
					require.Len(t, full.Streams, 2)
					assert.Equal(t, full.Streams[1].Codec, empty.Streams[1].Codec)
					assert.Equal(t, full.Streams[1].Tag, empty.Streams[1].Tag)
					of.GOP = 0
					of.Audio = cut.NoAudio
					segment, err = engine.CutSegment(t.Context(), ix, of, open)
					require.NoError(t, err)
					videoOnly := probe(t, writeSegment(t, segment))
					assert.Equal(t, hashes(videoOnly.packets("video")), hashes(empty.packets("video")))
				}
			})
		}
	}
}

// A GOP after the end of the audio has an empty audio track, also in containers without sample tables. A
// fragmented mp4 cannot have one of AC-3, and says so.
func TestAudioThatEndsEarly(t *testing.T) {
	for codec, name := range map[string]string{"ac3": "ac3.avi", "eac3": "eac3.asf"} {
		path := audioVideo(t, name, "sine=f=440:r=48000", "-c:a", codec, "-filter:a", "atrim=end=1")
		engine := newEngine(t, av.NewDefaultConfig())
		v, open := fileAt(t, path)
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err, name)
		last := ix.GOPs.Len() - 1
		for _, of := range []cut.Cut{{GOP: last}, {GOP: last, Edit: cut.Edit{Transcode: true}}} {
			segment, err := engine.CutSegment(t.Context(), ix, of, open)
			require.NoError(t, err, name)
			assert.Empty(t, segment.AudioLeftOut, name)
			made := probe(t, writeSegment(t, segment))
			require.Len(t, made.Streams, 2, name)
			assert.Equal(t, codec, made.Streams[1].Codec)
			assert.Empty(t, made.packets("audio"), name)
			assert.Len(t, made.packets("video"), ix.GOPs.At(last).Frames, name)
		}
		of := cut.Cut{GOP: last, Edit: cut.Edit{Transcode: true}, Fragmented: true}
		fragmented, err := engine.CutSegment(t.Context(), ix, of, open)
		require.NoError(t, err, name)
		assert.Contains(t, fragmented.AudioLeftOut, codec+" audio without a packet")
	}
}

// A join of GOPs with and without audio has the audio at its time.
func TestJoinedGOPsWithoutAudio(t *testing.T) {
	path := filepath.Join(testdata, "audio-gaps.mkv")
	want := probePackets(t, path, "a:0")
	for way, engine := range remuxes(t) {
		t.Run(way, func(t *testing.T) {
			joined, _ := joinGOPs(t, engine, path, cut.Cut{})
			audio := joined.packets("audio")
			assert.Equal(t, hashes(want), slices.Compact(hashes(audio)))
			for _, at := range []int{0, len(want) - 1} {
				i := slices.Index(hashes(audio), want[at].Hash)
				const packet = 1024.0 / 48000
				assert.InDelta(t, secondsOf(t, want[at].PTS), secondsOf(t, audio[i].PTS), packet, "%d", at)
			}
		})
	}
}

// Audio that the muxer refuses is left out, and the listing says why.
func TestAudioThatMP4CannotHold(t *testing.T) {
	config := []byte("dOps")
	opus := audioVideo(t, "opus.mp4", "sine=f=440:r=48000", "-c:a", "libopus")
	data, err := os.ReadFile(opus)
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(data, config))
	undescribed := filepath.Join(t.TempDir(), "undescribed.mp4")
	require.NoError(t, os.WriteFile(undescribed, bytes.ReplaceAll(data, config, []byte("skip")), 0o600))
	channels := audioVideo(t, "channels.mkv", "aevalsrc=0|0|0|0|0|0|0|0|0:s=8000", "-c:a", "pcm_s16le")
	for path, reason := range map[string]string{
		channels:    "mp4 cannot hold this pcm_s16le audio: Invalid argument",
		undescribed: "mp4 cannot hold this opus audio: Invalid data found when processing input",
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			assert.Equal(t, reason, ix.AudioUnsupported())
			segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, open)
			require.NoError(t, err)
			made := probe(t, writeSegment(t, segment))
			assert.Len(t, made.Streams, 1)
			assert.Len(t, made.packets("video"), ix.GOPs.At(1).Frames)
			_, err = engine.CutSegment(t.Context(), ix, cut.Cut{Audio: 1}, open)
			assert.Equal(t, video.Unreadable, video.KindOf(err))
		})
	}
}

// Encrypted audio is left out, also if the index does not say that it is encrypted.
func TestEncryptedAudio(t *testing.T) {
	const reason = "the audio is encrypted"
	path := filepath.Join(testdata, "encrypted-audio.mp4")
	want := probePackets(t, path, "v:0")
	for way, engine := range remuxes(t) {
		v, open := fileAt(t, path)
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		assert.Equal(t, reason, ix.AudioUnsupported())
		ix.Tracks[ix.DefaultAudio].Unsupported = ""
		for name, of := range map[string]cut.Cut{
			"remuxed": {}, "transcoded": {Edit: cut.Edit{Transcode: true}},
		} {
			segment, err := engine.CutSegment(t.Context(), ix, of, open)
			require.NoError(t, err, "%s %s", way, name)
			assert.Equal(t, reason, segment.AudioLeftOut)
			made := probe(t, writeSegment(t, segment))
			assert.Len(t, made.Streams, 1)
			packets := made.packets("video")
			require.Len(t, packets, ix.GOPs.At(0).Frames)
			if name == "remuxed" {
				assert.Equal(t, hashes(want[:len(packets)]), hashes(packets))
			}
		}
	}
}

// Audio that the muxer refuses only when a segment is made is left out, and the segment says why.
func TestAudioThatTheMuxerRefuses(t *testing.T) {
	const reason = "mp4 cannot hold this ac3 audio"
	data, err := os.ReadFile(filepath.Join(testdata, "ac3.mkv"))
	require.NoError(t, err)
	syncword := []byte{0x0b, 0x77}
	data = bytes.ReplaceAll(data, syncword, []byte{0, 0})
	open := func(context.Context) (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	engine := newEngine(t, av.NewDefaultConfig())
	ix, err := engine.Index(t.Context(), video.Video{Version: "damaged", Size: int64(len(data))}, 1, open)
	require.NoError(t, err)
	require.Empty(t, ix.AudioUnsupported())
	for name, of := range map[string]cut.Cut{
		"remuxed": {GOP: 1}, "transcoded": {Edit: cut.Edit{Transcode: true}},
	} {
		segment, err := engine.CutSegment(t.Context(), ix, of, open)
		require.NoError(t, err, name)
		assert.Contains(t, segment.AudioLeftOut, reason, name)
		made := probe(t, writeSegment(t, segment))
		assert.Len(t, made.Streams, 1, name)
		assert.Len(t, made.packets("video"), ix.GOPs.At(of.GOP).Frames, name)
	}
	of := cut.Cut{Edit: cut.Edit{Transcode: true}, Fragmented: true}
	fragments := 0
	segment, err := engine.CutStream(t.Context(), ix, of, open, func(f video.Fragment) error {
		assert.Contains(t, f.AudioLeftOut, reason)
		fragments++
		return nil
	})
	require.NoError(t, err)
	assert.Contains(t, segment.AudioLeftOut, reason)
	assert.Greater(t, fragments, 1)
	made := probe(t, writeSegment(t, segment))
	assert.Len(t, made.Streams, 1)
	assert.Len(t, made.packets("video"), ix.GOPs.At(0).Frames)
}
