package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWrongCalls(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no program":   {[]string{"--dir=x"}, "missing flags: --gop"},
		"no folder":    {[]string{"--gop=x"}, "missing flags: --dir"},
		"no such part": {[]string{"--gop=x", "--dir=x", "--only=a,z"}, `there is no part "z": they are abcdefg`},
		"two as one":   {[]string{"--gop=x", "--dir=x", "--only=ab"}, `there is no part "ab"`},
		"no rounds":    {[]string{"--gop=x", "--dir=x", "--rounds=0"}, "the number of rounds must be positive"},
		"no requests":  {[]string{"--gop=x", "--dir=x", "--requests=0"}, "the number of requests must be positive"},
		"no such flag": {[]string{"--nope"}, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, statusUsage, run(t.Context(), c.args, &stdout, &stderr))
			assert.Empty(t, stdout.String())
			assert.Contains(t, stderr.String(), c.want)
		})
	}
}

func TestOptions(t *testing.T) {
	var stdout, stderr bytes.Buffer
	o, _, ok := parse([]string{"--gop=x", "--dir=x", "--only=a,c", "--quick"}, &stdout, &stderr)
	assert.True(t, ok, stderr.String())
	assert.True(t, o.chosen("a"))
	assert.False(t, o.chosen("b"))
	assert.Equal(t, 2, o.Rounds)
	assert.True(t, options{}.chosen("b"), "all, where none is named")
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"--help"}, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	assert.Contains(t, stdout.String(), "--only=a,c")
}

// A gop that is none is told before anything is measured.
func TestNoSuchProgram(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"--gop=/no/such/gop", "--dir=" + t.TempDir()}, &stdout, &stderr)
	assert.Equal(t, statusFailed, status)
	assert.Contains(t, stderr.String(), "/no/such/gop version does not tell its version")
}
