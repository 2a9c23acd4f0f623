package main

import "math/rand/v2"

// skewed returns n numbers below limit with Zipf popularity. The popular numbers are spread over the whole
// range. The sequence is the same each time.
func skewed(n, limit int) []int {
	const exponent = 1.1
	source := rand.New(rand.NewPCG(1, 2))
	popular := source.Perm(limit)
	zipf := rand.NewZipf(source, exponent, 1, uint64(limit-1))
	sequence := make([]int, n)
	for i := range sequence {
		sequence[i] = popular[zipf.Uint64()]
	}
	return sequence
}
