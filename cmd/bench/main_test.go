package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUsageErrors(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no program": {[]string{"--dir=x"}, "missing flags: --gop"},
		"no folder":  {[]string{"--gop=x"}, "missing flags: --dir"},
		"no such part": {
			[]string{"--gop=x", "--dir=x", "--only=a,z"},
			`unknown part "z": the parts are abcdefgh`,
		},
		"two as one":   {[]string{"--gop=x", "--dir=x", "--only=ab"}, `unknown part "ab"`},
		"no rounds":    {[]string{"--gop=x", "--dir=x", "--rounds=0"}, "--rounds must be positive"},
		"no requests":  {[]string{"--gop=x", "--dir=x", "--requests=0"}, "--requests must be positive"},
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
	assert.True(t, o.selected("a"))
	assert.False(t, o.selected("b"))
	assert.Equal(t, 2, o.Rounds)
	assert.True(t, options{}.selected("b"), "all parts by default")
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"--help"}, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	assert.Contains(t, stdout.String(), "--only=a,c")
}

// A missing program is reported before anything is measured.
func TestMissingProgram(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"--gop=/no/such/gop", "--dir=" + t.TempDir()}, &stdout, &stderr)
	assert.Equal(t, statusFailed, status)
	assert.Contains(t, stderr.String(), "/no/such/gop version prints no version")
}
