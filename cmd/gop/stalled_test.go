package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/stallfs"
)

// stalledFolder returns a folder with the video healthy.mp4 and, in the folder mount of a FUSE file system,
// the videos 1.mp4 to 4.mp4.
func stalledFolder(t *testing.T) (dir string, mounted *stallfs.FS) {
	t.Helper()
	origin := t.TempDir()
	video, err := os.ReadFile(filepath.Join(folderOf(t, "h264-bframes-aac.mp4"), "h264-bframes-aac.mp4"))
	require.NoError(t, err)
	for _, name := range []string{"1.mp4", "2.mp4", "3.mp4", "4.mp4"} {
		require.NoError(t, os.WriteFile(filepath.Join(origin, name), video, 0o600))
	}
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "healthy.mp4"), video, 0o600))
	at := filepath.Join(dir, "mount")
	require.NoError(t, os.Mkdir(at, 0o700))
	mounted, err = stallfs.Mount(origin, at)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mounted.Unmount()) })
	return dir, mounted
}

// While a file system hangs, requests for its videos end with status 504 at their limit, and other videos are
// served. When it responds again, so are its videos. The calls that hang do not prevent a shutdown.
func TestProgramWithStalledStorage(t *testing.T) {
	for _, test := range []struct {
		name  string
		calls []stallfs.Call
	}{
		{"stat", []stallfs.Call{stallfs.Stat}},
		{"open", []stallfs.Call{stallfs.Open}},
		{"read", []stallfs.Call{stallfs.Read}},
		{"all", stallfs.Calls},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, mounted := stalledFolder(t)
			p := serveFolder(t, dir, "--index-timeout=2s", "--segment-timeout=2s", "--request-timeout=2s",
				"--workers=2", "--prefetch=0", "--admin-addr=127.0.0.1:0")
			admin := adminOf(t, p)
			gop := func(name string) string { return "/videos/" + name + "/group-of-pictures/1.mp4" }
			response, _ := p.get(t, "/videos/mount/1.mp4/group-of-pictures/0.mp4") // its demuxer stays open
			require.Equal(t, http.StatusOK, response.StatusCode)
			response, _ = p.get(t, "/")
			require.Equal(t, http.StatusOK, response.StatusCode)
			mounted.Stall(test.calls...)

			var stalled sync.WaitGroup
			for _, name := range []string{"mount/1.mp4", "mount/2.mp4", "mount/3.mp4", "mount/2.mp4"} {
				stalled.Go(func() {
					response, _ := p.get(t, gop(name))
					assert.Equal(t, http.StatusGatewayTimeout, response.StatusCode, name)
				})
			}
			stalled.Wait()
			_, text := admin.get(t, "/metrics")
			assert.Regexp(t, `(?m)^gop_storage_stalled_calls [1-6]$`, string(text))
			assert.Contains(t, string(text), `gop_limiter_running{limiter="indexes"} 0`)
			assert.Contains(t, string(text), `gop_limiter_running{limiter="segments"} 0`)
			p.servesAll(t, "healthy.mp4")
			response, text = p.get(t, "/")
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.Contains(t, string(text), "healthy.mp4")
			response, _ = p.get(t, "/readyz")
			assert.Equal(t, http.StatusOK, response.StatusCode)

			mounted.Resume()
			for _, name := range []string{"mount/1.mp4", "mount/2.mp4", "mount/3.mp4"} {
				p.servesAll(t, name)
			}
			_, text = admin.get(t, "/metrics")
			assert.Contains(t, string(text), "gop_storage_stalled_calls 0\n")

			// The kernel does not let a process end while it waits for a close(2).
			mounted.Stall(slices.DeleteFunc(slices.Clone(test.calls), func(c stallfs.Call) bool {
				return c == stallfs.Close
			})...)
			response, _ = p.get(t, gop("mount/4.mp4"))
			assert.Equal(t, http.StatusGatewayTimeout, response.StatusCode)
			p.terminate(t)
			p.wait(t)
		})
	}
}

// When as many calls hang as --storage-calls allows, /readyz fails until they return.
func TestProgramWithoutFreeStorageCalls(t *testing.T) {
	dir, mounted := stalledFolder(t)
	p := serveFolder(t, dir, "--request-timeout=2s", "--storage-calls=4")
	p.servesAll(t, "healthy.mp4")
	mounted.Stall(stallfs.Stat)
	var stalled sync.WaitGroup
	for _, name := range []string{"1", "2", "3", "4"} {
		stalled.Go(func() {
			response, _ := p.get(t, "/videos/mount/"+name+".mp4/group-of-pictures.json")
			assert.Equal(t, http.StatusGatewayTimeout, response.StatusCode, name)
		})
	}
	stalled.Wait()
	for _, path := range []string{"/readyz", "/videos/healthy.mp4/group-of-pictures.json"} {
		response, text := p.get(t, path)
		assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, path)
		assert.NotEmpty(t, response.Header.Get("Retry-After"))
		assert.Contains(t, string(text), "does not respond")
	}
	response, _ := p.get(t, "/healthz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	mounted.Resume()
	isReady := func() bool {
		response, _ := p.get(t, "/readyz")
		return response.StatusCode == http.StatusOK
	}
	require.Eventually(t, isReady, timeout, 10*time.Millisecond)
	p.servesAll(t, "healthy.mp4")
	p.servesAll(t, "mount/4.mp4")
}

// If the folder of videos itself hangs, /readyz fails within seconds.
func TestProgramWhoseFolderHangs(t *testing.T) {
	dir, mounted := stalledFolder(t)
	p := serveFolder(t, filepath.Join(dir, "mount"))
	p.servesAll(t, "1.mp4")
	mounted.Stall(stallfs.Calls...)
	response, text := p.get(t, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, string(text))
	mounted.Resume()
	response, _ = p.get(t, "/readyz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

// A segment whose header was sent ends within the write timeout when its storage hangs. The response is not
// complete.
func TestProgramWhoseStorageStallsDuringAResponse(t *testing.T) {
	dir, mounted := stalledFolder(t)
	p := serveFolder(t, dir, "--write-timeout=2s")
	p.servesAll(t, "mount/1.mp4") // the header of the segment is cached
	mounted.Stall(stallfs.Read)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		p.url+"/videos/mount/1.mp4/group-of-pictures/1.mp4", nil)
	require.NoError(t, err)
	response, err := p.client.Do(request)
	if err == nil {
		defer func() { _ = response.Body.Close() }()
		_, err = response.Body.Read(make([]byte, response.ContentLength+1))
		for err == nil {
			_, err = response.Body.Read(make([]byte, response.ContentLength+1))
		}
	}
	require.ErrorContains(t, err, "EOF")
	p.servesAll(t, "healthy.mp4")
}
