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

// ran runs the program.
func ran(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
}

// Every test video conforms, and the broken ones are refused with a reason.
func TestTestVideosConform(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	status, stdout, stderr := ran(t, t.Context(), testdata, "--jobs", "4", "--json", path)
	assert.Zero(t, status)
	assert.Regexp(t, `\A\d+ conform, 9 refused, 0 fall short of \d+ files, \d+ GOPs, in \d+\.\d s\n\z`, stdout)

	var r report
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &r))
	assert.False(t, r.Incomplete)
	assert.Len(t, strings.Split(strings.TrimSpace(stderr), "\n"), len(r.Files), "a line for each file")
	for _, f := range r.Files {
		if strings.HasPrefix(f.Name, "broken/") {
			assert.Equal(t, refused, f.Outcome, f.Name)
			assert.NotEmpty(t, f.Reason, f.Name)
			continue
		}
		assert.Equal(t, conforms, f.Outcome, "%s: %v", f.Name, f.Failures)
		assert.Positive(t, f.GOPs, f.Name)
	}
}

// What is not checked is said.
func TestVerboseTellsWhatIsNotChecked(t *testing.T) {
	status, stdout, _ := ran(t, t.Context(), testdata, "--only", "h264-bframes.mp4", "--gops=1", "-v")
	assert.Zero(t, status)
	assert.Regexp(t, `\Ah264-bframes\.mp4: conforms \(sound not checked: the file has none\) `+
		`\(whole not checked: of 3 GOPs, 2 were cut\)\n`+
		`1 conform, 0 refused, 0 fall short of 1 files, 2 GOPs, in `, stdout)
}

func TestWrongCalls(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		args []string
		want string // in what is said
	}{
		"no folder named": {nil, `expected "<dir>"`},
		"missing folder":  {[]string{file + "s"}, "there is no folder"},
		"file as folder":  {[]string{file}, "is no folder"},
		"empty folder":    {[]string{t.TempDir()}, "there are no such videos"},
		"no such file":    {[]string{testdata, "--only", "nope"}, "there are no such videos"},
		"no jobs":         {[]string{testdata, "--jobs=0"}, "the number of jobs must be positive"},
		"fewer than none": {[]string{testdata, "--gops=-1"}, "the number of GOPs must not be negative"},
		"no such flag":    {[]string{testdata, "--nope"}, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := ran(t, t.Context(), c.args...)
			assert.Equal(t, statusUsage, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.want)
		})
	}
}

func TestHelpTellsEveryCheck(t *testing.T) {
	status, stdout, stderr := ran(t, t.Context(), "--help")
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	for _, c := range checks {
		assert.Contains(t, stdout, string(c.name)+":")
	}
}

// An interrupted run says so, and does not pass for a good one.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, stdout, stderr := ran(t, ctx, testdata)
	assert.Equal(t, statusShort, status, stdout+stderr)
	assert.Contains(t, stdout+stderr, "interrupted")
}
