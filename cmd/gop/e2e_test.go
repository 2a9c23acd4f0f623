package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entry holds the fields of a listing's entry that the tests read.
type entry struct {
	KeyFrame int `json:"key_frame"`
	GOP      struct {
		Index        int    `json:"index"`
		Frames       int    `json:"frames"`
		DurationTime string `json:"duration_time"`
		Href         string `json:"href"`
	} `json:"gop"`
}

func (e entry) seconds(t *testing.T) float64 {
	t.Helper()
	seconds, err := strconv.ParseFloat(e.GOP.DurationTime, 64)
	require.NoError(t, err)
	return seconds
}

func (p *process) listing(t *testing.T, name string) []entry {
	t.Helper()
	response, body := p.get(t, "/videos/"+name+"/group-of-pictures.json")
	require.Equal(t, http.StatusOK, response.StatusCode, string(body))
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	var entries []entry
	require.NoError(t, json.Unmarshal(body, &entries))
	require.NotEmpty(t, entries)
	return entries
}

// A link with a version is immutable until the file changes or is replaced, and shares a cache entry with the
// URL without it.
func TestProgramVersions(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	dir := folderOf(t, name)
	path := filepath.Join(dir, name)
	p := serveFolder(t, dir)
	seen := map[string]bool{}
	link := func() string {
		href := p.listing(t, name)[1].GOP.Href
		response, _ := p.get(t, href)
		assert.Equal(t, "public, max-age=31536000, immutable", response.Header.Get("Cache-Control"))
		assert.False(t, seen[href], "a new version")
		seen[href] = true
		return href
	}
	old := link()
	bare, _, _ := strings.Cut(old, "?")
	response, _ := p.get(t, bare)
	assert.Equal(t, "gop; hit", response.Header.Get("Cache-Status"))
	assert.Equal(t, "public, no-cache", response.Header.Get("Cache-Control"))

	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)))
	link()
	info, err := os.Stat(path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	next := filepath.Join(dir, "next.mp4")
	require.NoError(t, os.WriteFile(next, data, 0o600))
	require.NoError(t, os.Chtimes(next, time.Time{}, info.ModTime()))
	require.NoError(t, os.Rename(next, path))
	link()
	response, _ = p.get(t, old)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "public, no-cache", response.Header.Get("Cache-Control"))
}

// The program serves the same bytes over HTTP/2 as over HTTP/1.1, and ends although a client keeps its
// connection open.
func TestProgramHTTP2(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"))
	const path = "/videos/h264-bframes-aac.mp4/group-of-pictures/1.mp4"
	_, want := p.get(t, path)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(p.url + path)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.Equal(t, 2, response.ProtoMajor)
	got, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got))
	p.terminate(t)
	p.wait(t)
}

// The program serves every route. The tests of httpapi check the responses in detail, and those of av check
// the contents of a GOP.
func TestProgramServes(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	p := serveFolder(t, folderOf(t, name))

	response, body := p.get(t, "/healthz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "ok\n", string(body))

	entries := p.listing(t, name)
	frames := 0
	for i, e := range entries {
		assert.Equal(t, 1, e.KeyFrame)
		assert.Equal(t, i, e.GOP.Index)
		frames += e.GOP.Frames
	}
	assert.Equal(t, 100, frames)

	response, body = p.get(t, entries[1].GOP.Href)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "video/mp4", response.Header.Get("Content-Type"))
	require.Greater(t, len(body), 8)
	assert.Equal(t, "ftyp", string(body[4:8]))
	assert.Equal(t, int64(len(body)), response.ContentLength)

	etag := response.Header.Get("ETag")
	require.NotEmpty(t, etag)
	response, none := p.get(t, entries[1].GOP.Href, "If-None-Match", etag)
	assert.Equal(t, http.StatusNotModified, response.StatusCode)
	assert.Empty(t, none)

	response, part := p.get(t, entries[1].GOP.Href, "Range", "bytes=4-7", "If-Range", etag)
	assert.Equal(t, http.StatusPartialContent, response.StatusCode)
	assert.Equal(t, "ftyp", string(part))

	response, _ = p.get(t, "/videos/missing.mp4/group-of-pictures.json")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))

	health := exec.Command(p.cmd.Path, "health", "--addr", p.url[len("http://"):])
	output, err := health.CombinedOutput()
	assert.NoError(t, err, string(output))

	p.terminate(t)
	p.wait(t)
}

// A growing recording is served up to its current end, with a new ETag after each change.
func TestRecordingThatGrows(t *testing.T) {
	for _, name := range []string{"h264-bframes-aac.ts", "live.mkv", "fragmented-small.mp4"} {
		t.Run(name, func(t *testing.T) {
			whole, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
			require.NoError(t, err)
			dir := t.TempDir()
			p := serveFolder(t, dir)
			file, err := os.Create(filepath.Join(dir, name))
			require.NoError(t, err)
			defer func() { assert.NoError(t, file.Close()) }()
			tags := map[string]bool{}
			before, grown := 0, 0
			for begun := 0; begun < len(whole); {
				piece := whole[begun:min(begun+3333, len(whole))]
				begun += len(piece)
				_, err := file.Write(piece)
				require.NoError(t, err)
				response, body := p.get(t, "/videos/"+name+"/group-of-pictures.json")
				if response.StatusCode == http.StatusUnprocessableEntity && before == 0 {
					continue // there is no keyframe yet
				}
				require.Equal(t, http.StatusOK, response.StatusCode, string(body))
				assert.False(t, tags[response.Header.Get("ETag")], "new ETag")
				tags[response.Header.Get("ETag")] = true
				entries := p.listing(t, name)
				frames := 0
				for _, e := range entries {
					frames += e.GOP.Frames
				}
				assert.GreaterOrEqual(t, frames, before)
				if frames > before {
					grown++
				}
				before = frames
				last, body := p.get(t, entries[len(entries)-1].GOP.Href)
				require.Equal(t, http.StatusOK, last.StatusCode, string(body))
			}
			assert.Greater(t, grown, 5)
		})
	}
}

