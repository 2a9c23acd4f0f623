package isobmff

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fullBox returns the content of a full box with a number of entries and these entries of width values.
func fullBox(width int, values ...uint32) []byte {
	return slices.Concat(words(0, uint32(len(values)/width)), words(values...))
}

// randomTable returns the boxes of a table with the given number of samples, and these samples. Runs and
// chunks have up to longest samples.
func randomTable(random *rand.Rand, samples, longest int) (tableBoxes, []Sample) {
	var want []Sample
	var stts, ctts, stsc, stss, stsz, offsets []uint32
	dts, left, delta := int64(0), 0, uint32(0)
	for i := range samples {
		if left == 0 {
			left, delta = 1+random.IntN(longest), 1+random.Uint32N(5000)
			left = min(left, samples-i)
			stts = append(stts, uint32(left), delta)
		}
		left--
		s := Sample{DTS: dts, Size: random.IntN(1 << 16), Key: random.IntN(20) == 0}
		s.Disposable = random.IntN(3) == 0
		dts += int64(delta)
		stsz = append(stsz, uint32(s.Size))
		if s.Key {
			stss = append(stss, uint32(i+1))
		}
		want = append(want, s)
	}
	if stss == nil {
		want[0].Key, stss = true, []uint32{1}
	}
	for i := 0; i < samples; {
		n, offset := min(1+random.IntN(longest), samples-i), random.Uint32N(10000)
		ctts = append(ctts, uint32(n), offset)
		for ; n > 0; n-- {
			want[i].Offset = int64(offset)
			i++
		}
	}
	perChunk, chunks := 0, uint32(0)
	for i := 0; i < samples; {
		n := min(1+random.IntN(longest), samples-i)
		if random.IntN(2) == 0 && perChunk > 0 {
			n = min(perChunk, samples-i)
		}
		if chunks++; n != perChunk {
			perChunk = n
			stsc = append(stsc, chunks, uint32(n), 1)
		}
		pos := random.Uint32()
		offsets = append(offsets, pos)
		for at := int64(pos); n > 0; n-- {
			want[i].Pos = at
			at += int64(want[i].Size)
			i++
		}
	}
	boxes := tableBoxes{
		"stts": fullBox(2, stts...), "ctts": fullBox(2, ctts...), "stsc": fullBox(3, stsc...),
		"stss": fullBox(1, stss...), "stco": fullBox(1, offsets...), "sdtp": words(0),
		"stsz": slices.Concat(words(0, 0, uint32(samples)), words(stsz...)),
	}
	for _, s := range want {
		d := byte(1 << 2)
		if s.Disposable {
			d = DependencyNone
		}
		boxes["sdtp"] = append(boxes["sdtp"], d)
	}
	return boxes, want
}

// A table returns the samples that its boxes describe, wherever reading begins.
func TestTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ samples, longest int }{
		{1, 1}, {10, 3}, {5000, 1}, {5000, 4}, {20000, 3}, {5000, 5000}, {4096, 1},
	} {
		boxes, want := randomTable(random, size.samples, size.longest)
		table, ok := readTable(boxes)
		require.True(t, ok)
		assert.Equal(t, size.samples, table.Count)
		assert.True(t, table.HasOffsets() && table.HasDependencies())
		require.Equal(t, want, table.Samples(nil, 0, size.samples+1))
		bytes := int64(0)
		for _, s := range want {
			bytes += int64(s.Size)
		}
		assert.Equal(t, bytes, table.Bytes)
		var into []Sample
		for range 200 {
			from := random.IntN(size.samples)
			n := 1 + random.IntN(min(100, size.samples-from))
			into = table.Samples(into, from, n)
			require.Equal(t, want[from:from+n], into, "%d samples from %d on", n, from)
			require.Equal(t, from, table.Find(want[from].DTS))
			require.Equal(t, from+1, table.Find(want[from].DTS+1))
		}
		assert.Zero(t, table.Find(-1))
		assert.Equal(t, reorderDelay(want), table.ReorderDelay(0, table.Count))
		assert.Empty(t, table.Samples(nil, table.Count, 1))
	}
}

