package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// If a file changes while one of its GOPs is being sent, the client receives the whole GOP or a truncated
// response. It never receives bytes of two versions.
func TestFilesThatChangeWhileTheyAreServed(t *testing.T) {
	original := filepath.Join(t.TempDir(), "noise.mp4")
	makeLargeGOP(t, original)
	data, err := os.ReadFile(original)
	require.NoError(t, err)
	small, err := os.ReadFile(filepath.Join("..", "..", "testdata", "h264-bframes-aac.mp4"))
	require.NoError(t, err)

	for name, test := range map[string]struct {
		change func(path string) error
		whole  bool // the client receives the whole GOP
		after  int  // status of the next request
	}{
		"deleted": {os.Remove, true, http.StatusNotFound},
		"replaced": {func(path string) error {
			return errors.Join(os.WriteFile(path+".new", small, 0o600), os.Rename(path+".new", path))
		}, true, http.StatusOK},
		"truncated": {func(path string) error {
			return os.Truncate(path, int64(len(data)/2))
		}, false, http.StatusUnprocessableEntity},
		"emptied": {func(path string) error {
			return os.Truncate(path, 0)
		}, false, http.StatusUnprocessableEntity},
		"overwritten": {func(path string) error {
			return overwrite(path, bytes.Repeat([]byte("other"), len(data)/5))
		}, false, http.StatusUnprocessableEntity},
		"overwritten by a shorter video": {func(path string) error {
			return overwrite(path, small)
		}, false, http.StatusOK},
		"appended to": {func(path string) error {
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			_, err = file.Write(make([]byte, 1000))
			return errors.Join(err, file.Close())
		}, false, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "noise.mp4")
			require.NoError(t, os.WriteFile(path, data, 0o600))
			p := serveFolder(t, dir)
			const gop = "/videos/noise.mp4/group-of-pictures/0.mp4"
			first, whole := p.get(t, gop)
			require.Equal(t, http.StatusOK, first.StatusCode)
			slow := p.slowly(t, gop)
			require.NoError(t, test.change(path))
			text, err := slow.rest()
			if test.whole {
				require.NoError(t, err)
				assert.True(t, bytes.Equal(whole, text))
			} else {
				require.Error(t, err, "the response is truncated")
				assert.Less(t, len(text), len(whole))
				assert.True(t, bytes.HasPrefix(whole, text[:min(len(text), 1000)]))
			}
			next, body := p.get(t, gop)
			assert.Equal(t, test.after, next.StatusCode, name)
			if next.StatusCode == http.StatusOK {
				assert.NotEqual(t, first.Header.Get("ETag"), next.Header.Get("ETag"))
				assert.EqualValues(t, next.ContentLength, len(body))
			}
			p.terminate(t)
			p.wait(t)
			assert.NotContains(t, p.stderr.String(), "level=ERROR")
			t.Logf("faults injected: 1")
		})
	}
}

// overwrite replaces the first bytes of a file and keeps the rest.
func overwrite(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// Any modification time is valid, and each gives new ETags.
func TestTimesOfFilesMayStep(t *testing.T) {
	dir := folderOf(t, "h264-bframes-aac.mp4")
	p := serveFolder(t, dir)
	tags := map[string]bool{}
	now := time.Now()
	for _, modified := range []time.Time{
		now, now.AddDate(-100, 0, 0), now.AddDate(200, 0, 0),
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(1, 0),
	} {
		require.NoError(t, os.Chtimes(filepath.Join(dir, "h264-bframes-aac.mp4"), modified, modified))
		for _, path := range []string{".json", "/1.mp4"} {
			response, _ := p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures"+path)
			assert.Equal(t, http.StatusOK, response.StatusCode, modified)
			tag := response.Header.Get("ETag")
			assert.False(t, tags[tag], "new ETag: %s", modified)
			tags[tag] = true
			again, _ := p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures"+path, "If-None-Match", tag)
			assert.Equal(t, http.StatusNotModified, again.StatusCode)
		}
	}
}

// limit sets the number of descriptors that a running program may open, and returns the previous one.
func limit(t *testing.T, p *process, descriptors uint64) (before uint64) {
	t.Helper()
	var was unix.Rlimit
	pid := p.cmd.Process.Pid
	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was))
	changed := unix.Rlimit{Cur: descriptors, Max: was.Max}
	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &changed, nil))
	return was.Cur
}

func TestOutOfDescriptors(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"))
	response, _ := p.get(t, "/healthz")
	require.Equal(t, http.StatusOK, response.StatusCode)
	used, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	require.NoError(t, err)

	// The open connection is served, but the program cannot open a file.
	before := limit(t, p, 3)
	response, body := p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures.json")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, string(body))
	assert.Contains(t, string(body), "the server has too many files open")
	assert.Equal(t, "1", response.Header.Get("Retry-After"))

	// Connections beyond the limit wait until others are closed.
	limit(t, p, uint64(len(used)+4))
	var connections []net.Conn
	for range 50 {
		conn, err := net.Dial("tcp", p.url[len("http://"):])
		require.NoError(t, err)
		connections = append(connections, conn)
	}
	for _, conn := range connections {
		_, err = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: gop\r\nConnection: close\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(timeout)))
		text, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Contains(t, string(text), "200 OK")
		require.NoError(t, conn.Close())
	}
	limit(t, p, before)
	response, _ = p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures.json")
	assert.Equal(t, http.StatusOK, response.StatusCode, "the error is not cached")
	t.Logf("faults injected: %d", 1+len(connections))
}

// The program serves requests even if it cannot write its log.
func TestFullDisk(t *testing.T) {
	dir := folderOf(t, "h264-bframes-aac.mp4")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer func() { _ = full.Close() }()
	p := serveFolderLogging(t, full, dir)
	for range 3 {
		response, _ := p.get(t, "/videos/h264-bframes-aac.mp4/group-of-pictures/1.mp4")
		assert.Equal(t, http.StatusOK, response.StatusCode)
	}
	p.terminate(t)
	p.wait(t)
	t.Logf("faults injected: 5") // lines of the log
}

// Every request in the access log gets its complete response, although SIGTERM arrives under load.
func TestTerminatedUnderLoadNoRequestIsLost(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4", "h264-bframes-aac.mkv"))
	const path = "/videos/h264-bframes-aac.mp4/group-of-pictures/1.mp4"
	first, want := p.get(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	var mu sync.Mutex
	whole := map[string]bool{first.Header.Get("X-Request-Id"): true} // ids of complete responses
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
				if err != nil {
					return
				}
				response, err := client.Do(request)
				if err != nil {
					return // the program no longer listens
				}
				text, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				isWhole := assert.NoError(t, err) && assert.Equal(t, http.StatusOK, response.StatusCode) &&
					assert.True(t, bytes.Equal(want, text))
				if isWhole {
					mu.Lock()
					whole[response.Header.Get("X-Request-Id")] = true
					mu.Unlock()
				}
			}
		})
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(whole) > 500
	}, timeout, time.Millisecond)
	p.terminate(t)
	p.wait(t)
	clients.Wait()
	admitted := 0
	for line := range strings.Lines(p.stderr.String()) {
		if _, rest, ok := strings.Cut(line, "msg=request id="); ok {
			id, _, _ := strings.Cut(rest, " ")
			admitted++
			assert.True(t, whole[id], "the response to %s is complete", id)
		}
	}
	assert.Greater(t, admitted, 500)
	t.Logf("requests around SIGTERM: %d", admitted)
}
