package main

import (
	"bufio"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every kind except the malformed ones is a valid HTTP request.
func TestKindsOfRequests(t *testing.T) {
	m := &mixer{
		gops:  []string{"/videos/a.mp4/group-of-pictures/0.mp4"},
		pages: []string{"/videos/a.mp4/group-of-pictures"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	names := map[string]bool{}
	for _, k := range kinds {
		assert.False(t, names[k.name], k.name)
		names[k.name] = true
		text, read := k.text(m, random)
		if k.name == "not HTTP" || strings.HasPrefix(k.name, "half") {
			continue
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		require.NoError(t, err, k.name)
		assert.True(t, r.Close, "each has its own connection")
		assert.Equal(t, strings.HasPrefix(k.name, "disconnect"), read >= 0, k.name)
	}
}

func TestOverloadFigures(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	good := overloadFigures{
		time: time.Minute, capacity: 10, peak: 1,
		unloaded: []reply{{took: ms(10), status: 200}},
		overload: []reply{{took: ms(30), status: 200}, {took: ms(2), status: 503, retryAfter: true}},
		cached:   []reply{{took: ms(1), status: 200}}, recovered: []reply{{took: ms(20), status: 200}},
	}
	var text strings.Builder
	require.NoError(t, good.write(&text))
	assert.Contains(t, text.String(), "3.00 times (30.0 ms against 10.0 ms) | kept |")
	for broken, change := range map[string]func(*overloadFigures){
		"p99 at most 3 times":   func(f *overloadFigures) { f.overload[0].took = ms(31) },
		"less than 50 ms":       func(f *overloadFigures) { f.overload[1].took = ms(50) },
		"Retry-After":           func(f *overloadFigures) { f.overload[1].retryAfter = false },
		"no other status":       func(f *overloadFigures) { f.onset = []reply{{status: 0}} },
		"cached: every request": func(f *overloadFigures) { f.cached[0].status = 503 },
		"cached: p99":           func(f *overloadFigures) { f.cached[0].took = ms(51) },
		"memory":                func(f *overloadFigures) { f.peak = memoryLimit },
		"recovery":              func(f *overloadFigures) { f.recovered[0].took = ms(21) },
	} {
		f := good
		f.overload, f.cached = slices.Clone(good.overload), slices.Clone(good.cached)
		f.recovered = slices.Clone(good.recovered)
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

func TestMixedFigures(t *testing.T) {
	f := mixedFigures{
		kinds: map[string]int{"a GOP": 3}, statuses: map[int]int{0: 1, 200: 2},
		before: resources{10, 5, 1 << 20, 1 << 30}, after: resources{10, 5, 1 << 20, 1 << 30},
	}
	var text strings.Builder
	require.NoError(t, f.write(&text))
	assert.Contains(t, text.String(), "3 valid, malformed and aborted requests")
	f.after = resources{11, 6, 2 << 20, 1 << 30}
	f.errors = 1
	err := f.write(&strings.Builder{})
	for _, broken := range []string{"descriptors", "goroutines", "C memory", "panic"} {
		assert.ErrorContains(t, err, broken)
	}
}
