package matroska

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

func TestWalk(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vp9-opus.webm"))
	require.NoError(t, err)
	both := []Stream{{Type: Video}, {Type: Audio}}
	walker := func(ctx context.Context, streams []Stream) (*Walker, *[]Block) {
		var blocks []Block
		w := NewWalker(ctx, bytes.NewReader(data), int64(len(data)), streams, 0)
		w.Visit = func(b Block) error {
			blocks = append(blocks, b)
			return nil
		}
		return w, &blocks
	}

	w, blocks := walker(t.Context(), both)
	require.NoError(t, w.Walk())
	require.NotEmpty(t, *blocks)
	assert.Equal(t, data[w.FirstCluster:][:4], []byte{0x1F, 0x43, 0xB6, 0x75})
	streams := map[int]int{}
	for _, b := range *blocks {
		streams[b.Stream]++
		assert.True(t, b.IsPlain())
		got := make([]byte, b.Size)
		_, err := w.Payload(b).ReadAt(got, 0)
		require.NoError(t, err)
		assert.Equal(t, data[b.PayloadPos:][:b.Size], got)
	}
	assert.Len(t, streams, 2)
	first := (*blocks)[slices.IndexFunc(*blocks, func(b Block) bool { return b.Stream == 0 })]
	assert.True(t, first.Key)
	assert.EqualValues(t, 7, first.PTS, "ms")
	assert.Equal(t, media.NoPTS, first.DTS)

	all := *blocks
	*blocks = nil
	require.NoError(t, w.WalkFrom(w.FirstCluster))
	assert.Equal(t, len(all), len(*blocks))

	w, _ = walker(t.Context(), both)
	w.Visit = func(Block) error { return ErrStop }
	require.ErrorIs(t, w.Walk(), ErrStop)

	for name, streams := range map[string][]Stream{
		"another order":   {{Type: Audio}, {Type: Video}},
		"too few":         {{Type: Video}},
		"one more":        {{Type: Video}, {Type: Audio}, {Type: Audio}},
		"without primary": nil,
	} {
		w, blocks := walker(t.Context(), streams)
		require.ErrorIs(t, w.Walk(), ErrNotWalkable, name)
		assert.Empty(t, *blocks)
	}
	w, _ = walker(t.Context(), append(both, Stream{Type: Video, Attached: true}, Stream{}))
	require.NoError(t, w.Walk(), "attachments have no blocks")

	data = data[:len(data)/2]
	w, _ = walker(t.Context(), both)
	err = w.Walk()
	assert.True(t, IsDamage(err), "%v", err)
}

func TestWalkEndsWithItsContext(t *testing.T) {
	data := bytes.Repeat([]byte{0xEC, 0x80}, 5000) // empty Void elements
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := NewWalker(ctx, bytes.NewReader(data), int64(len(data)), nil, 0)
	require.ErrorIs(t, w.Walk(), context.Canceled)
}

func TestTooManyTracks(t *testing.T) {
	segment := append([]byte("\x18\x53\x80\x67\xFF"), "\x16\x54\xAE\x6B\x01\x00\x00\x00\x00\x00\x07\xD2"...)
	for tracks, isTooMany := range map[int]bool{maxTracks: false, maxTracks + 1: true} {
		data := append(bytes.Clone(segment), bytes.Repeat([]byte{idTrackEntry, 0x80}, tracks)...)
		binary.BigEndian.PutUint16(data[len(segment)-2:], uint16(2*tracks))
		w := NewWalker(t.Context(), bytes.NewReader(data), int64(len(data)), nil, 0)
		w.lenient = true
		assert.Equal(t, isTooMany, w.Walk() != nil, "%d tracks", tracks)
		assert.Len(t, w.tracks, maxTracks)
	}
}

func TestDecodeTimes(t *testing.T) {
	d := DecodeTimes{Delay: 2}
	var got []int64
	for _, pts := range []int64{0, 120, 80, 40, 160} {
		got = append(got, d.Next(pts))
	}
	assert.Equal(t, []int64{media.NoPTS, media.NoPTS, 0, 40, 80}, got)
}

func TestIsFirstElement(t *testing.T) {
	assert.True(t, IsFirstElement([]byte("\x1A\x45\xDF\xA3\x9F")))
	assert.False(t, IsFirstElement([]byte("\x18\x53\x80\x67\x9F")), "a segment without a header")
	assert.False(t, IsFirstElement([]byte("\x1A\x45\xDF")), "cut off")
}
