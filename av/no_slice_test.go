package av_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// A packet that is marked as a keyframe but has no frame starts no GOP, and empty packets are not counted, in
// any container and however the packets are read.
func TestKeysWithoutFrames(t *testing.T) {
	const h264, hevc = "no-slice.mp4", "no-slice-hevc.mp4"
	for source, want := range map[string]struct {
		before int
		frames []int
	}{
		h264: {24, []int{23, 24, 24}},
		hevc: {24, []int{23, 25}},
	} {
		path := filepath.Join(testdata, "damaged", source)
		var packets []probedPacket // that are not empty
		for _, p := range probe(t, path, "-fflags", "+noparse", "-select_streams", "v").Packets {
			if p.Size != "0" {
				packets = append(packets, p)
			}
		}
		paths := map[string]string{
			source:       path,
			"fragmented": filepath.Join(t.TempDir(), "fragmented.mp4"),
			"matroska":   filepath.Join(t.TempDir(), "matroska.mkv"),
		}
		read := []string{"-fflags", "+noparse", "-i", path, "-c", "copy", "-copyinkf"}
		fragment := []string{"-movflags", "+frag_keyframe+empty_moov", paths["fragmented"]}
		ffmpeg(t, slices.Concat(read, fragment)...)
		ffmpeg(t, slices.Concat(read, []string{paths["matroska"]})...)
		for container, path := range paths {
			for way, engine := range map[string]*av.Engine{
				"zero-copy":  newEngine(t, av.NewDefaultConfig()),
				"copying":    av.Copying(newEngine(t, av.NewDefaultConfig())),
				"only libav": av.OnlyLibav(newEngine(t, av.NewDefaultConfig())),
			} {
				t.Run(source+", "+container+", "+way, func(t *testing.T) {
					assertGOPs(t, engine, path, packets, want.before, want.frames)
				})
			}
		}
	}
}

// assertGOPs checks that the GOPs of a video have these packets, the first of them before the first keyframe.
func assertGOPs(
	t *testing.T, engine *av.Engine, path string, packets []probedPacket, before int, frames []int,
) {
	t.Helper()
	keys := 0
	for _, p := range probe(t, path, "-fflags", "+noparse", "-select_streams", "v").Packets {
		if p.isKey() {
			keys++
		}
	}
	require.Greater(t, keys, len(frames), "packets that are marked as keyframes")
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	assert.Equal(t, before, ix.PacketsBeforeFirstKey)
	packets = packets[before:]
	var listed []int
	for i, g := range ix.GOPs.All() {
		listed = append(listed, g.Frames)
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(packets), g.Frames)
		got := probePackets(t, writeSegment(t, segment), "v")
		assert.Equal(t, hashes(packets[:g.Frames]), hashes(got), "payloads of GOP %d", i)
		assertTimes(t, packets[:g.Frames], got)
		packets = packets[g.Frames:]

		made, err := mp4.DecodeFile(bytes.NewReader(bytesOf(t, segment)))
		require.NoError(t, err)
		table := made.Moov.Traks[0].Mdia.Minf.Stbl
		assert.Equal(t, []uint32{1}, table.Stss.SampleNumber, "keyframes of GOP %d", i)
		assert.Len(t, made.Moov.Traks, 2, "audio of GOP %d", i)
	}
	assert.Equal(t, frames, listed)
	assert.Empty(t, packets)
}

// A transcode has every frame of a GOP that also has packets without a frame.
func TestTranscodeAroundEmptyPackets(t *testing.T) {
	path := filepath.Join(testdata, "damaged", "no-slice.mp4")
	engine := av.OnlyLibav(newEngine(t, av.NewDefaultConfig()))
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	transcode := cut.Cut{GOP: 0, Audio: cut.NoAudio, Edit: cut.Edit{Transcode: true}}
	segment, err := engine.CutSegment(t.Context(), ix, transcode, open)
	require.NoError(t, err)
	const withoutFrame = 2
	assert.Len(t, probePackets(t, writeSegment(t, segment), "v"), ix.GOPs.At(0).Frames-withoutFrame)
}

// assertTimes compares the presentation times of packets with those of the source, from the first one on.
func assertTimes(t *testing.T, source, packets []probedPacket) {
	t.Helper()
	for i, p := range packets {
		want := secondsOf(t, source[i].PTS) - secondsOf(t, source[0].PTS)
		assert.InDelta(t, want, secondsOf(t, p.PTS)-secondsOf(t, packets[0].PTS), 0.0011, "packet %d", i)
	}
}
