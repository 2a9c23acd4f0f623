package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func noWork(context.Context) (round, error) { return round{}, nil }

// newTestBench returns a bench of part h with small files in place of the clips.
func newTestBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{options: options{Only: []string{"h"}}, videos: t.TempDir(), scratch: t.TempDir()}
	for _, c := range b.clips() {
		require.NoError(t, os.WriteFile(b.clip(c.file), []byte(c.file), 0o600))
	}
	require.NoError(t, b.linkClips())
	return b
}

// The served files are those of the selected parts, and change version with the clips.
func TestFreshVersions(t *testing.T) {
	b := newTestBench(t)
	assert.FileExists(t, filepath.Join(b.served, tenMP4))
	assert.NoFileExists(t, filepath.Join(b.served, low10h))
	before, err := os.Stat(filepath.Join(b.served, hourMP4))
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(b.clip(hourMP4), before.ModTime(), before.ModTime().Add(-1)))
	require.NoError(t, touch(b.clip(hourMP4)))
	after, err := os.Stat(filepath.Join(b.served, hourMP4))
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
	assert.True(t, after.ModTime().After(before.ModTime()))
}

// Each connection has its own copy, and every name another copy than the names next to it.
func TestThousandVideos(t *testing.T) {
	b := newTestBench(t)
	copies, err := b.linkThousand(t.Context())
	require.NoError(t, err)
	assert.Len(t, copies, thousandConnections)
	names, err := os.ReadDir(filepath.Join(b.served, "many"))
	require.NoError(t, err)
	require.Len(t, names, thousand)
	for n, name := range names {
		assert.Equal(t, thousandName(n), "many/"+name.Name())
		link, err := os.Stat(filepath.Join(b.served, thousandName(n)))
		require.NoError(t, err)
		original, err := os.Stat(copies[n%len(copies)])
		require.NoError(t, err)
		assert.True(t, os.SameFile(link, original), name)
	}

	paths := make(chan string, 2*thousand)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		paths <- r.URL.Path
	}))
	defer web.Close()
	gop := server{host: strings.TrimPrefix(web.URL, "http://")}
	require.NoError(t, getThousand(t.Context(), gop, copies))
	close(paths)
	requested := map[string]int{}
	for path := range paths {
		requested[path]++
	}
	assert.Len(t, requested, thousand, "each once")
	assert.Equal(t, 1, requested["/videos/many/0999.mp4/group-of-pictures/15.mp4"])
}
