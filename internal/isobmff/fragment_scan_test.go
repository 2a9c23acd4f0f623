package isobmff

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// countingReader counts the bytes that are read.
type countingReader struct {
	*bytes.Reader
	count int64
}

func (r *countingReader) ReadAt(b []byte, at int64) (int, error) {
	n, err := r.Reader.ReadAt(b, at)
	r.count += int64(n)
	return n, err
}

// scan calls FindFragments, and returns the number of bytes that it read.
func scan(t *testing.T, data []byte, earlier *Scan) (Fragments, int64) {
	t.Helper()
	r := &countingReader{Reader: bytes.NewReader(data)}
	f, err := FindFragments(r, int64(len(data)), 64, earlier)
	require.NoError(t, err)
	return f, r.count
}

// lengths returns the byte offsets of the boundaries and of the middles of the top-level boxes.
func lengths(data []byte) (at []int) {
	for b := range File(int64(len(data))).Children(bytes.NewReader(data)) {
		at = append(at, int(b.Pos), int(b.Pos)+4, int(b.Pos+b.End)/2)
	}
	return append(at, len(data))
}

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	require.NoError(t, err)
	return data
}

// The fragments of a file that has grown are those of a scan from its start, whatever it ended with before.
// The tables of before do not change.
func TestFragmentsOfAGrownFile(t *testing.T) {
	for _, name := range []string{
		"fragmented.mp4", "fragmented-small.mp4", "fragmented-sidx.mp4", "fragmented-frames.mp4",
		"sidx-per-fragment.mp4", "many-gops.mp4", "clock-restart.mp4", "cut-fragment.mp4", "h264-aac.mp4",
	} {
		t.Run(name, func(t *testing.T) {
			data := readTestdata(t, name)
			whole, _ := scan(t, data, nil)
			var grown Fragments
			for _, n := range lengths(data) {
				want, _ := scan(t, data[:n], nil)
				before := samplesOf(grown)
				last := grown
				grown, _ = scan(t, data[:n], grown.Scan)
				require.Equal(t, want, grown, "%d bytes", n)
				require.Equal(t, before, samplesOf(last), "%d bytes", n)
				once, _ := scan(t, data, want.Scan)
				require.Equal(t, whole, once, "%d bytes", n)
			}
		})
	}
}

func samplesOf(f Fragments) (all [][]Sample) {
	for _, t := range f.Tracks {
		all = append(all, t.Table.Samples(nil, 0, t.Table.Count))
	}
	return all
}

// A scan continues at the last moof box.
func TestScanReadsTheNewPart(t *testing.T) {
	data := readTestdata(t, "fragmented-frames.mp4")
	_, all := scan(t, data, nil)
	for _, n := range []int{len(data) / 2, len(data) - 1000} {
		earlier, _ := scan(t, data[:n], nil)
		require.NotNil(t, earlier.Scan)
		_, read := scan(t, data, earlier.Scan)
		const moov, moofs = 733, 3 * fragmentWindow
		assert.LessOrEqual(t, read, int64(len(data)-n)+moov+moofs)
		assert.Less(t, read, all)
	}
}

// A file that is not a longer version of the one before is read from its start.
func TestScanOfAnotherFile(t *testing.T) {
	data := readTestdata(t, "fragmented-frames.mp4")
	var moofs []int
	for b := range File(int64(len(data))).Children(bytes.NewReader(data)) {
		if b.Type == "moof" {
			moofs = append(moofs, int(b.Pos))
		}
	}
	middle := len(moofs) / 2
	earlier, _ := scan(t, data[:moofs[middle+1]], nil)
	require.NotNil(t, earlier.Scan)
	change := func(box int) func([]byte) []byte {
		return func(data []byte) []byte {
			data[box+55]-- // the size of its sample
			return data
		}
	}
	for name, edit := range map[string]func([]byte) []byte{
		"another moov box":   func(data []byte) []byte { data[28+8+8+15]++; return data },
		"another first moof": change(moofs[0]),
		"another last moof":  change(moofs[middle]),
		"a fragment less":    func(data []byte) []byte { return slices.Delete(data, moofs[1], moofs[2]) },
		"an incomplete moof": func(data []byte) []byte { return data[:moofs[middle]+20] },
		"as long as before": func(data []byte) []byte {
			return change(moofs[3])(data)[:moofs[middle+1]]
		},
		"shorter":            func(data []byte) []byte { return data[:moofs[middle-1]] },
		"a progressive file": func([]byte) []byte { return readTestdata(t, "h264-aac.mp4") },
		"no last moof anymore": func(data []byte) []byte {
			copy(data[moofs[middle]+4:], "free")
			return data
		},
	} {
		t.Run(name, func(t *testing.T) {
			other := edit(bytes.Clone(data))
			require.NotEqual(t, data, other)
			want, _ := scan(t, other, nil)
			got, _ := scan(t, other, earlier.Scan)
			assert.Equal(t, want, got)
			again, _ := scan(t, data, earlier.Scan) // which continues from the same Scan
			whole, _ := scan(t, data, nil)
			assert.Equal(t, whole, again)
		})
	}
	other, err := FindFragments(bytes.NewReader(data), int64(len(data)), 0, earlier.Scan)
	require.NoError(t, err)
	assert.Nil(t, other.Tracks, "keep is another")
}

// Several calls may continue from a Scan, with files that differ after it, while its tables are in use.
func TestScanIsShared(t *testing.T) {
	data := readTestdata(t, "fragmented-frames.mp4")
	earlier, _ := scan(t, data[:bytes.LastIndex(data, []byte("moof"))-4], nil)
	before := samplesOf(earlier)
	other := bytes.Clone(data)
	other[bytes.LastIndex(other, []byte("tfhd"))+19]-- // the size of the last sample
	files := [][]byte{data, other}
	got, calls := make([]Fragments, 8), sync.WaitGroup{}
	for i := range got {
		calls.Go(func() {
			file := files[i%2]
			var err error
			got[i], err = FindFragments(bytes.NewReader(file), int64(len(file)), 64, earlier.Scan)
			assert.NoError(t, err)
			assert.Equal(t, before, samplesOf(earlier))
		})
	}
	calls.Wait()
	for i := range got {
		want, _ := scan(t, files[i%2], nil)
		assert.Equal(t, want, got[i])
	}
	assert.NotEqual(t, got[0], got[1])
}

// The memory of a Scan grows with the file and not with the number of its versions.
func TestScanMemory(t *testing.T) {
	data := readTestdata(t, "fragmented-frames.mp4")
	whole, _ := scan(t, data, nil)
	var grown Fragments
	for _, n := range lengths(data) {
		grown, _ = scan(t, data[:n], grown.Scan)
	}
	samples := int64(whole.Tracks[0].Table.Count)
	for _, s := range []*Scan{whole.Scan, grown.Scan} {
		assert.Greater(t, s.Memory(), 4*samples)
		assert.Less(t, s.Memory(), 64*samples+4096)
	}
}
