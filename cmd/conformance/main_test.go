package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testdata = "../../testdata"

// runCommand runs the command.
func runCommand(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
}

// Every test video conforms. The broken ones, and those that can only be transcoded, are refused with a
// reason.
func TestTestdataConforms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	status, stdout, stderr := runCommand(t, t.Context(), testdata, "--jobs", "4", "--json", path)
	assert.Zero(t, status)
	assert.Regexp(t, `\A\d+ conform, \d+ refused, 0 fall short of \d+ files, \d+ GOPs, in \d+\.\d s\n\z`,
		stdout)

	var r report
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &r))
	assert.False(t, r.Incomplete)
	assert.Len(t, strings.Split(strings.TrimSpace(stderr), "\n"), len(r.Files), "a line for each file")
	for _, f := range r.Files {
		if strings.HasPrefix(f.Name, "broken/") || strings.HasPrefix(f.Name, "transcoded/") {
			assert.Equal(t, refused, f.Outcome, f.Name)
			assert.NotEmpty(t, f.Reason, f.Name)
			continue
		}
		assert.Equal(t, conforms, f.Outcome, "%s: %v", f.Name, f.Failures)
		assert.Positive(t, f.GOPs, f.Name)
	}
}

// --verbose prints which checks were skipped.
func TestVerbose(t *testing.T) {
	status, stdout, _ := runCommand(t, t.Context(), testdata, "--only", "h264-bframes.mp4", "--gops=1", "-v")
	assert.Zero(t, status)
	assert.Regexp(t, `\Ah264-bframes\.mp4: conforms \(audio not checked: the file has none\) `+
		`\(complete not checked: 2 of 3 GOPs were cut\)\n`+
		`1 conform, 0 refused, 0 fall short of 1 files, 2 GOPs, in `, stdout)
}

func TestUsageErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		args []string
		want string // in stderr
	}{
		"no folder argument": {nil, `expected "<dir>"`},
		"missing folder":     {[]string{file + "s"}, "does not exist"},
		"file as folder":     {[]string{file}, "is not a folder"},
		"empty folder":       {[]string{t.TempDir()}, "no matching videos"},
		"no such file":       {[]string{testdata, "--only", "nope"}, "no matching videos"},
		"no jobs":            {[]string{testdata, "--jobs=0"}, "--jobs must be positive"},
		"negative GOPs":      {[]string{testdata, "--gops=-1"}, "--gops must not be negative"},
		"no such flag":       {[]string{testdata, "--nope"}, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := runCommand(t, t.Context(), c.args...)
			assert.Equal(t, statusUsage, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.want)
		})
	}
}

func TestHelpListsChecks(t *testing.T) {
	status, stdout, stderr := runCommand(t, t.Context(), "--help")
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	for _, c := range checks {
		assert.Contains(t, stdout, string(c.name)+":")
	}
}

// An interrupted run says so and fails.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, stdout, stderr := runCommand(t, ctx, testdata)
	assert.Equal(t, statusFallsShort, status)
	assert.Empty(t, stdout)
	assert.Equal(t, "conformance: interrupted\n", stderr)
}
