package process

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunToEnd(t *testing.T) {
	u, err := RunToEnd(t.Context(), nil, "sh", "-c", "echo output; echo error >&2")
	require.NoError(t, err)
	assert.Equal(t, "output\n", string(u.Output))
	assert.Positive(t, u.Elapsed)
	assert.Greater(t, u.Memory, int64(256<<10))

	var out strings.Builder
	u, err = RunToEnd(t.Context(), &out, "echo", "output")
	require.NoError(t, err)
	assert.Equal(t, "output\n", out.String())
	assert.Empty(t, u.Output)

	_, err = RunToEnd(t.Context(), nil, "sh", "-c", "echo first >&2; echo the last >&2; exit 3")
	assert.EqualError(t, err, "run sh: exit status 3: the last")
}

// Cancelling the context ends the program.
func TestRunToEndCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := RunToEnd(ctx, writerFunc(cancel), "sh", "-c", "echo ready; exec sleep 600")
	assert.ErrorIs(t, err, context.Canceled)
}

// writerFunc is a writer that calls itself and discards the data.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func TestServer(t *testing.T) {
	s, err := Start(t.TempDir(), []string{"WORD=ready"}, "sh", "-c", "sleep 600 & echo $WORD; wait")
	require.NoError(t, err)
	require.NoError(t, s.Await(t.Context(), func(output string) bool { return output == "ready\n" }))

	pids, err := s.group()
	require.NoError(t, err)
	require.Len(t, pids, 2, "the shell and its child")
	t.Cleanup(func() { _ = syscall.Kill(pids[1], syscall.SIGKILL) })
	one, err := statusBytes(pids[1], "VmRSS")
	require.NoError(t, err)
	both, err := s.Memory("VmRSS")
	require.NoError(t, err)
	assert.Greater(t, both, one)
	assert.NoError(t, s.ResetPeak())
	_, err = s.CPU()
	assert.NoError(t, err)

	require.NoError(t, s.Stop())
	assert.ErrorIs(t, syscall.Kill(pids[0], 0), syscall.ESRCH)
	assert.NoError(t, s.Stop(), "stopping twice")
}

// Await returns the last line of a server that ends before it is ready.
func TestServerEndsEarly(t *testing.T) {
	s, err := Start(t.TempDir(), nil, "sh", "-c", "echo no such port >&2; exit 1")
	require.NoError(t, err)
	err = s.Await(t.Context(), func(string) bool { return false })
	assert.ErrorContains(t, err, "no such port")
	assert.NoError(t, s.Stop())

	_, err = Start(t.TempDir(), nil, "/no/such/program")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestPrintedAddress(t *testing.T) {
	const output = "level=WARN msg=x\ngop serves /some where at http://127.0.0.1:4711\n"
	m := printedAddress.FindStringSubmatch(output)
	assert.Equal(t, "127.0.0.1:4711", m[1])
	assert.Nil(t, printedAddress.FindStringSubmatch("gop serves /some where at "))
}
