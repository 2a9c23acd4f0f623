package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Percentiles are values that there are, by the nearest rank.
func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i) // not in order
	}
	for _, c := range []struct {
		values []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 50, 0},
		{[]time.Duration{7}, 50, 7},
		{[]time.Duration{7}, 99, 7},
		{[]time.Duration{3, 1}, 50, 1},
		{[]time.Duration{3, 1}, 99, 3},
		{[]time.Duration{5, 1, 3}, 50, 3},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
		{hundred, 0, 1},
	} {
		assert.Equal(t, c.want, percentile(c.values, c.p), "p%v of %v", c.p, c.values)
	}
}

func TestSpread(t *testing.T) {
	assert.Equal(t, spread{}, spreadOf(nil))
	assert.Equal(t, spread{3, 1, 9}, spreadOf([]float64{9, 1, 3}))
	assert.Equal(t, spread{2.5, 1, 9}, spreadOf([]float64{9, 1, 3, 2}))
	values := []float64{2, 1}
	spreadOf(values)
	assert.Equal(t, []float64{2, 1}, values, "rounds keep their order")
}

// Ratios are of the same round, and of the only one where there is one.
func TestRatios(t *testing.T) {
	assert.Equal(t, []float64{2, 0.5}, ratios([]float64{4, 1}, []float64{2, 2}))
	assert.Equal(t, []float64{10, 5}, ratios([]float64{10}, []float64{1, 2}))
	assert.Equal(t, []float64{1, 2}, ratios([]float64{10, 20}, []float64{10}))
	assert.Equal(t, []float64{3}, ratios([]float64{1, 3}, []float64{0, 1}), "nothing is divided by 0")
	assert.Empty(t, ratios(nil, []float64{1}))
	assert.Empty(t, ratios([]float64{1}, nil))
}

func TestNewRound(t *testing.T) {
	r := newRound([]time.Duration{3 * time.Millisecond, time.Millisecond, 4 * time.Millisecond, 2 * time.Millisecond}, 8*time.Millisecond, 5)
	assert.Equal(t, round{Requests: 4, P50: 2, P99: 4, PerSecond: 400, CPU: 2, Memory: 5}, r)
}
