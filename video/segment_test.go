package video_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

func TestOnlyFragmentedSegmentsAreStreams(t *testing.T) {
	_, ok := video.SegmentKey{Filters: video.Filters{Transcode: true}}.Stream()
	require.False(t, ok)
	key := video.SegmentKey{GOP: 3, Filters: video.Filters{Transcode: true}, Fragmented: true}
	stream, ok := key.Stream()
	require.True(t, ok)
	require.Equal(t, key, stream.Segment())
}

func TestTrackIndex(t *testing.T) {
	ix := &video.Index{Tracks: []video.Track{
		{Kind: video.AudioTrack}, {Kind: video.VideoTrack}, {Kind: video.AudioTrack},
	}}
	require.Equal(t, 1, ix.TrackIndex(video.VideoTrack, 1))
	require.Equal(t, 2, ix.TrackIndex(video.AudioTrack, 2))
	require.Equal(t, -1, ix.TrackIndex(video.AudioTrack, 3))
	require.Equal(t, -1, ix.TrackIndex(video.VideoTrack, 0))
	require.Equal(t, 2, ix.CountTracks(video.AudioTrack))
}

// memoryFile is a File in memory.
type memoryFile struct{ *strings.Reader }

func (memoryFile) Close() error { return nil }

func TestSegmentBytes(t *testing.T) {
	s := &video.Segment{
		Size:  7,
		Parts: []video.Part{{Data: []byte("ab")}, {Offset: 2, Length: 3}, {}, {Offset: 0, Length: 2}},
		Source: func(context.Context) (video.File, error) {
			return memoryFile{strings.NewReader("01234")}, nil
		},
	}
	data, err := s.Bytes()
	require.NoError(t, err)
	require.Equal(t, "ab23401", string(data))
	require.Less(t, s.Memory(), int64(1000))

	s.Source = func(context.Context) (video.File, error) { return nil, video.ErrChanged }
	_, err = s.Bytes()
	require.ErrorIs(t, err, video.ErrChanged)
}
