package stats

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Percentiles are elements of the values, by nearest rank.
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
		assert.Equal(t, c.want, Percentile(c.values, c.p), "p%v of %v", c.p, c.values)
	}
}

func TestSpread(t *testing.T) {
	assert.Equal(t, Spread{}, SpreadOf(nil))
	assert.Equal(t, Spread{3, 1, 9}, SpreadOf([]float64{9, 1, 3}))
	assert.Equal(t, Spread{2.5, 1, 9}, SpreadOf([]float64{9, 1, 3, 2}))
	values := []float64{2, 1}
	SpreadOf(values)
	assert.Equal(t, []float64{2, 1}, values, "SpreadOf keeps the order of the rounds")
}

// Ratios pairs the values of a round, and repeats a single value.
func TestRatios(t *testing.T) {
	assert.Equal(t, []float64{2, 0.5}, Ratios([]float64{4, 1}, []float64{2, 2}))
	assert.Equal(t, []float64{10, 5}, Ratios([]float64{10}, []float64{1, 2}))
	assert.Equal(t, []float64{1, 2}, Ratios([]float64{10, 20}, []float64{10}))
	assert.Equal(t, []float64{3}, Ratios([]float64{1, 3}, []float64{0, 1}), "zero denominators are left out")
	assert.Empty(t, Ratios(nil, []float64{1}))
	assert.Empty(t, Ratios([]float64{1}, nil))
}
