//go:build race || asan

package av_test

// The race detector and AddressSanitizer keep memory of their own, and slow the tests down.
const instrumented = true
