// Package stats computes percentiles, medians and ratios of measurements.
package stats

import (
	"math"
	"slices"
	"time"
)

// Percentile returns the p-th percentile by the nearest-rank method, or 0 for no values. It sorts values.
func Percentile[T ~int64 | ~float64](values []T, p float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	rank := int(math.Ceil(p / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

// Spread is the median, minimum and maximum of some values.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf returns the spread of values, or the zero Spread for none. It does not change values.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	middle := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return Spread{middle, v[0], v[len(v)-1]}
}

// Ratios divides numerators by denominators of the same round, because the machine's other load affects
// both sides of a round. A side with one value uses it for every round. Zero denominators are left out.
func Ratios(numerators, denominators []float64) []float64 {
	if len(numerators) == 0 || len(denominators) == 0 {
		return nil
	}
	var ratios []float64
	for i := range max(len(numerators), len(denominators)) {
		n, d := numerators[min(i, len(numerators)-1)], denominators[min(i, len(denominators)-1)]
		if d > 0 {
			ratios = append(ratios, n/d)
		}
	}
	return ratios
}

// Milliseconds converts d to milliseconds.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
