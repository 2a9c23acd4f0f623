package process

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCPUTime(t *testing.T) {
	const numbers = " S 1 2 3 0 -1 4194560 100 200 300 400 123 45 900 900 20 0 1 0 12 1 2"
	for name, stat := range map[string]string{
		"plain":       "17 (gop)" + numbers,
		"parentheses": "17 (a) R 1 (b)" + numbers,
		"spaces":      "17 (nginx: 1 2 3)" + numbers,
	} {
		took, err := parseCPUTime(stat)
		require.NoError(t, err, name)
		assert.Equal(t, 1680*time.Millisecond, took, name)
	}
	const noNumber = "17 (gop) S 1 2 3 0 -1 4194560 100 200 300 400 x 45"
	for _, broken := range []string{"", "17 (gop) S 1", noNumber} {
		_, err := parseCPUTime(broken)
		assert.Error(t, err, broken)
	}
}

func TestParseField(t *testing.T) {
	const text = "VmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\nrchar: 12345\nbad: x\n"
	for name, want := range map[string]int64{"VmHWM": 2 << 20, "VmRSS": 1 << 20, "rchar": 12345} {
		n, err := ParseField(text, name)
		require.NoError(t, err)
		assert.Equal(t, want, n, name)
	}
	for _, name := range []string{"Vm", "char", "bad", "RssAnon"} {
		_, err := ParseField(text, name)
		assert.Error(t, err, name)
	}
}

// The figures of the test process itself match what it does.
func TestThisProcess(t *testing.T) {
	path := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
	before, err := bytesRead(os.Getpid())
	require.NoError(t, err)
	_, err = os.ReadFile(path)
	require.NoError(t, err)
	after, err := bytesRead(os.Getpid())
	require.NoError(t, err)
	assert.InDelta(t, 1<<20, after-before, 64<<10)

	least := usage(t)
	took, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, took, least-2*tick)
	assert.LessOrEqual(t, took, usage(t)+2*tick)

	for _, field := range []string{"VmHWM", "VmRSS", "RssAnon"} {
		n, err := statusBytes(os.Getpid(), field)
		require.NoError(t, err)
		assert.Greater(t, n, int64(1<<20), field)
	}
}

// usage returns the CPU time of the test process by getrusage.
func usage(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
