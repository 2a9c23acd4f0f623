package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestManyFigures(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	good := manyFigures{
		time: time.Minute, indexing: time.Second,
		whileGOPs: []reply{{took: ms(50), status: 200}}, gops: []reply{{took: ms(50), status: 200}},
		unchanged: []reply{{took: ms(50), status: 304}}, pages: []reply{{took: ms(250), status: 200}},
		cpu: ms(2), appear: 5 * time.Second, peak: manyMemory - 1,
	}
	var text strings.Builder
	require.NoError(t, good.write(&text))
	assert.Contains(t, text.String(), "| unchanged page | 1 | 0 | 1 | 50.0 ms | 50.0 ms |")
	assert.Contains(t, text.String(), "| every request served, an unchanged page with 304 | 4 of 4 | kept |")
	for broken, change := range map[string]func(*manyFigures){
		"with 304: 3 of 4":        func(f *manyFigures) { f.unchanged[0].status = 200 },
		"every request served":    func(f *manyFigures) { f.pages[0].status = 503 },
		"unchanged page: p99":     func(f *manyFigures) { f.unchanged[0].took++ },
		"of CPU":                  func(f *manyFigures) { f.cpu++ },
		"other pages: p99":        func(f *manyFigures) { f.pages[0].took++ },
		"beside indexing: p99":    func(f *manyFigures) { f.whileGOPs[0].took++ },
		"beside pages: p99":       func(f *manyFigures) { f.gops[0].took++ },
		"a new video":             func(f *manyFigures) { f.appear++ },
		"memory within its limit": func(f *manyFigures) { f.peak++ },
	} {
		f := good
		f.unchanged, f.pages = slices.Clone(good.unchanged), slices.Clone(good.pages)
		f.whileGOPs, f.gops = slices.Clone(good.whileGOPs), slices.Clone(good.gops)
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

// The pages that are requested are in the library, and each differs from the others.
func TestManyPaths(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		path := manyPath(i)
		assert.False(t, seen[path], path)
		seen[path] = true
	}
	assert.True(t, seen["/?sort=gops&page=20"])
	assert.False(t, seen["/?sort=gops&page=21"])
}
