package main

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseCacheStatus(t *testing.T) {
	for header, want := range map[string]cacheStatus{
		"gop; hit":                  hit,
		"gop;hit":                   hit,
		"gop; hit; ttl=30":          hit,
		"gop; fwd=miss":             miss,
		"gop; fwd=uri-miss; stored": miss,
		"":                          unknown,
		"gop":                       unknown,
		"gop; hits":                 unknown,
		"other; hit":                unknown,
	} {
		assert.Equal(t, want, parseCacheStatus(header), header)
	}
}

func TestSpaced(t *testing.T) {
	entries := make([]entry, 10)
	for i := range entries {
		entries[i].GOP.Href = strconv.Itoa(i)
	}
	assert.Equal(t, []string{"0", "3", "6"}, hrefs(spaced(entries, 3)))
	assert.Equal(t, hrefs(entries), hrefs(spaced(entries, 20)))
	assert.Empty(t, spaced(nil, 3))
}
