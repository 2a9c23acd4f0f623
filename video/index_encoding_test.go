package video_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// encodableIndex returns an index with all kinds of fields.
func encodableIndex() *video.Index {
	base := video.Rational{Num: 1, Den: 90_000}
	return &video.Index{
		Description: video.Description{
			Format: "matroska,webm", Start: video.NoTime,
			Tags: video.Tags{{Name: "title", Value: "<日本>\u2028"}},
			Streams: []video.Stream{{
				Index: 1, HasID: true, ID: 256, Codec: "h264", TimeBase: base,
				Dispositions: []string{"default"},
				SideData:     []video.SideData{{Kind: "Display Matrix", Matrix: [9]int32{0: -65536}}},
			}},
			Chapters: []video.Chapter{{ID: 1 << 62, TimeBase: base, End: 90_000, Tags: video.Tags{}}},
		},
		Tracks: []video.Track{
			{StreamIndex: 1, Kind: video.VideoTrack, Codec: "h264", TimeBase: base, Width: 192, Height: 108},
			{StreamIndex: 2, Kind: video.AudioTrack, Codec: "ac4", TimeBase: base, Unsupported: "ac4"},
		},
		DefaultAudio: 1, GOPs: video.NewGOPList(regularGOPs(20, false)...),
		PacketsBeforeFirstKey: 3, Scanned: true, KeysUnread: true, Shift: 7,
	}
}

func TestIndexEncoding(t *testing.T) {
	want := encodableIndex()
	encoded, err := want.MarshalBinary()
	require.NoError(t, err)
	v := video.Video{Name: "a.mkv", Version: "v1"}
	want.Video = v
	got := video.Index{Video: v}
	require.NoError(t, got.UnmarshalBinary(encoded))
	assert.Equal(t, want, &got)

	for n := range encoded {
		assert.Error(t, got.UnmarshalBinary(encoded[:n]), "truncated to %d bytes", n)
	}
	assert.Error(t, got.UnmarshalBinary(append(bytes.Clone(encoded), 0)))
	other := binary.AppendUvarint(nil, video.IndexFormat+1)
	assert.ErrorContains(t, got.UnmarshalBinary(append(other, encoded[1:]...)), "another format")
	assert.Equal(t, want, &got, "an error changes nothing")
}

// An index that would make other code fail is refused.
func TestInconsistentIndex(t *testing.T) {
	editGOP := func(edit func(*video.GOP)) func(*video.Index) {
		return func(ix *video.Index) {
			gops := ix.GOPs.Unpack()
			edit(&gops[9])
			ix.GOPs = video.NewGOPList(gops...)
		}
	}
	for name, change := range map[string]func(*video.Index){
		"no track":             func(ix *video.Index) { ix.Tracks, ix.DefaultAudio = nil, -1 },
		"primary out of range": func(ix *video.Index) { ix.Primary = 2 },
		"negative primary":     func(ix *video.Index) { ix.Primary = -1 },
		"primary is audio":     func(ix *video.Index) { ix.Primary = 1 },
		"audio out of range":   func(ix *video.Index) { ix.DefaultAudio = 2 },
		"negative audio":       func(ix *video.Index) { ix.DefaultAudio = -2 },
		"audio is video":       func(ix *video.Index) { ix.DefaultAudio = 0 },
		"no time base":         func(ix *video.Index) { ix.Tracks[1].TimeBase.Den = 0 },
		"negative size":        func(ix *video.Index) { ix.Tracks[0].Width = -1 },
		"no GOP":               func(ix *video.Index) { ix.GOPs = video.GOPList{} },
		"packets":              func(ix *video.Index) { ix.PacketsBeforeFirstKey = -1 },
		"number":               editGOP(func(g *video.GOP) { g.Number = 8 }),
		"frames":               editGOP(func(g *video.GOP) { g.Frames = 0 }),
		"bytes":                editGOP(func(g *video.GOP) { g.Bytes = -1 }),
		"leading":              editGOP(func(g *video.GOP) { g.Leading = -1 }),
		"key size":             editGOP(func(g *video.GOP) { g.KeySize = -1 }),
		"position":             editGOP(func(g *video.GOP) { g.KeyPos = -2 }),
		"first position":       editGOP(func(g *video.GOP) { g.FirstPos = -2 }),
		"size of frames":       editGOP(func(g *video.GOP) { g.Height = -1 }),
	} {
		ix := encodableIndex()
		change(ix)
		encoded, err := ix.MarshalBinary()
		require.NoError(t, err)
		assert.Error(t, new(video.Index).UnmarshalBinary(encoded), name)
	}
}

func FuzzIndexEncoding(f *testing.F) {
	encoded, err := encodableIndex().MarshalBinary()
	require.NoError(f, err)
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, b []byte) {
		var ix, again video.Index
		if ix.UnmarshalBinary(b) != nil {
			return
		}
		_ = ix.Summary()
		b, err := ix.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalBinary(b))
		require.Equal(t, ix.Summary(), again.Summary())
	})
}
