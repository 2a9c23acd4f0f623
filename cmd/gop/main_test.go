package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if job := os.Getenv(sandboxJobVariable); job != "" {
		os.Exit(runSandboxJob(job))
	}
	// The environment must not change the defaults.
	ofTests := []string{"GOP_SCREENSHOTS", "GOP_AXE_CORE"}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "GOP_") && !slices.Contains(ofTests, name) {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("GOP_STATE_DIR", "") // tests with a store name its folder
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		removeProgram()
		os.Exit(status)
	}))
}

// ran runs a command and returns its exit status and output.
func ran(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

func TestVersion(t *testing.T) {
	status, stdout, stderr := ran(t, "version")
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	assert.Regexp(t, `\Agop \d+\.\d+\.\d+\S*\nFFmpeg 7\.1\S*\ngo-astiav \S+\n\z`, stdout)
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"health", "--help"}} {
		status, stdout, stderr := ran(t, args...)
		assert.Zero(t, status, args)
		assert.Empty(t, stderr, args)
		assert.Contains(t, stdout, "Usage: gop", args)
	}
}

// An error is one line that names the cause. The exit status is 2 for a malformed command line and 1 for any
// other error.
func TestRunErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	missing := filepath.Join(dir, "missing")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	at := taken.Addr().String()

	const hint = "\nTry gop --help."
	const noFolder = `folder .*/missing does not exist`
	for name, test := range map[string]struct {
		args   []string
		env    [2]string
		status int
		want   string // a regular expression
	}{
		"missing folder":       {args: []string{"serve", missing}, status: 1, want: noFolder},
		"default command":      {args: []string{missing}, status: 1, want: noFolder},
		"folder from variable": {env: [2]string{"GOP_DIR", missing}, status: 1, want: noFolder},
		"file as folder":       {args: []string{"serve", file}, status: 1, want: `.*/file is not a folder`},
		"taken port": {
			args: []string{"serve", "--addr", at, dir}, status: 1,
			want: `another program listens at 127\.0\.0\.1:\d+ already; choose another address with --addr`,
		},
		"address without port": {
			args: []string{"serve", "--addr", "here", dir}, status: 1,
			want: `--addr: listen at here: .*missing port.*`,
		},
		"invalid port": {
			args: []string{"serve", "--addr", "127.0.0.1:99999", dir}, status: 1,
			want: `--addr: listen at .*99999: .*invalid port`,
		},
		"unknown flag": {args: []string{"serve", "--nope"}, status: 2, want: `unknown flag --nope` + hint},
		"unknown level": {
			args: []string{"--log-level", "loud", dir}, status: 2,
			want: `--log-level must be one of .* but got "loud"` + hint,
		},
		"not a number": {
			args: []string{"--workers", "many", dir}, status: 2, want: `--workers: .* got "many"` + hint,
		},
		"not a duration from variable": {
			args: []string{dir}, env: [2]string{"GOP_INDEX_TIMEOUT", "soon"}, status: 2,
			want: `--index-timeout: .*"soon".*` + hint,
		},
		"two folders": {args: []string{"serve", dir, dir}, status: 2, want: `unexpected argument .*` + hint},
		"negative workers": {
			args: []string{"--workers=-1", dir}, status: 1, want: `--workers must not be negative`,
		},
		"negative age": {
			args: []string{"--max-age=-1s", dir}, status: 1, want: `--max-age must not be negative`,
		},
		"no drain time": {
			args: []string{"--drain-timeout=0s", dir}, status: 1, want: `--drain-timeout must be positive`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.env[0] != "" {
				t.Setenv(test.env[0], test.env[1])
			}
			status, stdout, stderr := ran(t, test.args...)
			assert.Equal(t, test.status, status)
			assert.Empty(t, stdout)
			assert.Regexp(t, `\Agop: `+test.want+`\n\z`, stderr)
		})
	}
}

// Every invalid option is reported at once.
func TestRunReportsEveryInvalidOption(t *testing.T) {
	invalid := []string{"--workers=-1", "--max-gops=0", "--max-age=-1s", "--drain-timeout=0s"}
	status, _, stderr := ran(t, append(invalid, t.TempDir())...)
	assert.Equal(t, 1, status)
	assert.Len(t, strings.Split(strings.TrimSpace(stderr), "\n"), 4, stderr)
}

// A server whose context has already ended starts, stops and returns success. It runs in the test process,
// which a sandbox would restrict for the other tests.
func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	args := []string{"serve", "--no-sandbox", "--addr", "127.0.0.1:0", t.TempDir()}
	status := run(ctx, args, &stdout, &stderr)
	assert.Zero(t, status, stderr.String())
	assert.Regexp(t, `\Agop serves \S+ at http://127\.0\.0\.1:\d+\n\z`, stdout.String())
}
