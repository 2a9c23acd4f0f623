package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/store/disk"
)

// keptVideos have their index from a sample table, from blocks, and from a scan.
var keptVideos = []string{"h264-bframes-aac.mp4", "vp9-opus.webm", "h264-bframes-aac.ts"}

// listings requests the listing of each of keptVideos.
func (p *process) listings(t *testing.T) (listings []string) {
	t.Helper()
	for _, name := range keptVideos {
		response, body := p.get(t, "/videos/"+name+"/group-of-pictures.json")
		require.Equal(t, http.StatusOK, response.StatusCode, name)
		listings = append(listings, string(body))
	}
	return listings
}

// stateFiles returns the files in a --state-dir.
func stateFiles(t *testing.T, state string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(state, disk.Subfolder, "*"))
	require.NoError(t, err)
	return files
}

// A new process lists the same GOPs without reading the videos, in the sandbox. A video that has changed is
// indexed again.
func TestProgramKeepsIndexes(t *testing.T) {
	dir, state := folderOf(t, keptVideos...), filepath.Join(t.TempDir(), "state")
	flags := []string{"--state-dir", state, "--admin-addr", "127.0.0.1:0"}
	first := serveFolder(t, dir, flags...)
	want := first.listings(t)
	first.terminate(t)
	first.wait(t)
	assert.Len(t, stateFiles(t, state), len(keptVideos))
	assert.NotContains(t, first.stderr.String(), "level=WARN msg=\"index")

	second := serveFolder(t, dir, flags...)
	admin := adminOf(t, second)
	assert.Equal(t, want, second.listings(t))
	_, body := admin.get(t, "/metrics")
	for metric, want := range map[string]string{
		"gop_store_hits_total": "3", "gop_store_misses_total": "0", "gop_store_errors_total": "0",
		"gop_store_dropped_total": "0", "gop_engine_read_bytes_total": "0",
	} {
		assert.Equal(t, want, value(t, string(body), metric), metric)
	}
	second.servesAll(t, keptVideos[2])

	changed := filepath.Join(dir, keptVideos[0])
	require.NoError(t, os.Chtimes(changed, time.Time{}, time.Now().Add(-time.Hour)))
	second.servesAll(t, keptVideos[0])
	_, body = admin.get(t, "/metrics")
	assert.Equal(t, "1", value(t, string(body), "gop_store_misses_total"))
}

// Two processes use one --state-dir at the same time.
func TestProgramsShareIndexes(t *testing.T) {
	dir, state := folderOf(t, keptVideos...), t.TempDir()
	flags := []string{"--state-dir", state, "--admin-addr", "127.0.0.1:0"}
	first, second := serveFolder(t, dir, flags...), serveFolder(t, dir, flags...)
	want := first.listings(t)
	isSaved := func() bool { return len(stateFiles(t, state)) == len(keptVideos) }
	require.Eventually(t, isSaved, timeout, 5*time.Millisecond)
	assert.Equal(t, want, second.listings(t))
	_, body := adminOf(t, second).get(t, "/metrics")
	assert.Equal(t, "3", value(t, string(body), "gop_store_hits_total"))
}

// A damaged file is no reason for an error. It is replaced.
func TestProgramWithDamagedState(t *testing.T) {
	dir, state := folderOf(t, keptVideos...), t.TempDir()
	var want []string
	for range 3 {
		p := serveFolder(t, dir, "--state-dir", state)
		got := p.listings(t)
		if want == nil {
			want = got
		}
		assert.Equal(t, want, got)
		p.terminate(t)
		p.wait(t)
		files := stateFiles(t, state)
		require.Len(t, files, len(keptVideos))
		for i, file := range files {
			require.NoError(t, os.Truncate(file, int64(100*i)))
		}
	}
}

// Without a --state-dir that can be used, the program serves, and the log tells why it keeps no index.
func TestProgramWithoutState(t *testing.T) {
	inside := folderOf(t, keptVideos...)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(inside, link))
	around := t.TempDir()
	below := filepath.Join(around, disk.Subfolder, "videos")
	require.NoError(t, os.CopyFS(below, os.DirFS(inside)))
	const inFolder = "is in the folder of videos"
	for name, test := range map[string]struct{ dir, state, log string }{
		"off":                    {inside, "", ""},
		"in the folder":          {inside, filepath.Join(inside, "new", "state"), inFolder},
		"the folder":             {inside, inside, inFolder},
		"in the folder, by link": {inside, filepath.Join(link, "state"), inFolder},
		"around the folder":      {below, around, "the folder of videos is in --state-dir"},
		"not a folder":           {inside, filepath.Join(file, "state"), "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			p := serveFolder(t, test.dir, "--state-dir", test.state)
			p.listings(t)
			p.terminate(t)
			p.wait(t)
			if test.log == "" {
				assert.NotContains(t, p.stderr.String(), "indexes are not kept")
			} else {
				assert.Contains(t, p.stderr.String(), "level=WARN msg=\"indexes are not kept: ")
				assert.Contains(t, p.stderr.String(), test.log)
			}
			entries, err := os.ReadDir(test.dir)
			require.NoError(t, err)
			assert.Len(t, entries, len(keptVideos), "nothing is written")
		})
	}
}

func TestDefaultStateDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/cache")
	assert.Equal(t, "/cache/gop/state", defaultStateDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "/home/user")
	assert.Equal(t, "/home/user/.cache/gop/state", defaultStateDir())
	t.Setenv("HOME", "")
	assert.Empty(t, defaultStateDir(), "a user without a home has no state")
}
