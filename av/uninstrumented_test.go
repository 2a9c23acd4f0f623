//go:build !race && !asan

package av_test

const instrumented = false
