package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The sandbox denies the attempts of every thread that serving does not need. Without the sandbox, all
// attempts succeed.
func TestSandbox(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, listener.Close()) }()
	abstract, err := net.Listen("unix", fmt.Sprintf("@gop-test-%d", os.Getpid()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, abstract.Close()) }()

	for name, on := range map[string]bool{"on": true, "off": false} {
		t.Run(name, func(t *testing.T) {
			job := sandboxJob{
				On: on, Dir: t.TempDir(), Outside: filepath.Join(t.TempDir(), "outside.mp4"),
				State:   filepath.Join(t.TempDir(), "state"),
				Connect: listener.Addr().String(), Abstract: abstract.Addr().String(),
			}
			job.prepare(t)
			log, done := job.run(t)
			version := landlockVersion()
			switch {
			case !on:
				assert.Empty(t, log)
			case version == 0:
				assert.Contains(t, log, "no sandbox")
			default:
				assert.Contains(t, log, "level=INFO msg=\"sandbox on\" landlock=")
			}
			for _, a := range job.attempts() {
				t.Run(a.name, func(t *testing.T) {
					denied := on && a.deniedSince > 0 && version >= a.deniedSince
					require.Len(t, done[a.name], 2*sandboxThreads)
					for thread, message := range done[a.name] {
						if denied {
							assert.Regexp(t, a.denial().Error()+`\z`, message, "thread %d", thread)
						} else {
							assert.Empty(t, message, "thread %d", thread)
						}
					}
				})
			}
		})
	}
}

// prepare makes the files that the attempts need.
func (j sandboxJob) prepare(t *testing.T) {
	t.Helper()
	in := func(name string) string { return filepath.Join(j.Dir, name) }
	require.NoError(t, os.Mkdir(in("sub"), 0o700))
	require.NoError(t, os.Mkdir(j.State, 0o700))
	for _, dir := range []string{j.Dir, j.State} {
		program := filepath.Join(dir, "program")
		require.NoError(t, os.WriteFile(program, []byte("no format that the kernel knows"), 0o700))
	}
	for _, file := range []string{in("video.mp4"), in("sub/video.mp4"), j.Outside} {
		require.NoError(t, os.WriteFile(file, []byte("video"), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join("sub", "video.mp4"), in("inside.mp4")))
	require.NoError(t, os.Symlink(j.Outside, in("outside.mp4")))
}

// run does the job in a new process. It returns the log and the error message of each attempt on each thread,
// "" for success.
func (j sandboxJob) run(t *testing.T) (log string, done map[string][]string) {
	t.Helper()
	job, err := json.Marshal(j)
	require.NoError(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), sandboxJobVariable+"="+string(job))
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	require.NoError(t, child.Run(), stderr.String())
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &done))
	return stderr.String(), done
}

// The log names every restriction that the kernel's version of Landlock does not enforce.
func TestNotEnforced(t *testing.T) {
	all := []string{
		"truncating files", "TCP", "ioctl on devices", "signals",
		"abstract UNIX sockets", "UNIX sockets", "UDP", "multipath TCP",
	}
	for version, first := range map[int]string{
		1: "truncating files", 2: "truncating files", 3: "TCP", 4: "ioctl on devices", 5: "signals",
		6: "UNIX sockets", 7: "UNIX sockets", 8: "UNIX sockets", 9: "UDP",
		10: "multipath TCP", 11: "multipath TCP", 99: "multipath TCP",
	} {
		assert.Equal(t, all[slices.Index(all, first):], notEnforced(version), "version %d", version)
	}
}

// If the folder does not exist, sandbox returns an error and restricts nothing.
func TestSandboxWithoutFolder(t *testing.T) {
	err := sandbox(filepath.Join(t.TempDir(), "missing"), "", slog.New(slog.DiscardHandler))
	if landlockVersion() == 0 {
		assert.NoError(t, err, "without Landlock, sandbox only logs")
	} else {
		assert.ErrorIs(t, err, os.ErrNotExist)
		assert.ErrorContains(t, err, "--no-sandbox")
	}
	assert.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "file"), nil, 0o600))
}

