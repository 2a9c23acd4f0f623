//go:build !race

package av_test

const underRace = false
