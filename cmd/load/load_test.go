package main

import (
	"bufio"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is meant as a right request is one, and leads where it should.
func TestKindsOfRequests(t *testing.T) {
	m := &mixer{paths: []string{"/videos/a.mp4/group-of-pictures/0.mp4"}, names: []string{"/videos/a.mp4/group-of-pictures"}}
	random := rand.New(rand.NewPCG(1, 2))
	names := map[string]bool{}
	for _, k := range kinds {
		assert.False(t, names[k.name], k.name)
		names[k.name] = true
		text, goAfter := k.text(m, random)
		if k.name == "no HTTP" || strings.HasPrefix(k.name, "half") {
			continue
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		require.NoError(t, err, k.name)
		assert.True(t, r.Close, "each has a connection of its own")
		assert.Equal(t, strings.HasPrefix(k.name, "gone"), goAfter >= 0, k.name)
	}
}

func TestFiguresOfOverload(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	good := overloadFigures{
		time: time.Minute, capacity: 10, peak: 1,
		unloaded: []reply{{took: ms(10), status: 200}},
		overload: []reply{{took: ms(30), status: 200}, {took: ms(2), status: 503, retryAfter: true}},
		hot:      []reply{{took: ms(1), status: 200}}, recovered: []reply{{took: ms(20), status: 200}},
	}
	var text strings.Builder
	require.NoError(t, good.write(&text))
	assert.Contains(t, text.String(), "3.00 times (30.0 ms against 10.0 ms) | kept |")
	for broken, change := range map[string]func(*overloadFigures){
		"p99 at most 3 times":   func(f *overloadFigures) { f.overload[0].took = ms(31) },
		"less than 50 ms":       func(f *overloadFigures) { f.overload[1].took = ms(50) },
		"Retry-After":           func(f *overloadFigures) { f.overload[1].retryAfter = false },
		"no other status":       func(f *overloadFigures) { f.onset = []reply{{status: 0}} },
		"cached: every request": func(f *overloadFigures) { f.hot[0].status = 503 },
		"cached: p99":           func(f *overloadFigures) { f.hot[0].took = ms(51) },
		"memory":                func(f *overloadFigures) { f.peak = memoryLimit },
		"recovery":              func(f *overloadFigures) { f.recovered[0].took = ms(21) },
	} {
		f := good
		f.overload, f.hot, f.recovered = append([]reply{}, good.overload...), append([]reply{}, good.hot...), append([]reply{}, good.recovered...)
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

func TestFiguresOfMixedRequests(t *testing.T) {
	f := mixedFigures{
		kinds: map[string]int{"a GOP": 3}, statuses: map[int]int{0: 1, 200: 2},
		before: holding{10, 5, 1 << 20, 1 << 30}, after: holding{10, 5, 1 << 20, 1 << 30},
	}
	var text strings.Builder
	require.NoError(t, f.write(&text))
	assert.Contains(t, text.String(), "3 requests over connections of their own")
	f.after = holding{11, 6, 2 << 20, 1 << 30}
	f.panics = 1
	err := f.write(&strings.Builder{})
	for _, broken := range []string{"descriptors", "goroutines", "C memory", "failure"} {
		assert.ErrorContains(t, err, broken)
	}
}
