package matroska

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// The layout has the cluster of each block, and the times before 0. It needs no streams.
func TestLayout(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "negative-times.mkv"))
	require.NoError(t, err)
	streams := []Stream{{Type: Video}, {Type: Audio}}
	newWalker := func(streams []Stream) *Walker {
		return NewWalker(t.Context(), bytes.NewReader(data), int64(len(data)), streams, 0)
	}
	var blocks []Block
	w := newWalker(streams)
	w.Visit = func(b Block) error {
		blocks = append(blocks, b)
		return nil
	}
	require.NoError(t, w.Walk())
	layout, err := newWalker(nil).Layout(0, int64(len(data)))
	require.NoError(t, err)
	early := 0
	for _, b := range blocks {
		want := media.Packet{Pos: b.Pos, ReadPos: b.ReadPos, PTS: media.NoPTS, DTS: 7}
		if b.PTS < 0 {
			early++
			want.PTS, want.DTS = b.PTS, media.NoPTS
		}
		assert.Equal(t, want, layout.Place(media.Packet{Pos: b.Pos, PTS: media.NoPTS, DTS: 7}))
	}
	assert.Greater(t, early, 2)
	last := blocks[len(blocks)-1]
	assert.EqualValues(t, -1, layout.Place(media.Packet{Pos: last.Pos + 1}).ReadPos, "after the last block")
	assert.EqualValues(t, -1, layout.Place(media.Packet{Pos: 10}).ReadPos, "before the first cluster")

	part, err := newWalker(streams).Layout(last.ReadPos, last.Pos)
	require.NoError(t, err)
	assert.Equal(t, last.ReadPos, part.Place(last.Packet).ReadPos)
	assert.EqualValues(t, -1, part.Place(blocks[0].Packet).ReadPos, "before the part")
}
