package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The choice is the same each time, reaches far, and favours some, who do not lie together.
func TestSkewed(t *testing.T) {
	const n, among = 200_000, 1800
	chosen := skewed(n, among)
	assert.Len(t, chosen, n)
	assert.Equal(t, chosen, skewed(n, among))
	assert.Equal(t, chosen[:100], skewed(100, among), "a shorter run begins as a longer one")

	counts := make([]int, among)
	for _, i := range chosen {
		counts[i]++
	}
	assert.Zero(t, n-sumOf(counts))
	byCount := make([]int, among)
	for i := range byCount {
		byCount[i] = i
	}
	slices.SortFunc(byCount, func(a, b int) int { return counts[b] - counts[a] })
	top := byCount[:among/10]
	var topCount, firstHalf int
	for _, i := range top {
		topCount += counts[i]
		if i < among/2 {
			firstHalf++
		}
	}
	assert.Greater(t, topCount, n/2, "a tenth gets most")
	assert.InDelta(t, len(top)/2, firstHalf, float64(len(top))/5, "it lies anywhere")
	rare := 0
	for _, c := range counts {
		if c == 0 {
			rare++
		}
	}
	assert.Less(t, rare, among/10, "nearly all are asked for")
}

func sumOf(counts []int) (all int) {
	for _, c := range counts {
		all += c
	}
	return all
}
