package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFiguresOfEncodes(t *testing.T) {
	ms := func(n int) reply { return reply{took: time.Duration(n) * time.Millisecond, status: 200} }
	good := func() encodeFigures {
		return encodeFigures{
			time: time.Second,
			// The middle one of the rounds counts.
			alone:   []lossless{{[]reply{ms(10)}, []reply{ms(10)}}, {[]reply{ms(10)}, []reply{ms(10)}}, {[]reply{ms(10)}, []reply{ms(10)}}},
			beside:  []lossless{{[]reply{ms(11)}, []reply{ms(10)}}, {[]reply{ms(20)}, []reply{ms(20)}}, {[]reply{ms(90)}, []reply{ms(90)}}},
			encodes: []reply{ms(900), {status: 503}}, stops: [][]time.Duration{{time.Millisecond}, {90 * time.Millisecond, 100 * time.Millisecond}, {100 * time.Millisecond}},
		}
	}
	var text strings.Builder
	require.NoError(t, good().write(&text))
	assert.Contains(t, text.String(), "| encodes | 2 | 1 | 900.0 ms | 900.0 ms | 1 | 0 |")
	assert.Contains(t, text.String(), "| 1080p | 2 | 90.0 ms | 100.0 ms |")
	assert.Contains(t, text.String(), "at most 2.0 times that alone | 2.00 times | kept |")
	for broken, change := range map[string]func(*encodeFigures){
		"is served":  func(f *encodeFigures) { f.beside[0].cold[0].status = 503 },
		"not cached": func(f *encodeFigures) { f.beside[1].cold[0] = ms(21) },
		"cached: p99": func(f *encodeFigures) {
			f.beside[1].cached[0] = ms(21)
		},
		"by 503": func(f *encodeFigures) { f.encodes[0].status = 500 },
		"1080p":  func(f *encodeFigures) { f.stops[1][1] = 101 * time.Millisecond },
		"2160p":  func(f *encodeFigures) { f.stops[2][0] = 101 * time.Millisecond },
		"720p":   func(f *encodeFigures) { f.stops = nil },
	} {
		f := good()
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

// No request is for the GOP that follows the one before, which a server could make ahead, and none is asked
// for twice.
func TestBesidePaths(t *testing.T) {
	seen := map[string]bool{}
	for i := range besideGOPs * besideNames {
		assert.False(t, seen[besidePath(i)], besidePath(i))
		seen[besidePath(i)] = true
	}
	assert.Equal(t, "/videos/short-1.mp4/group-of-pictures/7.mp4", besidePath(besideGOPs+1))
}

func TestAwaitEncodes(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			_, _ = w.Write([]byte("# HELP x\ngop_limiter_running{limiter=\"transcodes\"} 1\ngop_limiter_waiting{limiter=\"transcodes\"} 2\n"))
		}
	}))
	defer s.Close()
	admin := strings.TrimPrefix(s.URL, "http://")
	require.NoError(t, awaitEncodes(t.Context(), admin, isIdle))
	assert.Equal(t, 3, asked)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, awaitEncodes(ctx, admin, isIdle), context.Canceled)
}
