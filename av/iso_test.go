package av_test

import (
	"bytes"
	"math"
	"os"
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
	v, open := fileAt(t, filepath.Join(testdata, "transcoded", "vp9-440.webm"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	const reason = "mp4 cannot hold vp9 video with pixel format yuv440p"
	assert.Equal(t, reason+"; it can be transcoded to H.264", video.Message(err))
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{TranscodeIfNeeded: true}, open)
	require.NoError(t, err)
	assert.Equal(t, ix.GOPs.At(0).Frames, len(probePackets(t, writeSegment(t, segment), "v:0")))
}

// Where the clock of fragments goes back, two GOPs have the same times. Each has its own frames and audio,
// copied or not.
func TestAudioWhereTheClockRestarts(t *testing.T) {
	path := filepath.Join(testdata, "clock-restart.mp4")
	c := cutAll(t, path)
	frames := runs(t, c.source.packets("video"))
	audio := runs(t, c.source.packets("audio"))
	require.Len(t, frames, 2)
	require.Len(t, audio, 2)
	engine := av.Copying(newEngine(t, av.NewDefaultConfig()))
	_, open := fileAt(t, path)
	n := 0
	for i := range frames {
		for key := 0; key < len(frames[i]); n++ {
			g := c.ix.GOPs.At(n)
			start := secondsOf(t, frames[i][key].PTS)
			end := start + float64(g.Duration().Micros(c.ix.Track().TimeBase))/1e6
			want := overlapping(t, audio[i], start, end)
			require.NotEmpty(t, want)
			assertAudio(t, n, want, c.cuts[n].packets("audio"), start)
			segment, err := engine.CutSegment(t.Context(), c.ix, cut.Cut{GOP: n}, open)
			require.NoError(t, err)
			copied, err := os.ReadFile(c.files[n])
			require.NoError(t, err)
			assert.True(t, bytes.Equal(copied, bytesOf(t, segment)), "GOP %d is the same if it is copied", n)
			key += g.Frames
		}
	}
	assert.Equal(t, n, c.ix.GOPs.Len())
}

// runs splits the packets of a stream where the clock goes back.
func runs(t *testing.T, packets []probedPacket) (split [][]probedPacket) {
	t.Helper()
	last := math.Inf(-1)
	for i, p := range packets {
		dts := secondsOf(t, p.DTS)
		if i == 0 || dts < last {
			split = append(split, nil)
		}
		last = dts
		split[len(split)-1] = append(split[len(split)-1], p)
	}
	return split
}

// A packet before a hole in the audio lasts no longer than other packets. GOPs within the hole have no audio.
func TestAudioHole(t *testing.T) {
	c := cutAll(t, filepath.Join(testdata, "audio-hole.mp4"))
	require.Len(t, c.files, 3)
	assert.Empty(t, c.cuts[1].packets("audio"))
	for i, f := range c.cuts {
		frames := f.packets("video")
		assert.Len(t, frames, 25)
		assert.EqualValues(t, 1e6, c.ix.GOPs.At(i).Duration().Micros(c.ix.Track().TimeBase))
	}
	first := c.cuts[2].packets("audio")[0]
	assert.InDelta(t, 109*1024.0/48000-2, secondsOf(t, first.PTS), 0.005)
}

// A GOP presents no frame that an edit list trims. A GOP that it trims as a whole presents all frames.
func TestEditLists(t *testing.T) {
	type span struct { // in microseconds
		start, duration int64
		trimmed         bool
	}
	for name, want := range map[string][]span{
		"edit-list-part.mp4": {{0, 480000, false}, {480000, 720000, false}, {1480000, 1e6, true}},
		"edit-list-parts.mp4": { // libav repeats the GOPs around each edit
			{200000, 680000, false},
			{880000, 200000, false},
			{1880000, 1e6, true},
			{2880000, 40000, true},
			{1160000, 400000, false},
			{1480000, 1e6, false},
			{2480000, 1e6, true},
		},
		"edit-list-audio.mp4": {{0, 1e6, false}, {1e6, 1e6, false}, {2e6, 1e6, false}, {3e6, 1e6, false}},
		"edit-list-trim.mp4": {
			{0, 480000, false}, {480000, 1e6, false}, {1480000, 1e6, false}, {2480000, 1e6, false},
		},
		"edit-list-delay.mp4": {{500000, 1e6, false}, {1500000, 1e6, false}, {2500000, 600000, false}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			c, base := cutAll(t, path), video.Rational{Num: 1, Den: 1000000}
			engine := av.Copying(newEngine(t, av.NewDefaultConfig()))
			_, open := fileAt(t, path)
			var got []span
			for i, g := range c.ix.GOPs.All() {
				own := c.ix.Track().TimeBase
				got = append(got, span{
					int64(g.Start.Rescale(own, base)), int64(g.Duration().Rescale(own, base)), g.Trimmed,
				})
				f := probe(t, c.files[i])
				assert.InDelta(t, g.Duration().Micros(own), 1e6*secondsOf(t, f.Streams[0].Duration), 20)
				segment, err := engine.CutSegment(t.Context(), c.ix, cut.Cut{GOP: i}, open)
				require.NoError(t, err)
				made, err := os.ReadFile(c.files[i])
				require.NoError(t, err)
				assert.True(t, bytes.Equal(made, bytesOf(t, segment)), "GOP %d, copied", i)

				transcode := cut.Cut{GOP: i, Audio: cut.NoAudio, Edit: cut.Edit{Transcode: true}}
				segment, err = engine.CutSegment(t.Context(), c.ix, transcode, open)
				require.NoError(t, err)
				presented := 0
				for _, p := range f.packets("video") {
					if !p.isDiscarded() {
						presented++
					}
				}
				packets := probePackets(t, writeSegment(t, segment), "v:0")
				assert.Len(t, packets, presented, "transcode of GOP %d", i)
				if g.Trimmed {
					assert.Equal(t, g.Frames-g.Leading, presented)
				}
				thumbnail := cut.Thumbnail{GOP: i, Format: video.JPEG}
				_, err = engine.CutThumbnail(t.Context(), c.ix, thumbnail, open)
				assert.NoError(t, err)
			}
			assert.Equal(t, want, got)
		})
	}
	assert.Empty(t, cutAll(t, filepath.Join(testdata, "edit-list-audio.mp4")).cuts[3].packets("audio"))
}