// reorderDelay is ReorderDelay as its definition is.
func reorderDelay(samples []Sample) (delay int) {
	var sorted []int64
	for _, s := range samples {
		pts := s.DTS + s.Offset
		at, _ := slices.BinarySearch(sorted, pts+1)
		delay = max(delay, min(len(sorted)-at, 16))
		if sorted = slices.Insert(sorted, at, pts); len(sorted) > 16 {
			sorted = sorted[1:]
		}
	}
	return delay
}

// Sizes can have 8 or 16 bits, and byte offsets 64 bits. Without an stss box, all samples are keyframes.
func TestTableOfOtherWidths(t *testing.T) {
	boxes := tableBoxes{
		"stts": fullBox(2, 3, 10),
		"stsc": fullBox(3, 1, 2, 1, 2, 1, 1),
		"co64": slices.Concat(words(0, 2), words(1, 5, 2, 6)),
	}
	want := []Sample{
		{DTS: 0, Pos: 1<<32 + 5, Size: 1, Key: true},
		{DTS: 10, Pos: 1<<32 + 6, Size: 2, Key: true},
		{DTS: 20, Pos: 2<<32 + 6, Size: 3, Key: true},
	}
	for width, sizes := range map[uint32][]byte{8: {1, 2, 3}, 16: {0, 1, 0, 2, 0, 3}} {
		boxes["stz2"] = append(words(0, width, 3), sizes...)
		table, ok := readTable(boxes)
		require.True(t, ok)
		assert.Equal(t, want, table.Samples(nil, 0, 3))
		assert.EqualValues(t, 10, table.FrameDuration())
		assert.EqualValues(t, 30, table.Duration)
		assert.Zero(t, table.ReorderDelay(0, 3))
	}
}

// A table whose boxes are damaged or disagree is not read.
func TestDamagedTables(t *testing.T) {
	boxes := func() tableBoxes {
		b, _ := randomTable(rand.New(rand.NewPCG(3, 4)), 100, 5)
		return b
	}
	set := func(box string, at int, value uint32) func(b tableBoxes) {
		return func(b tableBoxes) { binary.BigEndian.PutUint32(b[box][at:], value) }
	}
	for name, damage := range map[string]func(b tableBoxes){
		"too many samples":     set("stts", 8, 200),
		"too few samples":      set("stts", 8, 0),
		"a duration of 0":      set("stts", 12, 0),
		"a negative duration":  set("stts", 12, 0xFFFFFFFF),
		"entries are missing":  set("ctts", 4, 1<<30),
		"a negative offset":    set("ctts", 12, 0xFFFFFFFF),
		"keys out of order":    set("stss", 8, 99),
		"no key":               func(b tableBoxes) { b["stss"] = words(0, 0) },
		"a key past the end":   func(b tableBoxes) { b["stss"] = words(0, 1, 101) },
		"no first chunk":       set("stsc", 8, 2),
		"empty chunks":         set("stsc", 12, 0),
		"large chunks":         set("stsc", 12, 0xFFFFFFFF),
		"another sample entry": set("stsc", 16, 2),
		"chunks are missing":   set("stco", 4, 0xFFFFFFFF),
		"one size":             set("stsz", 4, 7),
		"a large size":         set("stsz", 12, 1<<30),
		"sizes are missing":    set("stsz", 8, 101),
		"dependencies":         func(b tableBoxes) { b["sdtp"] = b["sdtp"][:50] },
		"no sizes":             func(b tableBoxes) { delete(b, "stsz") },
		"no times":             func(b tableBoxes) { delete(b, "stts") },
	} {
		b := boxes()
		_, ok := readTable(b)
		require.True(t, ok)
		damage(b)
		_, ok = readTable(b)
		assert.False(t, ok, name)
	}
}
