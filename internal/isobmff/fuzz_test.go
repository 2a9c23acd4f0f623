package isobmff

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzBoxes checks that no bytes make a reader of boxes fail, or report data outside of them.
func FuzzBoxes(f *testing.F) {
	readers := []func(t *testing.T, data []byte){
		fuzzBoxes, fuzzSampleTables, fuzzRemoveGap, fuzzEmptyTrack, fuzzReduceMovie,
	}
	for _, name := range []string{"one-frame.mp4", "high10.mp4", "av1.mp4", "intra.mp4"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		require.NoError(f, err)
		for i := range readers {
			f.Add(byte(i), data)
		}
		for _, mark := range []string{"stbl", "trak"} {
			if at := bytes.Index(data, []byte(mark)); at > 4 {
				for i := range readers {
					f.Add(byte(i), data[at-4:min(len(data), at+2000)])
					f.Add(byte(i), data[at+4:min(len(data), at+2000)])
				}
			}
		}
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "fragmented-frames.mp4"))
	require.NoError(f, err)
	f.Add(byte(0), data)
	f.Fuzz(func(t *testing.T, reader byte, data []byte) {
		readers[int(reader)%len(readers)](t, data)
	})
}

func fuzzBoxes(t *testing.T, data []byte) {
	r, size := bytes.NewReader(data), int64(len(data))
	_ = IsFirstBox(data)
	fragments, err := FindFragments(r, size, 1, nil)
	require.NoError(t, err)
	require.True(t, fragments.End >= 0 && fragments.End <= size, "%d of %d", fragments.End, size)
	require.True(t, slices.IsSorted(fragments.SegmentIndexes))
	earlier, err := FindFragments(r, size/2, 1, nil)
	require.NoError(t, err)
	resumed, err := FindFragments(r, size, 1, earlier.Scan)
	require.NoError(t, err)
	require.Equal(t, fragments, resumed)
	require.True(t, fragments.Head >= 0 && fragments.Head <= fragments.End)
	for _, track := range fragments.Tracks {
		require.True(t, track.Head <= track.Table.Count && track.Table.Count <= len(data))
		last := int64(-1)
		for _, s := range track.Table.Samples(nil, 0, track.Table.Count) {
			require.True(t, s.DTS > last && s.Size > 0 && s.Pos >= 0)
			last = s.DTS
		}
	}
	var walk func(within Box, depth int)
	walk = func(within Box, depth int) {
		at := within.Start
		for b := range within.Children(r) {
			isWithin := b.Start >= at+8 && b.End >= b.Start && b.End <= within.End
			require.True(t, isWithin, "%+v in %+v", b, within)
			at = b.End
			content, err := b.Content(r, 64)
			require.NoError(t, err)
			require.Len(t, content, int(min(64, b.Size())))
			if depth < 8 {
				walk(b, depth+1)
			}
		}
	}
	walk(File(size), 0)
}

func fuzzSampleTables(t *testing.T, data []byte) {
	r, all := bytes.NewReader(data), File(int64(len(data)))
	for samples := range 100 {
		if table, ok := ReadSampleTable(r, all, 1, samples); ok {
			require.True(t, table.Offsets == nil || len(table.Offsets) == samples)
			require.True(t, table.Dependencies == nil || len(table.Dependencies) == samples)
		}
		if offsets, ok := readOffsets(r, all, samples); ok {
			require.Len(t, offsets, samples)
		}
	}
	ReadEdits(r, all, 1)
	hasOneEntry(r, all)
}

func fuzzRemoveGap(t *testing.T, data []byte) {
	if len(data) < 16 {
		return
	}
	header, err := RemoveGap(slices.Clone(data), 1)
	if err == nil {
		require.LessOrEqual(t, len(header), len(data))
	}
}

func fuzzEmptyTrack(t *testing.T, data []byte) {
	for track := range CountTracks(data) {
		if header, err := EmptyTrack(data, track, 1); err == nil {
			require.Len(t, header, len(data))
		}
	}
}

func fuzzReduceMovie(t *testing.T, data []byte) {
	m, ok := ReduceMovie(data, 2)
	if !ok {
		return
	}
	require.LessOrEqual(t, len(m.Box)+8, len(data))
	for _, track := range m.Tracks {
		samples := track.Table.Samples(nil, 0, track.Table.Count)
		require.Len(t, samples, track.Table.Count)
		track.Table.ReorderDelay(0, track.Table.Count)
	}
}
