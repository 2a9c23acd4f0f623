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
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entry is what the tests need of an entry of a listing.
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
	answer, body := p.get(t, "/videos/"+name+"/group-of-pictures.json")
	require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
	assert.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	var entries []entry
	require.NoError(t, json.Unmarshal(body, &entries))
	require.NotEmpty(t, entries)
	return entries
}

// The whole program, asked as a client asks it: what each route answers in detail is held by the
// tests of httpapi, and what a GOP holds by those of av.
func TestProgramServes(t *testing.T) {
	const name = "h264-bframes-aac.mp4"
	p := serveFolder(t, folderOf(t, name))

	answer, body := p.get(t, "/healthz")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "ok\n", string(body))

	entries := p.listing(t, name)
	frames := 0
	for i, e := range entries {
		assert.Equal(t, 1, e.KeyFrame)
		assert.Equal(t, i, e.GOP.Index)
		frames += e.GOP.Frames
	}
	assert.Equal(t, 100, frames)

	answer, body = p.get(t, entries[1].GOP.Href)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "video/mp4", answer.Header.Get("Content-Type"))
	require.Greater(t, len(body), 8)
	assert.Equal(t, "ftyp", string(body[4:8]))
	assert.Equal(t, int64(len(body)), answer.ContentLength)

	etag := answer.Header.Get("ETag")
	require.NotEmpty(t, etag)
	answer, none := p.get(t, entries[1].GOP.Href, "If-None-Match", etag)
	assert.Equal(t, http.StatusNotModified, answer.StatusCode)
	assert.Empty(t, none)

	answer, part := p.get(t, entries[1].GOP.Href, "Range", "bytes=4-7", "If-Range", etag)
	assert.Equal(t, http.StatusPartialContent, answer.StatusCode)
	assert.Equal(t, "ftyp", string(part))

	answer, _ = p.get(t, "/videos/missing.mp4/group-of-pictures.json")
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)
	assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))

	health := exec.Command(p.cmd.Path, "health", "--addr", p.url[len("http://"):])
	output, err := health.CombinedOutput()
	assert.NoError(t, err, string(output))

	p.terminate(t)
	p.wait(t)
}

// A recording that goes on is served as far as it has come, and each time as a video of its own.
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
				answer, body := p.get(t, "/videos/"+name+"/group-of-pictures.json")
				if answer.StatusCode == http.StatusUnprocessableEntity && before == 0 {
					continue // not even a first key yet
				}
				require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
				assert.False(t, tags[answer.Header.Get("ETag")], "a tag of an earlier state")
				tags[answer.Header.Get("ETag")] = true
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

// Two servers on one folder give the same bytes and the same ETag, so that they can stand behind
// one balancer, and a client's copy outlives a restart.
func TestProgramIsTheSameAfterARestart(t *testing.T) {
	const path = "/videos/h264-bframes-aac.mp4/group-of-pictures/2.mp4"
	dir := folderOf(t, "h264-bframes-aac.mp4")
	first, second := serveFolder(t, dir), serveFolder(t, dir)
	answer, body := first.get(t, path)
	again, sameBody := second.get(t, path)
	assert.Equal(t, answer.Header.Get("ETag"), again.Header.Get("ETag"))
	assert.True(t, bytes.Equal(body, sameBody))
}

// SIGTERM ends the program with success, and what a client has begun to get it gets whole. The GOP
// is larger than what the sockets between them hold, so that it cannot have gone out before.
func TestProgramFinishesRequestsUnderWay(t *testing.T) {
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
	}, patience, 10*time.Millisecond, "no new clients are taken")
	assert.Empty(t, p.ended, "the program waits for its client")

	text, err := slow.rest()
	require.NoError(t, err)
	assert.True(t, bytes.Equal(whole, text), "the client got all of it")
	p.wait(t)
	assert.NotContains(t, p.stderr.String(), "level=ERROR")
}

// reader is a client that has read the beginning of an answer, and goes on when it is asked to. What
// lies between it and the program is little.
type reader struct {
	answer *http.Response
	begin  []byte
}

// slowly asks for a path, and reads the first bytes of the answer.
func (p *process) slowly(t *testing.T, path string) *reader {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{
		Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) {
				_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10)
			})
		},
	}).DialContext}}
	answer, err := client.Get(p.url + path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	r := &reader{answer, make([]byte, 1000)}
	_, err = io.ReadFull(answer.Body, r.begin)
	require.NoError(t, err)
	return r
}

// rest is the whole answer, or what came of it and why no more did.
func (r *reader) rest() ([]byte, error) {
	rest, err := io.ReadAll(r.answer.Body)
	return append(r.begin, rest...), err
}

// A client that takes longer than the time to drain does not hold the program for ever, and the
// exit status tells that it lost something.
func TestProgramGivesUpOnSlowClients(t *testing.T) {
	dir := t.TempDir()
	makeLargeGOP(t, filepath.Join(dir, "noise.mp4"))
	p := serveFolder(t, dir, "--drain-timeout", "200ms")
	conn, err := net.Dial("tcp", p.url[len("http://"):])
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET /videos/noise.mp4/group-of-pictures/0.mp4 HTTP/1.1\r\nHost: gop\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1000))
	require.NoError(t, err)
	p.terminate(t)
	select {
	case err := <-p.ended:
		p.ended <- err
		assert.EqualError(t, err, "exit status 1")
		assert.Contains(t, p.stderr.String(), "gop: shut down: some requests took longer than --drain-timeout 200ms\n")
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
}

// makeLargeGOP makes a video of one GOP of about 15 MB: noise, coded without loss.
func makeLargeGOP(t *testing.T, path string) {
	t.Helper()
	const width, height, frames = 640, 480, 30
	noise := make([]byte, width*height*3/2*frames)
	_, _ = rand.Read(noise)
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x480", "-i", "-",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-g", "1000", "-sc_threshold", "0", path)
	cmd.Stdin = bytes.NewReader(noise)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}
