package cut_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
	"gop/video/cut"
)

// twoGOPs returns an index with three audio tracks. The second is the default, and an mp4 cannot hold the
// third. Its second GOP is open.
func twoGOPs() *video.Index {
	return &video.Index{
		Video: video.Video{Name: "a.mp4", Version: "1"},
		Tracks: []video.Track{
			{StreamIndex: 0, Kind: video.VideoTrack, Width: 192, Height: 108},
			{StreamIndex: 2, Kind: video.AudioTrack},
			{StreamIndex: 3, Kind: video.AudioTrack},
			{StreamIndex: 4, Kind: video.AudioTrack, Unsupported: "mp4 cannot hold vorbis audio"},
		},
		DefaultAudio: 2,
		GOPs:         video.NewGOPList(video.GOP{}, video.GOP{Number: 1, Leading: 2}),
	}
}

func TestResolveCut(t *testing.T) {
	ix := twoGOPs()
	for name, c := range map[string]struct {
		cut  cut.Cut
		want video.SegmentKey
	}{
		"default audio":      {cut.Cut{}, video.SegmentKey{AudioStream: 3}},
		"audio by number":    {cut.Cut{Audio: 2}, video.SegmentKey{AudioStream: 3}},
		"other audio":        {cut.Cut{Audio: 1}, video.SegmentKey{AudioStream: 2}},
		"no audio":           {cut.Cut{Audio: cut.NoAudio}, video.SegmentKey{AudioStream: -1}},
		"no leading packets": {cut.Cut{NoLeading: true}, video.SegmentKey{AudioStream: 3}},
		"leading packets": {
			cut.Cut{GOP: 1, NoLeading: true}, video.SegmentKey{AudioStream: 3, GOP: 1, NoLeading: true},
		},
		"fragmented remux": {cut.Cut{Fragmented: true}, video.SegmentKey{AudioStream: 3}},
		"fragmented": {
			cut.Cut{GOP: 1, NoLeading: true, Fragmented: true, Edit: cut.Edit{Transcode: true}},
			video.SegmentKey{
				AudioStream: 3, GOP: 1, Fragmented: true,
				Filters: video.Filters{Transcode: true, Saturation: 1000, Contrast: 1000},
			},
		},
	} {
		key, err := c.cut.Resolve(ix)
		require.NoError(t, err, name)
		c.want.Name, c.want.Version = "a.mp4", "1"
		assert.Equal(t, c.want, key, name)
	}
}

func TestResolveDefaultAudioThatIsUnsupported(t *testing.T) {
	ix := twoGOPs()
	require.Empty(t, ix.AudioUnsupported())
	ix.DefaultAudio = 3
	require.Equal(t, "mp4 cannot hold vorbis audio", ix.AudioUnsupported())
	key, err := cut.Cut{}.Resolve(ix)
	require.NoError(t, err)
	require.Equal(t, -1, key.AudioStream)
	require.Equal(t, "mp4 cannot hold vorbis audio", cut.Cut{}.AudioLeftOut(ix))
	require.Empty(t, cut.Cut{Audio: cut.NoAudio}.AudioLeftOut(ix))
	require.Empty(t, cut.Cut{Audio: 1}.AudioLeftOut(ix))
}

// TranscodeIfNeeded has the key of Transcode if mp4 cannot hold the video track, and otherwise no effect.
func TestResolveTranscodeIfNeeded(t *testing.T) {
	ix := twoGOPs()
	ifNeeded, err := cut.Cut{TranscodeIfNeeded: true}.Resolve(ix)
	require.NoError(t, err)
	remuxed, err := cut.Cut{}.Resolve(ix)
	require.NoError(t, err)
	require.Equal(t, remuxed, ifNeeded)

	ix.Tracks[0].Unsupported = "mp4 cannot hold vp8 video"
	ifNeeded, err = cut.Cut{TranscodeIfNeeded: true}.Resolve(ix)
	require.NoError(t, err)
	transcoded, err := cut.Cut{Edit: cut.Edit{Transcode: true}}.Resolve(ix)
	require.NoError(t, err)
	require.Equal(t, transcoded, ifNeeded)
	require.True(t, ifNeeded.IsTranscode())
}

func TestResolveErrors(t *testing.T) {
	unsupported := twoGOPs()
	unsupported.Tracks[0].Unsupported = "mp4 cannot hold vp8 video"
	for name, c := range map[string]struct {
		ix   *video.Index
		cut  cut.Cut
		kind video.Kind
		want string
	}{
		"GOP past the end": {
			twoGOPs(), cut.Cut{GOP: 2}, video.NotFound, "the video has no GOP 2; it has 2, numbered from 0",
		},
		"negative GOP": {twoGOPs(), cut.Cut{GOP: -1}, video.NotFound, "no GOP -1"},
		"no such audio": {
			twoGOPs(), cut.Cut{Audio: 4}, video.NotFound, "the video has no audio track 4; it has 3",
		},
		"unsupported audio": {
			twoGOPs(),
			cut.Cut{Audio: 3},
			video.Unreadable,
			"audio track 3 cannot be served: mp4 cannot hold vorbis audio",
		},
		"unsupported video": {
			unsupported,
			cut.Cut{},
			video.Unreadable,
			"mp4 cannot hold vp8 video; it can be transcoded to H.264",
		},
	} {
		_, err := c.cut.Resolve(c.ix)
		assert.Equal(t, c.kind, video.KindOf(err), name)
		assert.Contains(t, video.Message(err), c.want, name)
	}
	_, err := cut.Thumbnail{GOP: 2, Format: video.PNG}.Resolve(twoGOPs(), nil)
	assert.Equal(t, video.NotFound, video.KindOf(err))
	_, err = cut.Cut{Edit: cut.Edit{Transcode: true}}.Resolve(unsupported)
	assert.NoError(t, err, "a transcode needs no support by mp4")
}

// Without tags, metadata=1 selects the same segment.
func TestResolveMetadata(t *testing.T) {
	c := cut.Cut{Metadata: true, Audio: cut.NoAudio}
	title := video.Tags{{Name: "title", Value: "a"}}
	for name, test := range map[string]struct {
		description video.Description
		want        bool
	}{
		"no tags":       {video.Description{Streams: make([]video.Stream, 2)}, false},
		"brands":        {video.Description{Tags: video.Tags{{Name: "major_brand", Value: "isom"}}}, false},
		"a file's tag":  {video.Description{Tags: title}, true},
		"a track's tag": {video.Description{Streams: []video.Stream{{Tags: title}}}, true},
		"other track":   {video.Description{Streams: []video.Stream{{}, {Tags: title}}}, false},
	} {
		ix := twoGOPs()
		ix.Description = test.description
		key, err := c.Resolve(ix)
		require.NoError(t, err)
		assert.Equal(t, test.want, key.Metadata, name)
	}
}
