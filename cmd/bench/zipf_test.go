package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The sequence is the same each time, covers nearly all numbers, and its popular numbers are spread over
// the range.
func TestSkewed(t *testing.T) {
	const n, limit = 200_000, 1800
	sequence := skewed(n, limit)
	assert.Len(t, sequence, n)
	assert.Equal(t, sequence, skewed(n, limit))
	assert.Equal(t, sequence[:100], skewed(100, limit), "a shorter sequence is a prefix of a longer one")

	counts := make([]int, limit)
	for _, i := range sequence {
		counts[i]++
	}
	assert.Zero(t, n-sumOf(counts))
	byCount := make([]int, limit)
	for i := range byCount {
		byCount[i] = i
	}
	slices.SortFunc(byCount, func(a, b int) int { return counts[b] - counts[a] })
	top := byCount[:limit/10]
	var topCount, firstHalf int
	for _, i := range top {
		topCount += counts[i]
		if i < limit/2 {
			firstHalf++
		}
	}
	assert.Greater(t, topCount, n/2, "a tenth of the numbers has most of the requests")
	assert.InDelta(t, len(top)/2, firstHalf, float64(len(top))/5, "half of them are in the lower half")
	rare := 0
	for _, c := range counts {
		if c == 0 {
			rare++
		}
	}
	assert.Less(t, rare, limit/10, "nearly all numbers occur")
}

func sumOf(counts []int) (total int) {
	for _, c := range counts {
		total += c
	}
	return total
}
