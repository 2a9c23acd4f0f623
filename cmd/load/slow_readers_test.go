package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSlowFigures(t *testing.T) {
	good := func() slowFigures {
		ok := []reply{{status: 200, took: 2 * time.Millisecond}}
		return slowFigures{
			time: time.Second, admitted: 12, refused: slowReaders - 12, peak: slowLimit - 1,
			zeroCopy: append(ok, ok...), copied: append(ok, ok...), images: ok, listings: ok,
		}
	}
	var text strings.Builder
	require.NoError(t, good().write(&text))
	assert.Contains(t, text.String(), "| GOPs held in memory | 2 | 2 | 2.0 ms | 2.0 ms | 0 | 0 |")
	for broken, change := range map[string]func(*slowFigures){
		"zero-copy":   func(f *slowFigures) { f.zeroCopy = []reply{{status: 503}} },
		"3 of 4":      func(f *slowFigures) { f.copied[1].status = 503 },
		"slow reader": func(f *slowFigures) { f.refused-- },
		"0 served":    func(f *slowFigures) { f.admitted, f.refused = 0, slowReaders },
		"memory":      func(f *slowFigures) { f.peak = slowLimit },
	} {
		f := good()
		change(&f)
		assert.ErrorContains(t, f.write(&strings.Builder{}), broken)
	}
}

// A slow reader reads until it is stopped, and reports the status.
func TestReadSlowly(t *testing.T) {
	for path, want := range map[string]int{"/ok": http.StatusOK, "/busy": http.StatusServiceUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/busy" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			_, _ = io.WriteString(w, strings.Repeat("x", slowRate/slowReads))
		}))
		assert.Equal(t, want, readSlowly(t.Context(), server.Listener.Addr().String(), path))
		server.Close()
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	assert.Zero(t, readSlowly(t.Context(), fmt.Sprint(closed.Addr()), "/"))
}
