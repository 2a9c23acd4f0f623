//go:build race

package av_test

// The race detector keeps memory of its own, and slows the tests down.
const underRace = true
