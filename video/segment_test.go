package video_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

// The tag is in clients' caches: for the same things it stays, from one start of the program to
// the next.
func TestETagIsStableStrongAndQuoted(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	require.Equal(t, `"3674815fbdc58a3bc62bd41691b0e1c5"`, key.ETag("build"))
	require.Regexp(t, `^"[0-9a-f]{32}"$`, key.ETag("build"))
}

func TestETagsOfDifferentThingsDiffer(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	tags := map[string]string{
		"the key":             key.ETag("build"),
		"another build":       key.ETag("build2"),
		"another name":        video.SegmentKey{Name: "b.mp4", Version: "1", GOP: 7}.ETag("build"),
		"another version":     video.SegmentKey{Name: "a.mp4", Version: "2", GOP: 7}.ETag("build"),
		"no leading pictures": video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7, NoLeading: true}.ETag("build"),
		"another film":        video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7, Video: 1}.ETag("build"),
		"other sound":         video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7, Audio: 1}.ETag("build"),
		"another GOP":         video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 8}.ETag("build"),
		"digits moved over":   video.SegmentKey{Name: "a.mp4", Version: "17", GOP: 0}.ETag("build"),
		"the listing":         video.ETag("build", "listing", "a.mp4", "1"),
		"the grid":            video.ETag("build", "grid", "a.mp4", "1"),
		"parts split earlier": video.ETag("build", "listing", "a.mp", "41"),
		"parts split later":   video.ETag("build", "listing", "a.mp41", ""),
		"parts run together":  video.ETag("build", "listing", "a.mp41"),
		"a part like a head":  video.ETag("build", "listing", "1:a", "1"),
		"a head in two parts": video.ETag("build", "listing", "1", "a1:1"),
	}
	whose := map[string]string{}
	for name, tag := range tags {
		require.NotContains(t, whose, tag, "%s and %s", name, whose[tag])
		whose[tag] = name
	}
}

// What means the same bytes has the same key, whichever way it is asked for.
func TestKeys(t *testing.T) {
	ix := &video.Index{
		Video: video.Video{Name: "a.mp4", Version: "1"},
		Tracks: []video.Track{
			{StreamIndex: 0, Kind: video.VideoTrack},
			{StreamIndex: 2, Kind: video.AudioTrack},
			{StreamIndex: 3, Kind: video.AudioTrack},
			{StreamIndex: 4, Kind: video.AudioTrack, Unsupported: "mp4 cannot hold vorbis audio"},
		},
		DefaultAudio: 2,
		GOPs:         []video.GOP{{Number: 0}, {Number: 1, Leading: 2}},
	}
	key := func(c video.Cut) video.SegmentKey {
		t.Helper()
		k, err := ix.Key(c)
		require.NoError(t, err)
		return k
	}
	require.Equal(t, 3, key(video.Cut{}).Audio, "the default one")
	require.Equal(t, key(video.Cut{}), key(video.Cut{Audio: 2}))
	require.NotEqual(t, key(video.Cut{}), key(video.Cut{Audio: 1}))
	require.Equal(t, -1, key(video.Cut{Audio: video.NoAudio}).Audio)
	require.Equal(t, key(video.Cut{}), key(video.Cut{NoLeading: true}), "a GOP without leading pictures")
	require.NotEqual(t, key(video.Cut{GOP: 1}), key(video.Cut{GOP: 1, NoLeading: true}))

	_, err := ix.Key(video.Cut{Audio: 4})
	require.Equal(t, video.NotFound, video.KindOf(err))
	_, err = ix.Key(video.Cut{Audio: 3})
	require.Equal(t, video.Unreadable, video.KindOf(err), "it is there, and no mp4 can hold it")
	require.Empty(t, ix.AudioUnsupported())
	ix.DefaultAudio = 3
	require.Equal(t, "mp4 cannot hold vorbis audio", ix.AudioUnsupported())
	require.Equal(t, key(video.Cut{}), key(video.Cut{Audio: video.NoAudio}), "nothing that a segment could hold")
}

func TestPlacesOfTracks(t *testing.T) {
	ix := &video.Index{Tracks: []video.Track{{Kind: video.AudioTrack}, {Kind: video.VideoTrack}, {Kind: video.AudioTrack}}}
	require.Equal(t, 1, ix.TrackIndex(video.VideoTrack, 1))
	require.Equal(t, 2, ix.TrackIndex(video.AudioTrack, 2))
	require.Equal(t, -1, ix.TrackIndex(video.AudioTrack, 3))
	require.Equal(t, -1, ix.TrackIndex(video.VideoTrack, 0))
	require.Equal(t, 2, ix.CountTracks(video.AudioTrack))
}

// memory is a File whose bytes are in memory.
type memory struct{ *strings.Reader }

func (memory) Close() error { return nil }

func TestBytesOfASegment(t *testing.T) {
	s := &video.Segment{
		Size:  7,
		Parts: []video.Part{{Data: []byte("ab")}, {Offset: 2, Length: 3}, {}, {Offset: 0, Length: 2}},
		Source: func() (video.File, error) {
			return memory{strings.NewReader("01234")}, nil
		},
	}
	data, err := s.Bytes()
	require.NoError(t, err)
	require.Equal(t, "ab23401", string(data))
	require.Less(t, s.Memory(), int64(1000))

	s.Source = func() (video.File, error) { return nil, video.ErrChanged }
	_, err = s.Bytes()
	require.ErrorIs(t, err, video.ErrChanged)
}