// Two servers of one folder send the same bytes and the same ETag. So they can share a load balancer, and a
// client's cached copy stays valid after a restart.
func TestProgramIsTheSameAfterARestart(t *testing.T) {
	const path = "/videos/h264-bframes-aac.mp4/group-of-pictures/2.mp4"
	dir := folderOf(t, "h264-bframes-aac.mp4")
	first, second := serveFolder(t, dir), serveFolder(t, dir)
	response, body := first.get(t, path)
	again, sameBody := second.get(t, path)
	assert.Equal(t, response.Header.Get("ETag"), again.Header.Get("ETag"))
	assert.True(t, bytes.Equal(body, sameBody))
}

// Another build of the same release has other ETags and versions, because it may make other bytes.
func TestBuildsDiffer(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	dir := folderOf(t, name)
	first := serveFolder(t, dir)
	path, err := builtProgram()
	require.NoError(t, err)
	program, err := os.ReadFile(path)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "gop")
	require.NoError(t, os.WriteFile(path, append(program, 0), 0o700))
	second := serveProgram(t, path, nil, dir)

	href := first.listing(t, name)[0].GOP.Href
	assert.NotEqual(t, href, second.listing(t, name)[0].GOP.Href)
	response, _ := first.get(t, href)
	assert.Equal(t, "public, max-age=31536000, immutable", response.Header.Get("Cache-Control"))
	other, _ := second.get(t, href)
	assert.Equal(t, "public, no-cache", other.Header.Get("Cache-Control"))
	assert.NotEqual(t, response.Header.Get("ETag"), other.Header.Get("ETag"))
}

// After SIGTERM the program completes the responses in progress and exits with status 0. The GOP is larger
// than the socket buffers, so that its response is still in progress.
func TestProgramFinishesRequestsInProgress(t *testing.T) {
	dir := t.TempDir()
	makeLargeGOP(t, filepath.Join(dir, "noise.mp4"))
	p := serveFolder(t, dir)
	path := p.listing(t, "noise.mp4")[0].GOP.Href
	_, whole := p.get(t, path)
	require.Greater(t, len(whole), 12<<20)

	addr := p.url[len("http://"):]
	slow := p.slowly(t, path)
	p.terminate(t)
	require.Eventually(t, func() bool {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, timeout, 10*time.Millisecond, "no new connections are accepted")
	assert.Empty(t, p.ended, "the program waits for its client")

	text, err := slow.rest()
	require.NoError(t, err)
	assert.True(t, bytes.Equal(whole, text), "the response is complete")
	p.wait(t)
	assert.NotContains(t, p.stderr.String(), "level=ERROR")
}

// reader is a client that has read only the beginning of a response. Its receive buffer is small.
type reader struct {
	response *http.Response
	begin    []byte
}

// slowly requests a path and reads the first bytes of the response.
func (p *process) slowly(t *testing.T, path string) *reader {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{
		Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) {
				_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10)
			})
		},
	}).DialContext}}
	response, err := client.Get(p.url + path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	r := &reader{response, make([]byte, 1000)}
	_, err = io.ReadFull(response.Body, r.begin)
	require.NoError(t, err)
	return r
}

// rest returns the whole body, or the part before an error.
func (r *reader) rest() ([]byte, error) {
	rest, err := io.ReadAll(r.response.Body)
	return append(r.begin, rest...), err
}

// A client that is slower than --drain-timeout does not block the exit. The exit status reports the lost
// response.
func TestProgramGivesUpOnSlowClients(t *testing.T) {
	dir := t.TempDir()
	makeLargeGOP(t, filepath.Join(dir, "noise.mp4"))
	p := serveFolder(t, dir, "--drain-timeout", "200ms")
	conn, err := net.Dial("tcp", p.url[len("http://"):])
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	const request = "GET /videos/noise.mp4/group-of-pictures/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n"
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1000))
	require.NoError(t, err)
	p.terminate(t)
	select {
	case err := <-p.ended:
		p.ended <- err
		assert.EqualError(t, err, "exit status 1")
		assert.Contains(t, p.stderr.String(),
			"gop: shut down: some requests took longer than --drain-timeout 200ms\n")
	case <-time.After(timeout):
		t.Fatal("the program does not end")
	}
}

// makeLargeGOP makes a video of one GOP of about 15 MB: noise in lossless H.264.
func makeLargeGOP(t *testing.T, path string) {
	t.Helper()
	const width, height, frames = 640, 480, 30
	noise := make([]byte, width*height*3/2*frames)
	_, _ = rand.Read(noise)
	cmd := exec.Command("ffmpeg", "-v", "error",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x480", "-i", "-",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-g", "1000", "-sc_threshold", "0", path)
	cmd.Stdin = bytes.NewReader(noise)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}
