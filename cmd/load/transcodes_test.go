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

func TestTranscodeFigures(t *testing.T) {
	ms := func(n int) reply { return reply{took: time.Duration(n) * time.Millisecond, status: 200} }
	round := func(uncached, cached int) remuxReplies {
		return remuxReplies{[]reply{ms(uncached)}, []reply{ms(cached)}}
	}
	good := func() transcodeFigures {
		return transcodeFigures{
			time:       time.Second,
			alone:      []remuxReplies{round(10, 10), round(10, 10), round(10, 10)},
			beside:     []remuxReplies{round(11, 10), round(20, 20), round(90, 90)}, // median 20
			transcodes: []reply{ms(900), {status: 503}},
			cancels: [][]time.Duration{
				{time.Millisecond}, {90 * time.Millisecond, 100 * time.Millisecond}, {100 * time.Millisecond},
			},
		}
	}
	var text strings.Builder
	require.NoError(t, good().write(&text))
	assert.Contains(t, text.String(), "| transcodes | 2 | 1 | 900.0 ms | 900.0 ms | 1 | 0 |")
	assert.Contains(t, text.String(), "| 1080p | 2 | 90.0 ms | 100.0 ms |")
	assert.Contains(t, text.String(), "at most 2.0 times that alone | 2.00 times | kept |")
	for broken, change := range map[string]func(*transcodeFigures){
		"is served":     func(f *transcodeFigures) { f.beside[0].uncached[0].status = 503 },
		"not cached":    func(f *transcodeFigures) { f.beside[1].uncached[0] = ms(21) },
		"cached: p99":   func(f *transcodeFigures) { f.beside[1].cached[0] = ms(21) },
		"200 or 503":    func(f *transcodeFigures) { f.transcodes[0].status = 500 },
		"1080p ends":    func(f *transcodeFigures) { f.cancels[1][1] = 101 * time.Millisecond },
		"2160p ends":    func(f *transcodeFigures) { f.cancels[2][0] = 101 * time.Millisecond },
		"of 720p ends ": func(f *transcodeFigures) { f.cancels = nil },
	} {
		f := good()
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

// Each path is requested once, and none is for the GOP after the one before, which a server could prefetch.
func TestShortPath(t *testing.T) {
	seen := map[string]bool{}
	for i := range shortGOPs * shortLinks {
		assert.False(t, seen[shortPath(i)], shortPath(i))
		seen[shortPath(i)] = true
	}
	assert.Equal(t, "/videos/short-1.mp4/group-of-pictures/7.mp4", shortPath(shortGOPs+1))
}

func TestWaitForTranscodes(t *testing.T) {
	requests := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests < 3 {
			_, _ = w.Write([]byte("# HELP x\n" +
				"gop_limiter_running{limiter=\"transcodes\"} 1\n" +
				"gop_limiter_waiting{limiter=\"transcodes\"} 2\n"))
		}
	}))
	defer s.Close()
	admin := strings.TrimPrefix(s.URL, "http://")
	require.NoError(t, waitForTranscodes(t.Context(), admin, isIdle))
	assert.Equal(t, 3, requests)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, waitForTranscodes(ctx, admin, isIdle), context.Canceled)
}
