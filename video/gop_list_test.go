package video_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// regularGOPs returns GOPs of 2 s with B-frames, as a file with audio has them. Those of byTime have no
// FirstPos.
func regularGOPs(n int, byTime bool) []video.GOP {
	gops := make([]video.GOP, n)
	pos := int64(48)
	for i := range gops {
		start, size := video.Ticks(180_000*i), int64(900_000+7919*i%200_000)
		g := video.GOP{
			Number: i, Start: start, End: start + 180_000, StartDTS: start - 7200, EndDTS: start + 172_800,
			Frames: 50, Bytes: size, Closed: true, KeyType: video.KeyIDR,
			FirstPos: max(pos-900, 0), LastPos: pos + size + 30_000, KeyPos: pos, KeyPTS: start,
			KeySize: 90_000 + i, KeyDuration: 3600,
		}
		if byTime {
			g.FirstPos = -1
		}
		gops[i] = g
		pos += size + 32_000
	}
	return gops
}

func TestGOPList(t *testing.T) {
	extremes := []video.GOP{
		{}, {
			Number: math.MaxInt, Start: math.MinInt64, End: math.MaxInt64, StartDTS: math.MaxInt64,
			EndDTS: math.MinInt64, Frames: math.MinInt, Bytes: math.MinInt64,
			Leading: math.MaxInt, Presented: math.MaxInt,
			FirstPos: math.MinInt64, LastPos: math.MaxInt64, KeyPos: math.MinInt64, KeyPTS: math.MaxInt64,
			KeySize: math.MaxInt, KeyDuration: math.MinInt64, Width: math.MaxInt, Height: math.MinInt,
		}, {Number: -1, Start: video.NoTime, FirstPos: -1, LastPos: -1, KeyPos: -1, Trimmed: true},
	}
	for _, keyType := range []video.KeyType{
		"", video.KeyIDR, video.KeyCRA, video.KeyRecovery, video.KeyIntra,
	} {
		extremes = append(extremes, video.GOP{KeyType: keyType, FirstPos: -1, KeyPos: 7, Width: 8})
	}
	for name, gops := range map[string][]video.GOP{
		"none":            {},
		"one":             regularGOPs(1, false),
		"a block":         regularGOPs(8, false),
		"two blocks":      regularGOPs(9, true),
		"many":            regularGOPs(1800, false),
		"extremes":        extremes,
		"extremes, twice": append(slices.Clone(extremes), extremes...),
	} {
		t.Run(name, func(t *testing.T) {
			l := video.NewGOPList(gops...)
			assertGOPs(t, gops, l)
			encoded, err := l.MarshalBinary()
			require.NoError(t, err)
			var decoded video.GOPList
			require.NoError(t, decoded.UnmarshalBinary(encoded))
			assert.Equal(t, l, decoded)
			for n := 0; n < len(encoded); n += 1 + len(encoded)/500 {
				assert.Error(t, decoded.UnmarshalBinary(encoded[:n]), "truncated to %d bytes", n)
			}
			assert.Error(t, decoded.UnmarshalBinary(append(encoded, 0)))
			assert.Equal(t, l, decoded, "an error changes nothing")
		})
	}
}

// assertGOPs checks that each way to read a list returns these GOPs.
func assertGOPs(t *testing.T, want []video.GOP, l video.GOPList) {
	t.Helper()
	require.Equal(t, len(want), l.Len())
	assert.Equal(t, want, l.Unpack())
	for i, g := range want {
		assert.Equal(t, g, l.At(i), "GOP %d", i)
	}
	next := 0
	for i, g := range l.All() {
		require.Equal(t, next, i)
		assert.Equal(t, want[i], g)
		if next++; next == len(want)/2+1 {
			break
		}
	}
	assert.Equal(t, min(len(want)/2+1, len(want)), next)
}

func TestGOPListOutOfRange(t *testing.T) {
	l := video.NewGOPList(regularGOPs(9, false)...)
	for _, i := range []int{-1, 9, 15, 16, 1 << 40} {
		assert.PanicsWithValue(t, fmt.Sprintf("video: GOP %d of a list of 9", i), func() { l.At(i) })
	}
	assert.Panics(t, func() { video.NewGOPList(video.GOP{KeyType: "other"}) })
}

// A GOP in memory takes at most 64 bytes.
func TestMemoryOfGOPList(t *testing.T) {
	for _, byTime := range []bool{false, true} {
		const n = 18_000 // 10 h
		l := video.NewGOPList(regularGOPs(n, byTime)...)
		assert.LessOrEqual(t, l.Memory()/n, int64(36))
		assert.Greater(t, l.Memory()/n, int64(16))
	}
}

// Bytes that are not a list of GOPs are refused before memory is allocated for more of them than they have.
func TestForeignGOPList(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":          {},
		"too many":         binary.AppendUvarint(nil, math.MaxUint64),
		"number too large": slices.Repeat([]byte{0xff}, 20),
		"unknown flag":     slices.Concat([]byte{1, 0x80}, make([]byte, 16)),
		"unknown type":     slices.Concat([]byte{1, 7}, make([]byte, 16)),
		"long varint":      slices.Concat([]byte{1, 0}, slices.Repeat([]byte{0xff}, 40)),
		"more than stated": slices.Concat([]byte{1}, make([]byte, 34)),
		"less than stated": slices.Concat([]byte{3}, make([]byte, 34)),
	} {
		var l video.GOPList
		assert.Error(t, l.UnmarshalBinary(b), name)
		assert.Zero(t, l, name)
	}
}

func FuzzGOPList(f *testing.F) {
	for _, gops := range [][]video.GOP{nil, regularGOPs(10, false), regularGOPs(17, true)} {
		b, err := video.NewGOPList(gops...).MarshalBinary()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var l, again video.GOPList
		if l.UnmarshalBinary(b) != nil {
			return
		}
		require.LessOrEqual(t, l.Memory(), int64(128+2*len(b)))
		gops := l.Unpack()
		for i, g := range gops {
			require.Equal(t, g, l.At(i))
		}
		packed, err := video.NewGOPList(gops...).MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalBinary(packed))
		require.Equal(t, gops, again.Unpack())
	})
}

func BenchmarkGOPList(b *testing.B) {
	gops := regularGOPs(1800, false)
	l := video.NewGOPList(gops...)
	b.Run("At", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			runtime.KeepAlive(l.At(i % 1800).Bytes)
		}
	})
	b.Run("All", func(b *testing.B) {
		for b.Loop() {
			for _, g := range l.All() {
				runtime.KeepAlive(g.Bytes)
			}
		}
	})
	b.Run("New", func(b *testing.B) {
		for b.Loop() {
			runtime.KeepAlive(video.NewGOPList(gops...))
		}
	})
}
