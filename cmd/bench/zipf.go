package main

import "math/rand/v2"

// skewed is a choice of n out of the numbers below among, some of which are chosen far more often
// than others, as a public chooses videos (Zipf's law). It is the same one each time, and which
// numbers it favours has nothing to do with their order.
func skewed(n, among int) []int {
	const exponent = 1.1
	source := rand.New(rand.NewPCG(1, 2))
	popular := source.Perm(among)
	zipf := rand.NewZipf(source, exponent, 1, uint64(among-1))
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = popular[zipf.Uint64()]
	}
	return chosen
}
