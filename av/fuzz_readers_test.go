package av

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gop/internal/media"

	"github.com/stretchr/testify/require"
)

// readers are what looks into files without libav. Each holds what it reads against the bytes that
// there are.
var readers = []func(t *testing.T, data []byte){
	readBoxes, readTables, readElements, readBlocks, readPictures, readConfigurations, readPayloads, readHeader,
}

// No bytes make one of gop's own readers fail, or tell of what is not there.
func FuzzReaders(f *testing.F) {
	for _, name := range []string{"one-frame.mp4", "high10.mp4", "av1.mp4", "intra.mp4", "one-reference.mkv", "vp9-opus.webm", "hevc-open-gop.mkv", "broken/no-key.ts"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", name))
		require.NoError(f, err)
		for i := range readers {
			f.Add(byte(i), data)
		}
		// What lies within: tables, blocks, parameter sets.
		for _, mark := range []string{"stbl", "trak", "avcC", "hvcC", "av1C", "\x1F\x43\xB6\x75", "\x16\x54\xAE\x6B", "\x00\x00\x01"} {
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

func readBoxes(t *testing.T, data []byte) {
	r, size := bytes.NewReader(data), int64(len(data))
	_, _, err := sniff(r)
	require.NoError(t, err)
	_, end, err := FindFragments(r, size)
	require.NoError(t, err)
	require.True(t, end >= 0 && end <= size, "%d of %d", end, size)
	var walk func(within Box, depth int)
	walk = func(within Box, depth int) {
		at := within.Start
		for b := range within.Children(r) {
			require.True(t, b.Start >= at+8 && b.End >= b.Start && b.End <= within.End, "%+v in %+v", b, within)
			at = b.End
			content, err := b.Content(r, 64)
			require.NoError(t, err)
			require.Len(t, content, int(min(64, b.Size())))
			if depth < 8 {
				walk(b, depth+1)
			}
		}
	}
	walk(Box{End: size}, 0)
}

func readTables(t *testing.T, data []byte) {
	r, all := bytes.NewReader(data), Box{End: int64(len(data))}
	for samples := range 100 {
		if table, ok := ReadSampleTable(r, all, 1, samples); ok {
			require.True(t, table.Offsets == nil || len(table.Offsets) == samples)
			require.True(t, table.Dependencies == nil || len(table.Dependencies) == samples)
		}
		if offsets, ok := readOffsets(r, all, samples); ok {
			require.Len(t, offsets, samples)
		}
	}
	countEdits(r, all)
	hasOneEntry(r, all)
}

// walkOf is a walk over a file without libav's view of it.
func walkOf(data []byte) *Walker {
	return NewWalker(context.Background(), bytes.NewReader(data), int64(len(data)), nil, 0)
}

func readElements(t *testing.T, data []byte) {
	w := walkOf(data)
	var walk func(at, end int64, depth int)
	walk = func(at, end int64, depth int) {
		_, _ = w.each(at, end, func(e element) (int64, error) {
			require.True(t, e.at >= at && e.body > e.at+1 && e.end <= end && (e.open || e.end >= e.body), "%+v in %d to %d", e, at, end)
			at = e.end
			_, _ = w.uint(e)
			_, _ = w.float(e)
			if content, err := w.data(e, windowBytes); err == nil {
				require.Len(t, content, int(e.end-e.body))
			}
			if depth < 8 {
				walk(e.body, e.end, depth+1)
			}
			return e.end, nil
		})
	}
	walk(0, math.MaxInt64, 0)
	_ = walkOf(data).Walk()
}

func readBlocks(t *testing.T, data []byte) {
	w := walkOf(data)
	all := element{end: int64(len(data))}
	_ = w.readTracks(all)
	w.tracks = append(w.tracks, Track{number: 1}, Track{number: 2, stream: 1, stripped: []byte{0, 0}, defaultDuration: 4e7})
	w.Visit = func(b Block) error {
		require.NotNil(t, b.Track)
		stored := int64(b.Size - len(b.Track.stripped))
		require.True(t, b.PayloadPos > b.Pos && stored >= 0 && b.PayloadPos+stored <= w.size, "%+v of %d", b, w.size)
		return nil
	}
	_, _ = w.walkCluster(all)
	_ = w.group(all)
}

// codecs are those whose packets or configurations gop looks into.
var codecs = []media.Codec{
	media.H264, media.HEVC, media.AV1, media.VP9, media.MPEG1Video,
	media.MPEG2Video, media.MPEG4, media.AAC, media.Opus,
}

func readPictures(t *testing.T, data []byte) {
	for _, codec := range codecs {
		for length := range 5 {
			p := NewParser(codec, nil)
			p.LengthSize = length
			p.Parse(bytes.NewReader(data), int64(len(data)))
			if !p.HasNALUnits() {
				break
			}
			total := 0
			for unit := range p.NALUnits(data) {
				total += length + len(unit)
			}
			require.True(t, length == 0 || total <= len(data))
			if sets, isNew := p.ParameterSets(data, nil); isNew {
				again, stillNew := p.ParameterSets(data, sets)
				require.Equal(t, sets, again)
				require.False(t, stillNew)
			}
			if length > 0 {
				head := p.UpToSlice(slices.Clone(data))
				require.LessOrEqual(t, len(head), len(data))
			}
		}
	}
}

func readConfigurations(t *testing.T, data []byte) {
	for _, codec := range codecs {
		require.Regexp(t, `^[!-~]*$`, Codec(codec, data))
		require.LessOrEqual(t, NewParser(codec, data).LengthSize, 4)
	}
}

func readPayloads(_ *testing.T, data []byte) {
	for _, codec := range codecs {
		for length := range 5 {
			Framing{Codec: codec, LengthSize: length, ADTS: true}.Sum(data)
		}
	}
}

func readHeader(t *testing.T, data []byte) {
	if len(data) < 16 {
		return
	}
	header, err := CloseGap(slices.Clone(data), 1)
	if err == nil {
		require.LessOrEqual(t, len(header), len(data))
	}
}
