// Package stats sums up measurements.
package stats

import (
	"math"
	"slices"
	"time"
)

// Percentile is the least of the values that p of 100 are not above (the nearest rank); 0 where
// there is none. It sorts them.
func Percentile[T ~int64 | ~float64](values []T, p float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	rank := int(math.Ceil(p / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

// Spread is the median of some values, and between what they lie.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf is zero where there is no value.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	middle := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return Spread{middle, v[0], v[len(v)-1]}
}

// Ratios divides the values of one round by those of the same round, since what disturbs a machine
// disturbs who runs at that time. Where one has a single value it stands for every round.
func Ratios(over, under []float64) []float64 {
	if len(over) == 0 || len(under) == 0 {
		return nil
	}
	var all []float64
	for i := range max(len(over), len(under)) {
		o, u := over[min(i, len(over)-1)], under[min(i, len(under)-1)]
		if u > 0 {
			all = append(all, o/u)
		}
	}
	return all
}

func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