// In the sandbox the program serves videos in subfolders, behind links, and videos that are added or replaced
// while it runs.
func TestProgramInTheSandbox(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		env   string
		on    bool
	}{
		"on":              {on: true},
		"off by flag":     {flags: []string{"--no-sandbox"}},
		"off by variable": {env: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.env != "" {
				t.Setenv("GOP_NO_SANDBOX", test.env)
			}
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			videos := os.DirFS(folderOf(t, "h264-bframes-aac.mp4", "vp9-opus.webm"))
			require.NoError(t, os.CopyFS(in("sub"), videos))
			require.NoError(t, os.Symlink(filepath.Join("sub", "vp9-opus.webm"), in("link.webm")))
			require.NoError(t, os.Symlink("sub", in("other")))
			outside := filepath.Join(folderOf(t, "rotated.mp4"), "rotated.mp4")
			require.NoError(t, os.Symlink(outside, in("outside.mp4")))
			p := serveFolder(t, dir, test.flags...)

			response, page := p.get(t, "/?search=sub/")
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.Contains(t, string(page), "sub/h264-bframes-aac.mp4")
			for _, video := range []string{
				"sub/h264-bframes-aac.mp4", "sub/vp9-opus.webm", "link.webm", "other/vp9-opus.webm",
			} {
				p.servesAll(t, video)
			}
			response, _ = p.get(t, "/videos/outside.mp4/group-of-pictures.json")
			assert.Equal(t, http.StatusNotFound, response.StatusCode)

			// A video is added in a new folder and then replaced.
			require.NoError(t, os.Mkdir(in("new"), 0o700))
			moved := folderOf(t, "h264-bframes-aac.ts", "h264-open-gop.mp4")
			require.NoError(t, os.Rename(filepath.Join(moved, "h264-open-gop.mp4"), in("new/video.mp4")))
			first := p.servesAll(t, "new/video.mp4")
			require.NoError(t, os.Rename(filepath.Join(moved, "h264-bframes-aac.ts"), in("new/video.mp4")))
			assert.NotEqual(t, first, p.servesAll(t, "new/video.mp4"))

			want := "0"
			if test.on && landlockVersion() > 0 {
				want = "1"
			}
			for thread, value := range p.noNewPrivileges(t) {
				assert.Equal(t, want, value, "thread %s", thread)
			}
			p.terminate(t)
			p.wait(t)
			switch log := p.stderr.String(); {
			case !test.on:
				assert.Contains(t, log, "level=INFO msg=\"sandbox off\"\n")
			case landlockVersion() == 0:
				assert.Contains(t, log, "level=WARN msg=\"no sandbox")
			default:
				assert.Contains(t, log, fmt.Sprintf(
					"level=INFO msg=\"sandbox on\" landlock=%d readable=%s writable=\"\" not_enforced=",
					landlockVersion(), dir))
			}
		})
	}
}

// noNewPrivileges returns the no_new_privs flag of each thread, which the sandbox sets.
func (p *process) noNewPrivileges(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	values := map[string]string{}
	for _, file := range files {
		status, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(status), "\nNoNewPrivs:\t")
		values[file], _, _ = strings.Cut(rest, "\n")
	}
	return values
}

// servesAll requests a video's page and all of its GOPs. It returns the listing's ETag.
func (p *process) servesAll(t *testing.T, name string) string {
	t.Helper()
	for _, e := range p.listing(t, name) {
		response, body := p.get(t, e.GOP.Href)
		assert.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", e.GOP.Href, body)
	}
	response, page := p.get(t, "/videos/"+name+"/group-of-pictures")
	assert.Equal(t, http.StatusOK, response.StatusCode, string(page))
	response, _ = p.get(t, "/videos/"+name+"/group-of-pictures.json")
	return response.Header.Get("ETag")
}
