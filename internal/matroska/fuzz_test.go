package matroska

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// FuzzMatroska checks that no bytes make the walker fail, or report a block that lies outside of them.
func FuzzMatroska(f *testing.F) {
	readers := []func(t *testing.T, data []byte){readElements, readBlocks}
	for _, name := range []string{"one-reference.mkv", "vp9-opus.webm", "hevc-open-gop.mkv"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		require.NoError(f, err)
		for i := range readers {
			f.Add(byte(i), data)
		}
		for _, mark := range []string{"\x1F\x43\xB6\x75", "\x16\x54\xAE\x6B"} {
			if at := bytes.Index(data, []byte(mark)); at > 4 {
				for i := range readers {
					f.Add(byte(i), data[at-4:min(len(data), at+2000)])
					f.Add(byte(i), data[at+4:min(len(data), at+2000)])
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, reader byte, data []byte) {
		readers[int(reader)%len(readers)](t, data)
	})
}

// walkOf is a walk over a file without libav's view of it.
func walkOf(data []byte) *Walker {
	return NewWalker(context.Background(), bytes.NewReader(data), int64(len(data)), nil, 0)
}

func readElements(t *testing.T, data []byte) {
	w := walkOf(data)
	var walk func(at, end int64, depth int)
	walk = func(at, end int64, depth int) {
		_, _ = w.children(at, end, func(e element) (int64, error) {
			isOrdered := e.unknownSize || e.end >= e.start
			isWithin := e.pos >= at && e.start > e.pos+1 && e.end <= end
			require.True(t, isOrdered && isWithin, "%+v in %d to %d", e, at, end)
			at = e.end
			_, _ = w.uint(e)
			_, _ = w.float(e)
			if content, err := w.data(e, windowBytes); err == nil {
				require.Len(t, content, int(e.end-e.start))
			}
			if depth < 8 {
				walk(e.start, e.end, depth+1)
			}
			return e.end, nil
		})
	}
	walk(0, math.MaxInt64, 0)
	_ = walkOf(data).Walk()
	layout, err := walkOf(data).Layout(0, int64(len(data)))
	require.NoError(t, err)
	at := layout.Place(media.Packet{Pos: int64(len(data) / 2)}).ReadPos
	require.Less(t, at, int64(len(data)/2))
}

func readBlocks(t *testing.T, data []byte) {
	w := walkOf(data)
	all := element{end: int64(len(data))}
	_ = w.readTracks(all)
	stripped := track{number: 2, stream: 1, stripped: []byte{0, 0}, defaultDuration: 4e7}
	w.tracks = append(w.tracks, track{number: 1}, stripped)
	w.Visit = func(b Block) error {
		require.NotNil(t, b.track)
		stored := int64(b.Size - len(b.track.stripped))
		isWithin := b.PayloadPos > b.Pos && stored >= 0 && b.PayloadPos+stored <= w.Size()
		require.True(t, isWithin, "%+v of %d", b, w.Size())
		return nil
	}
	_, _ = w.walkCluster(all)
	_ = w.readGroup(all)
}
