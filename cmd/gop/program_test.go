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

// patience is how long a test waits for what should take a moment.
const patience = 20 * time.Second

// builtProgram builds gop as a user does, once for all tests.
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

// builtAny tells removeProgram whether there is a program to remove.
var builtAny bool

func removeProgram() {
	if builtAny {
		program, _ := builtProgram()
		_ = os.RemoveAll(filepath.Dir(program))
	}
}

// process is a running gop serve.
type process struct {
	url    string
	client *http.Client
	cmd    *exec.Cmd
	ended  chan error // what Wait returned
	stdout lockedBuffer
	stderr lockedBuffer
}

// serveFolder starts gop serve on a port of its choosing, and waits for the address that it prints.
// The test's end kills it, where the test has not ended it.
func serveFolder(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	return serveFolderLogging(t, nil, dir, flags...)
}

// serveFolderLogging is serveFolder with a place for the log that is not the test's.
func serveFolderLogging(t *testing.T, log *os.File, dir string, flags ...string) *process {
	t.Helper()
	builtAny = true
	program, err := builtProgram()
	require.NoError(t, err)
	p := &process{ended: make(chan error, 1)}
	p.cmd = exec.Command(program, append(append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...), dir)...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if log != nil {
		p.cmd.Stderr = log
	}
	require.NoError(t, p.cmd.Start())
	go func() { p.ended <- p.cmd.Wait() }()
	transport := &http.Transport{}
	p.client = &http.Client{Transport: transport, Timeout: patience}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = p.cmd.Process.Kill() // an error says that it has ended
		select {
		case err := <-p.ended:
			p.ended <- err
		case <-time.After(patience):
			t.Error("the program outlives SIGKILL")
		}
		if t.Failed() {
			t.Logf("the program wrote:\n%s%s", p.stdout.String(), p.stderr.String())
		}
	})
	require.Eventually(t, func() bool { return strings.HasSuffix(p.stdout.String(), "\n") || len(p.ended) > 0 },
		patience, 5*time.Millisecond)
	line, found := strings.CutPrefix(strings.TrimSpace(p.stdout.String()), "gop serves "+dir+" at ")
	require.True(t, found, "the program printed %q and %q", p.stdout.String(), p.stderr.String())
	p.url = line
	return p
}

// terminate asks the program to end, as a service manager does.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// wait waits for the end of the program, which has to be a good one.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		assert.NoError(t, err, "the exit status")
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
}

// get asks for a path; what is given in pairs are headers of the request.
func (p *process) get(t *testing.T, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := p.client.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, body
}

// lockedBuffer can be read while it is written.
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

// folderOf makes a folder with copies of those videos of testdata.
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
