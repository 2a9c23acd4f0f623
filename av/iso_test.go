package av_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/internal/isobmff"
	"gop/video"
	"gop/video/cut"
)

// A sample aspect ratio of the container overrides the one in the codec's parameter sets.
func TestAspectOfContainer(t *testing.T) {
	for _, name := range []string{"container-aspect.mp4", "container-aspect.mkv"} {
		ix, made, _ := decodeGOP(t, name, 1)
		assert.Equal(t, video.Rational{Num: 3, Den: 4}, ix.Track().SampleAspect, name)
		pasp := made.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.AvcX.Pasp
		require.NotNil(t, pasp, name)
		assert.Equal(t, []uint32{3, 4}, []uint32{pasp.HSpacing, pasp.VSpacing}, name)
	}
}

// An audio track without samples is left out. It is not the default if another track has samples.
func TestEmptyAudio(t *testing.T) {
	const reason = "the audio track has no samples"
	ix, made, _ := decodeGOP(t, "empty-audio.mp4", 0)
	assert.Equal(t, reason, ix.AudioUnsupported())
	assert.Len(t, made.Moov.Traks, 1)
	_, err := cut.Cut{Audio: 1}.Resolve(ix)
	assert.Equal(t, "audio track 1 cannot be served: "+reason, video.Message(err))

	ix, made, _ = decodeGOP(t, "empty-first-audio.mp4", 0)
	assert.Empty(t, ix.AudioUnsupported())
	assert.Equal(t, 1, ix.DefaultAudio-ix.TrackIndex(video.AudioTrack, 1))
	require.Len(t, made.Moov.Traks, 2)
	assert.Positive(t, made.Moov.Traks[1].Mdia.Minf.Stbl.Stsz.SampleNumber)
}

// A GOP of MV-HEVC keeps the boxes of its second view and of the cameras.
func TestMultilayer(t *testing.T) {
	source := readFile(t, "mv-hevc.mp4")
	for _, copying := range []bool{false, true} {
		engine := newEngine(t, av.NewDefaultConfig())
		if copying {
			av.Copying(engine)
		}
		v, open := fileAt(t, filepath.Join(testdata, "mv-hevc.mp4"))
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, open)
		require.NoError(t, err)
		made := bytesOf(t, segment)
		for _, box := range []string{"hvcC", "vexu", "hfov"} {
			assert.Equal(t, entryBox(t, source, box), entryBox(t, made, box), box)
		}
		const header = 6 // its fields are derived
		assert.Equal(t, entryBox(t, source, "lhvC")[header:], entryBox(t, made, "lhvC")[header:])
	}
}

// entryBox returns the content of a box in the sample entry of an mp4's first track.
func entryBox(t *testing.T, data []byte, name string) []byte {
	t.Helper()
	r := bytes.NewReader(data)
	path := []string{"moov", "trak", "mdia", "minf", "stbl", "stsd"}
	box, ok := isobmff.File(int64(len(data))).Find(r, path...)
	require.True(t, ok)
	box.Start += 8 // version, flags and number of entries
	entry, ok := box.Find(r, "hvc1")
	require.True(t, ok)
	entry.Start += 78 // ISO/IEC 14496-12, section 12.1.3
	found, ok := entry.Find(r, name)
	require.True(t, ok, name)
	return data[found.Start:found.End]
}

// libav's muxer writes an invalid box for VP9 4:4:0.
func TestVP9ThatMP4CannotDescribe(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, "broken", "vp9-440.webm"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	const reason = "mp4 cannot describe vp9 video with pixel format yuv440p"
	assert.Equal(t, reason+"; it can be transcoded to H.264", video.Message(err))
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{TranscodeIfNeeded: true}, open)
	require.NoError(t, err)
	assert.Equal(t, ix.GOPs[0].Frames, len(probePackets(t, writeSegment(t, segment), "v:0")))
}
