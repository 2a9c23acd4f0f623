package av_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

func niceOfThread(t *testing.T) int32 {
	t.Helper()
	attr, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	return attr.Nice
}

// Nice work runs at low priority and leaves the priority of its caller alone. Its errors and panics are
// returned.
func TestNice(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := niceOfThread(t)
	done := errors.New("done")
	assert.Equal(t, done, av.Nice(func() error {
		assert.EqualValues(t, 10, niceOfThread(t))
		return done
	}))
	assert.ErrorContains(t, av.Nice(func() error { panic("at work") }), "panic: at work")
	assert.Equal(t, before, niceOfThread(t))
}

// All threads of a transcode run at low priority: two goroutines, the decoder's threads and x264's.
func TestTranscodesAreNice(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeThreads = 3
	engine := newEngine(t, config)
	v, open := fileAt(t, examplePath)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	var threads map[string]int // at nice 10 when the first fragment is emitted, by name
	// Upright, since x264 takes one thread for few rows.
	of := cut.Cut{Edit: cut.Edit{Rotate: 90}, Fragmented: true}
	_, err = engine.CutStream(t.Context(), ix, of, open, func(video.Fragment) error {
		if threads == nil {
			threads = niceThreads(t)
		}
		return nil
	})
	require.NoError(t, err)
	program := niceName(t, "/proc/self/task/"+fmt.Sprint(os.Getpid()))
	decoders, others := 0, 0
	for name, n := range threads {
		switch {
		case strings.HasPrefix(name, "av:h264"):
			decoders += n
		case name == program:
			others += n
		}
	}
	assert.Equal(t, config.TranscodeThreads+1, decoders, threads)
	assert.GreaterOrEqual(t, others, 2+config.TranscodeThreads, threads) // x264 has others for its lookahead
}

// niceThreads counts the threads of this process at nice 10 by their names.
func niceThreads(t *testing.T) map[string]int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*")
	require.NoError(t, err)
	counts := map[string]int{}
	for _, task := range tasks {
		stat, err := os.ReadFile(filepath.Join(task, "stat"))
		if err != nil { // the thread has ended
			continue
		}
		// After the name come the fields from 3 on; nice is field 19 (proc_pid_stat(5)).
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); fields[19-3] == "10" {
			counts[niceName(t, task)]++
		}
	}
	return counts
}

func niceName(t *testing.T, task string) string {
	t.Helper()
	name, err := os.ReadFile(filepath.Join(task, "comm"))
	require.NoError(t, err)
	return strings.TrimSpace(string(name))
}
