package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGiantFigures(t *testing.T) {
	good := giantFigures{
		listings: []giantReply{{reply{took: 60 * time.Second, status: 200}, 10 << 20}},
		pages:    []giantReply{{reply{took: time.Second, status: 200}, 30 << 10}},
		peak:     400 << 20,
	}
	var text strings.Builder
	require.NoError(t, good.write(&text))
	assert.Contains(t, text.String(), "| listings | 1 | 1 | 60000.0 ms | 10240 KiB |")
	assert.Contains(t, text.String(), "| resident memory at most 400 MiB | peak 400 MiB | kept |")
	for broken, change := range map[string]func(*giantFigures){
		"every request": func(f *giantFigures) { f.pages[0].status = 0 },
		"within 60 s":   func(f *giantFigures) { f.listings[0].took++ },
		"memory":        func(f *giantFigures) { f.peak++ },
	} {
		f := good
		f.listings, f.pages = slices.Clone(good.listings), slices.Clone(good.pages)
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}
