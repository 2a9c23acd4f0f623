package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// timeout bounds each wait of a test for the program.
const timeout = 20 * time.Second

// builtProgram builds gop once for all tests and returns its path.
var builtProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gop-test-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "gop")
	output, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	if err != nil {
		return program, errors.Join(err, errors.New(string(output)))
	}
	return program, nil
})

// isBuilt reports whether builtProgram was called.
var isBuilt bool

// removeProgram removes the program of builtProgram.
func removeProgram() {
	if isBuilt {
		program, _ := builtProgram()
		_ = os.RemoveAll(filepath.Dir(program))
	}
}

// process is a running gop serve.
type process struct {
	url    string
	client *http.Client
	cmd    *exec.Cmd
	ended  chan error // receives the result of cmd.Wait
	stdout lockedBuffer
	stderr lockedBuffer
}

// serveFolder starts gop serve on a free port and waits for the address that it prints. It kills the program
// when the test ends.
func serveFolder(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	return serveFolderLogging(t, nil, dir, flags...)
}

// serveFolderLogging is like serveFolder. The log goes to a file instead of p.stderr, unless log is nil.
func serveFolderLogging(t *testing.T, log *os.File, dir string, flags ...string) *process {
	t.Helper()
	isBuilt = true
	program, err := builtProgram()
	require.NoError(t, err)
	return serveProgram(t, program, log, dir, flags...)
}

// serveProgram is like serveFolderLogging for another program than builtProgram's.
func serveProgram(t *testing.T, program string, log *os.File, dir string, flags ...string) *process {
	t.Helper()
	p := &process{ended: make(chan error, 1)}
	args := append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)
	p.cmd = exec.Command(program, append(args, dir)...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if log != nil {
		p.cmd.Stderr = log
	}
	require.NoError(t, p.cmd.Start())
	go func() { p.ended <- p.cmd.Wait() }()
	transport := &http.Transport{}
	p.client = &http.Client{Transport: transport, Timeout: timeout}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = p.cmd.Process.Kill() // fails if the program has ended
		select {
		case err := <-p.ended:
			p.ended <- err
		case <-time.After(timeout):
			t.Error("the program outlives SIGKILL")
		}
		if t.Failed() {
			t.Logf("the program wrote:\n%s%s", p.stdout.String(), p.stderr.String())
		}
	})
	isStarted := func() bool { return strings.HasSuffix(p.stdout.String(), "\n") || len(p.ended) > 0 }
	require.Eventually(t, isStarted, timeout, 5*time.Millisecond)
	line, found := strings.CutPrefix(strings.TrimSpace(p.stdout.String()), "gop serves "+dir+" at ")
	require.True(t, found, "the program printed %q and %q", p.stdout.String(), p.stderr.String())
	p.url = line
	return p
}

// terminate sends SIGTERM to the program.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// wait waits for the program to exit with status 0.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		assert.NoError(t, err, "the exit status")
	case <-time.After(timeout):
		t.Fatal("the program does not end")
	}
}

// waitForLog waits until the log contains a text.
func (p *process) waitForLog(t *testing.T, text string) {
	t.Helper()
	contains := func() bool { return strings.Contains(p.stderr.String(), text) }
	require.Eventually(t, contains, timeout, 5*time.Millisecond, "the log contains %q", text)
}

// get requests a path. headers are alternating names and values.
func (p *process) get(t *testing.T, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, body
}

// lockedBuffer is a bytes.Buffer for concurrent use.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// folderOf returns a new folder with copies of the named videos of testdata.
func folderOf(t *testing.T, videos ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range videos {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}
