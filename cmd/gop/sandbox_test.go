package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sandboxedFolder is the variable that has the test's own program try what the sandbox keeps it
// from, and write what came of it; TestMain asks for it.
const sandboxedFolder = "TEST_SANDBOXED_FOLDER"

// escape enters the sandbox and tries to get out, on threads from before and from after.
func escape(folder string) int {
	before := onThread()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := sandbox(log, folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, on := range []func(func()){before, onThread()} {
		on(func() {
			results := map[string]string{}
			for name, try := range escapes(folder) {
				results[name] = fmt.Sprint(try())
			}
			_ = json.NewEncoder(os.Stdout).Encode(results)
		})
	}
	return 0
}

// onThread is a thread of the system that does what it is given.
func onThread() func(func()) {
	work, done := make(chan func()), make(chan struct{})
	ready := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(ready)
		for do := range work {
			do()
			done <- struct{}{}
		}
	}()
	<-ready
	return func(do func()) {
		work <- do
		<-done
	}
}

// escapes are what is tried, by what it is expected to come to.
func escapes(folder string) map[string]func() error {
	opened := func(flag int, path ...string) func() error {
		return func() error {
			file, err := os.OpenFile(filepath.Join(path...), flag, 0o600)
			if err == nil {
				_ = file.Close()
			}
			return reason(err)
		}
	}
	return map[string]func() error{
		"works: read a video":              opened(os.O_RDONLY, folder, "inside"),
		"works: read a video further down": opened(os.O_RDONLY, folder, "deep", "inside"),
		"works: list the folder":           func() error { _, err := os.ReadDir(folder); return reason(err) },
		"works: read about itself":         opened(os.O_RDONLY, "/proc/self/status"),
		"read another file":                opened(os.O_RDONLY, filepath.Dir(folder), "outside"),
		"read a system file":               opened(os.O_RDONLY, "/etc/passwd"),
		"read about another process":       opened(os.O_RDONLY, "/proc/1/status"),
		"read by a link out":               opened(os.O_RDONLY, folder, "link-out"),
		"write a video":                    opened(os.O_WRONLY, folder, "inside"),
		"make a file":                      opened(os.O_WRONLY|os.O_CREATE, folder, "new"),
		"make a temporary file":            opened(os.O_WRONLY|os.O_CREATE, os.TempDir(), "gop-new"),
		"remove a video":                   func() error { return reason(os.Remove(filepath.Join(folder, "inside"))) },
		"list another folder":              func() error { _, err := os.ReadDir("/"); return reason(err) },
		"execute":                          func() error { return reason(syscall.Exec("/bin/true", []string{"true"}, nil)) },
		"start a program":                  func() error { return reason(exec.Command("/bin/true").Run()) },
		"connect": func() error {
			conn, err := net.Dial("tcp", os.Getenv("TEST_SANDBOXED_ADDR"))
			if err == nil {
				_ = conn.Close()
			}
			return reason(err)
		},
		"listen": func() error {
			var config net.ListenConfig
			config.SetMultipathTCP(false) // Landlock restricts TCP itself
			listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err == nil {
				_ = listener.Close()
			}
			return reason(err)
		},
	}
}

// reason is the system's own error, if there is one.
func reason(err error) error {
	for _, denied := range []error{syscall.EACCES, syscall.EPERM} {
		if err != nil && strings.HasSuffix(err.Error(), denied.Error()) {
			return syscall.EACCES
		}
	}
	return err
}

func TestSandboxHolds(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "videos")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "deep"), 0o755))
	for _, name := range []string{"outside", "videos/inside", "videos/deep/inside"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o600))
	}
	require.NoError(t, os.Symlink("../outside", filepath.Join(folder, "link-out")))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()

	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(program)
	child.Env = append(os.Environ(), sandboxedFolder+"="+folder, "TEST_SANDBOXED_ADDR="+listener.Addr().String())
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	require.NoError(t, child.Run(), stderr.String())
	require.Contains(t, stderr.String(), "msg=sandboxed landlock=", "this kernel has Landlock")

	lines := bytes.Split(bytes.TrimSpace(stdout.Bytes()), []byte("\n"))
	require.Len(t, lines, 2, "a thread from before, and one from after")
	for _, line := range lines {
		var results map[string]string
		require.NoError(t, json.Unmarshal(line, &results), string(line))
		assert.Len(t, results, len(escapes("")))
		for name, result := range results {
			want := syscall.EACCES.Error()
			if strings.HasPrefix(name, "works: ") {
				want = "<nil>"
			}
			assert.Equal(t, want, result, name)
		}
	}
	assert.FileExists(t, filepath.Join(folder, "inside"))
	assert.NoFileExists(t, filepath.Join(folder, "new"))
}

func TestNotEnforced(t *testing.T) {
	assert.Equal(t, []string{"UNIX sockets", "UDP", "multipath TCP"}, notEnforced(7))
	assert.Equal(t, []string{"multipath TCP"}, notEnforced(11))
	assert.Len(t, notEnforced(1), 7)
}

func TestProgramServesFromTheSandbox(t *testing.T) {
	dir := folderOf(t, "h264-bframes-aac.mp4")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "deep"), 0o755))
	p := serveFolder(t, dir, "--admin-addr", "127.0.0.1:0")
	assert.Contains(t, p.stderr.String(), "msg=sandboxed landlock=")
	video, err := os.ReadFile(filepath.Join(dir, "h264-bframes-aac.mp4"))
	require.NoError(t, err)
	// What comes later is served too.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "deep", "later.mp4"), video, 0o600))
	require.NoError(t, os.Symlink("later.mp4", filepath.Join(dir, "deep", "link.mp4")))
	for _, path := range []string{
		"/", "/readyz", "/videos/h264-bframes-aac.mp4/group-of-pictures", "/videos/h264-bframes-aac.mp4/group-of-pictures/1.mp4",
		"/videos/deep/later.mp4/group-of-pictures.json", "/videos/deep/later.mp4/group-of-pictures/0.mp4",
		"/videos/deep/link.mp4/group-of-pictures/0.mp4",
	} {
		answer, _ := p.get(t, path)
		assert.Equal(t, http.StatusOK, answer.StatusCode, path)
	}
	answer, text := adminOf(t, p).get(t, "/metrics")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.NotEqual(t, "0", value(t, string(text), "process_resident_memory_bytes"))

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	assert.Contains(t, string(status), "NoNewPrivs:\t1")

	free := serveFolder(t, dir, "--no-sandbox")
	assert.Contains(t, free.stderr.String(), "no sandbox, as --no-sandbox says")
	assert.NotContains(t, free.stderr.String(), "sandboxed")
}
