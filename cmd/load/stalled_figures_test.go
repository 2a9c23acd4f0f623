package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStalledFigures(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	good := func() stalledFigures {
		return stalledFigures{
			time:  time.Second,
			alone: [][]reply{{{status: 200, took: ms(2)}}}, beside: [][]reply{{{status: 200, took: ms(4)}}},
			stalled:   []reply{{status: 504, took: ms(3000)}, {status: 504, took: ms(3500)}},
			exceeding: []reply{{status: 504, took: ms(3000)}, {status: 503, took: ms(1)}},
			recovered: []reply{{status: 200, took: ms(1)}}, recovery: maxReadyTime,
			calls: stalledCalls, full: stalledCalls, unready: http.StatusServiceUnavailable,
			peak: stalledMemory - 1,
		}
	}
	var text strings.Builder
	require.NoError(t, good().write(&text))
	assert.Contains(t, text.String(), "| stalled | 2 | 0 | 2 | 0 | 0 | 3000.0 ms | 3500.0 ms | 3500.0 ms |")
	for broken, change := range map[string]func(*stalledFigures){
		"healthy video is served: 1 of 2": func(f *stalledFigures) { f.beside[0][0].status = 503 },
		"than alone: 251.0 ms":            func(f *stalledFigures) { f.beside[0][0].took = ms(253) },
		"past the calls: 3 of 4":          func(f *stalledFigures) { f.stalled[0].status = 503 },
		"past the calls: 3 of 4 ":         func(f *stalledFigures) { f.exceeding[1].status = 500 },
		"of its limit: at most 3501.0 ms": func(f *stalledFigures) { f.stalled[1].took = ms(3501) },
		"calls are stalled: 65":           func(f *stalledFigures) { f.calls++ },
		"/readyz fails":                   func(f *stalledFigures) { f.unready = http.StatusOK },
		"with 63 calls stalled":           func(f *stalledFigures) { f.full-- },
		"/readyz succeeds":                func(f *stalledFigures) { f.recovery++ },
		"then every stalled video":        func(f *stalledFigures) { f.recovered[0].status = 504 },
		"memory":                          func(f *stalledFigures) { f.peak = stalledMemory },
	} {
		f := good()
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), strings.TrimSpace(broken))
	}
}
