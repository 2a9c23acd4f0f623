package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A video element plays a streamed transcode before it has all of it. When it has, the element can seek after
// it is loaded again, and on another page.
func TestBrowserStreams(t *testing.T) {
	dir := t.TempDir()
	output, err := exec.Command("ffmpeg", "-v", "error",
		"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4",
		"-g", "1000", "-sc_threshold", "0", "-pix_fmt", "yuv420p", filepath.Join(dir, "long.mp4"),
	).CombinedOutput()
	require.NoError(t, err, string(output))
	p := serveFolder(t, dir)
	const path = "/videos/long.mp4/group-of-pictures/0.mp4?codec=h264&stream=1&quality="
	_, other := p.get(t, path+"24")
	server := holdStreams(t, p.url, len(other)/2)

	b := startBrowser(t, server.url)
	openVideo := func() {
		b.open(t, server.url+"/healthz")
		b.eval(t, fmt.Sprintf(`(() => {
			window.video = document.createElement("video");
			video.muted = true;
			video.src = %q;
			document.body.append(video);
			video.play();
		})()`, path+"23"))
	}
	openVideo()
	b.waitFor(t, `video.currentTime > 0`, "the element plays the first half")
	assert.Equal(t, []string{"bytes=0-: 200, length -1"}, server.requests())
	close(server.held)
	b.waitFor(t, `video.ended`, "the element plays all of it")
	assert.InDelta(t, 4, evaluate[float64](t, b, `video.duration`), 0.06)
	assert.Len(t, server.requests(), 1)

	seeks := func() {
		b.waitFor(t, `video.seekable.length && video.seekable.end(0) > 3.9`, "all of it is seekable")
		b.eval(t, `video.currentTime = 3`)
		b.waitFor(t, `!video.seeking && video.readyState >= 2 && video.currentTime >= 3`, "it plays from 3 s")
	}
	b.eval(t, `video.load()`)
	seeks()
	openVideo()
	seeks()
	response, content := p.get(t, path+"23", "Range", "bytes=100-")
	assert.Equal(t, http.StatusPartialContent, response.StatusCode)
	assert.Equal(t, "gop; hit", response.Header.Get("Cache-Status"))
	assert.Equal(t, fmt.Sprintf("bytes 100-%d/%d", len(content)+99, len(content)+100),
		response.Header.Get("Content-Range"))
}

// holdingServer is a proxy of gop that sends the first bytes of a stream and the rest after held is closed.
type holdingServer struct {
	url  string
	held chan struct{}

	mu      sync.Mutex
	streams []string // range, status and length of each request for a stream
}

func (s *holdingServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams
}

// holdStreams starts a holdingServer that sends size bytes first.
func holdStreams(t *testing.T, gop string, size int) *holdingServer {
	t.Helper()
	target, err := url.Parse(gop)
	require.NoError(t, err)
	s := &holdingServer{held: make(chan struct{})}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	transport := &http.Transport{}
	proxy.Transport = transport
	proxy.ModifyResponse = func(r *http.Response) error {
		if !r.Request.URL.Query().Has("stream") {
			return nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.streams = append(s.streams,
			fmt.Sprintf("%s: %d, length %d", r.Request.Header.Get("Range"), r.StatusCode, r.ContentLength))
		if r.StatusCode == http.StatusOK {
			first := io.LimitReader(r.Body, int64(size))
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(first, heldReader{r.Request.Context().Done(), s.held}, r.Body), r.Body}
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	s.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	return s
}

// heldReader is an empty io.Reader whose end comes when held is closed.
type heldReader struct {
	canceled <-chan struct{}
	held     <-chan struct{}
}

// Read implements io.Reader.
func (r heldReader) Read([]byte) (int, error) {
	select {
	case <-r.held:
		return 0, io.EOF
	case <-r.canceled:
		return 0, io.ErrUnexpectedEOF
	}
}
