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
	// The defaults are tested, not what the environment of who runs the tests makes of them.
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GOP_") && !slices.Contains([]string{"GOP_SCREENSHOTS", "GOP_AXE_CORE"}, name) {
			_ = os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		removeProgram()
		os.Exit(status)
	}))
}

// ran runs a command that ends by itself.
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

// What is wrong is said in one line, which names it, and the status tells a mistake on the command
// line (2) from what the machine refused (1).
func TestRunRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	missing := filepath.Join(dir, "missing")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	at := taken.Addr().String()

	const hint = "\nTry gop --help."
	for name, test := range map[string]struct {
		args   []string
		env    [2]string
		status int
		want   string // a regular expression
	}{
		"missing folder":     {args: []string{"serve", missing}, status: 1, want: `folder .*/missing does not exist`},
		"default command":    {args: []string{missing}, status: 1, want: `folder .*/missing does not exist`},
		"folder by variable": {env: [2]string{"GOP_DIR", missing}, status: 1, want: `folder .*/missing does not exist`},
		"file as folder":     {args: []string{"serve", file}, status: 1, want: `.*/file is not a folder`},
		"taken port": {
			args: []string{"serve", "--addr", at, dir}, status: 1,
			want: `another program listens at 127\.0\.0\.1:\d+ already; choose another address with --addr`,
		},
		"address without port": {args: []string{"serve", "--addr", "here", dir}, status: 1, want: `listen at here: .*missing port.*`},
		"no such port":         {args: []string{"serve", "--addr", "127.0.0.1:99999", dir}, status: 1, want: `listen at .*99999: .*invalid port`},
		"no such flag":         {args: []string{"serve", "--nope"}, status: 2, want: `unknown flag --nope` + hint},
		"no such level":        {args: []string{"--log-level", "loud", dir}, status: 2, want: `--log-level must be one of .* but got "loud"` + hint},
		"no number":            {args: []string{"--workers", "many", dir}, status: 2, want: `--workers: .* got "many"` + hint},
		"no number by variable": {
			args: []string{dir}, env: [2]string{"GOP_INDEX_TIMEOUT", "soon"}, status: 2,
			want: `--index-timeout: .*"soon".*` + hint,
		},
		"two folders":   {args: []string{"serve", dir, dir}, status: 2, want: `unexpected argument .*` + hint},
		"no workers":    {args: []string{"--workers=-1", dir}, status: 1, want: `--workers must not be negative`},
		"negative age":  {args: []string{"--max-age=-1s", dir}, status: 1, want: `--max-age must not be negative`},
		"no drain time": {args: []string{"--drain-timeout=0s", dir}, status: 1, want: `--drain-timeout must be positive`},
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

// All that is wrong with the configuration is told at once.
func TestRunTellsAllThatIsWrong(t *testing.T) {
	status, _, stderr := ran(t, "--workers=-1", "--max-gops=0", "--max-age=-1s", "--drain-timeout=0s", t.TempDir())
	assert.Equal(t, 1, status)
	assert.Len(t, strings.Split(strings.TrimSpace(stderr), "\n"), 4, stderr)
}

// A server that is told to stop at once has still begun, leaves nothing behind, and is content. It
// runs in the tests' own process, which a sandbox would hold for good.
func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"serve", "--no-sandbox", "--addr", "127.0.0.1:0", t.TempDir()}, &stdout, &stderr)
	assert.Zero(t, status, stderr.String())
	assert.Regexp(t, `\Agop serves \S+ at http://127\.0\.0\.1:\d+\n\z`, stdout.String())
}
