package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// countingFile counts how many of its kind are open.
type countingFile struct {
	*os.File
	open *atomic.Int64
}

func (c countingFile) Close() error {
	c.open.Add(-1)
	return c.File.Close()
}

// useFileSegments makes the segments of s refer to a file: "01", then two ranges of it, then "9". wrap wraps
// the opened file; with nil, open is the number of open files.
func useFileSegments(t testing.TB, s *fakeLibrary, wrap func(*os.File) video.File) (open *atomic.Int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "video")
	require.NoError(t, os.WriteFile(path, []byte("x5678xxx234xx"), 0o600))
	open = new(atomic.Int64)
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		return &video.Segment{
			ContentType: "video/mp4", Size: 10,
			Parts: []video.Part{
				{Data: []byte("01")},
				{Offset: 8, Length: 3},
				{Offset: 1, Length: 4},
				{Data: []byte("9")},
			},
			Source: func(context.Context) (video.File, error) {
				file, err := os.Open(path)
				if err != nil {
					return nil, err
				}
				open.Add(1)
				if wrap != nil {
					return wrap(file), nil
				}
				return countingFile{file, open}, nil
			},
		}, nil
	}
	return open
}

func TestRangesOfASource(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	server := httptest.NewServer(handler)
	defer server.Close()
	for name, wrap := range map[string]func(*os.File) video.File{
		"an *os.File":    func(f *os.File) video.File { return f },
		"another source": nil,
	} {
		t.Run(name, func(t *testing.T) {
			open := useFileSegments(t, s, wrap)
			for from := range len(segmentText) {
				for to := from; to < len(segmentText); to++ {
					r, err := http.NewRequest(http.MethodGet, server.URL+gopPath, nil)
					require.NoError(t, err)
					r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to))
					resp, err := http.DefaultClient.Do(r)
					require.NoError(t, err)
					got, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.NoError(t, resp.Body.Close())
					require.Equal(t, segmentText[from:to+1], string(got))
					require.Equal(t, segmentText[from:to+1],
						body(t, get(t, handler, gopPath, "Range", r.Header.Get("Range"))))
				}
			}
			several := body(t, get(t, handler, gopPath, "Range", "bytes=0-3,6-9"))
			assert.Contains(t, several, "0123")
			assert.Contains(t, several, "6789")
			if wrap == nil {
				assert.Zero(t, open.Load(), "files left open")
			}
			http.DefaultClient.CloseIdleConnections()
		})
	}
}

func TestRangesOfManySmallParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "video")
	require.NoError(t, os.WriteFile(path, []byte("abcdefghijklmnopqrstuvwxyz"), 0o600))
	segment := &video.Segment{
		ContentType: "video/mp4", Size: 28, Parts: []video.Part{{Data: []byte("01")}},
		Source: func(context.Context) (video.File, error) { return os.Open(path) },
	}
	for at := range int64(26) {
		segment.Parts = append(segment.Parts, video.Part{Offset: 25 - at, Length: 1})
	}
	s := newFakeLibrary()
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) { return segment, nil }
	handler, _ := newHandler(t, s)
	server := httptest.NewServer(handler)
	defer server.Close()
	want := "01zyxwvutsrqponmlkjihgfedcba"
	for from := range len(want) {
		r, err := http.NewRequest(http.MethodGet, server.URL+gopPath, nil)
		require.NoError(t, err)
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		assert.Equal(t, want[from:], body(t, resp))
		require.NoError(t, resp.Body.Close())
	}
	require.NoError(t, os.Truncate(path, 12))
	resp, err := http.Get(server.URL + gopPath)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	http.DefaultClient.CloseIdleConnections()
}

// Large ranges are sent from the file, and a file that became shorter ends the response early.
func TestRangesOfLargeParts(t *testing.T) {
	const part = 200 << 10
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 3*part)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	path := filepath.Join(t.TempDir(), "video")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	want := slices.Concat([]byte("01"), data[2*part:], data[:part])
	for name, wrap := range map[string]func(*os.File) video.File{
		"an *os.File":    func(f *os.File) video.File { return f },
		"another source": func(f *os.File) video.File { return countingFile{f, new(atomic.Int64)} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeLibrary()
			s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
				return &video.Segment{
					ContentType: "video/mp4", Size: int64(len(want)),
					Parts: []video.Part{
						{Data: []byte("01")},
						{Offset: 2 * part, Length: part},
						{Length: part},
					},
					Source: func(context.Context) (video.File, error) {
						file, err := os.Open(path)
						if err != nil {
							return nil, err
						}
						return wrap(file), nil
					},
				}, nil
			}
			handler, _ := newHandler(t, s)
			server := httptest.NewServer(handler)
			defer server.Close()
			defer http.DefaultClient.CloseIdleConnections()
			getRange := func(from, to int) ([]byte, error) {
				r, err := http.NewRequest(http.MethodGet, server.URL+gopPath, nil)
				require.NoError(t, err)
				r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to))
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				defer func() { _ = resp.Body.Close() }()
				return io.ReadAll(resp.Body)
			}
			offsets := []int{0, 1, 2, 3, part, part + 1, part + 2, part + 3, len(want) - 2, len(want) - 1}
			for i, from := range offsets {
				for _, to := range offsets[i:] {
					got, err := getRange(from, to)
					require.NoError(t, err)
					require.True(t, bytes.Equal(want[from:to+1], got), "%d to %d", from, to)
				}
			}
			require.NoError(t, os.Truncate(path, 2*part+part/2))
			defer func() { require.NoError(t, os.WriteFile(path, data, 0o600)) }()
			got, err := getRange(0, len(want)-1)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.True(t, bytes.HasPrefix(want, got))
			assert.GreaterOrEqual(t, len(got), 2+part/2)
		})
	}
}

// changingFile is a file whose modification time changes with each read.
type changingFile struct{ *os.File }

func (w changingFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := w.File.ReadAt(b, at)
	return n, errors.Join(err, os.Chtimes(w.Name(), time.Time{}, time.Now().Add(time.Hour)))
}

// Bytes that were read from a changing file are not sent.
func TestChangingSourceIsNotSent(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	server := httptest.NewServer(handler)
	defer server.Close()
	useFileSegments(t, s, func(f *os.File) video.File { return changingFile{f} })
	resp, err := http.Get(server.URL + gopPath)
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	assert.Empty(t, got)
	http.DefaultClient.CloseIdleConnections()
}

// A HEAD and a 304 do not open the source.
func TestSourceIsNotOpened(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	opened := 0
	useFileSegments(t, s, func(f *os.File) video.File { opened++; return f })
	resp := do(t, handler, http.MethodHead, gopPath)
	assert.Equal(t, "10", resp.Header.Get("Content-Length"))
	assert.Equal(t, http.StatusNotModified, get(t, handler, gopPath, "If-None-Match",
		resp.Header.Get("ETag")).StatusCode)
	assert.Zero(t, opened)
}

// memoryFile is a source that is not an *os.File.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// A source that became shorter ends the response early, without padding.
func TestSourceThatBecameShorter(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	server := httptest.NewServer(handler)
	defer server.Close()
	s.segment = func(*video.Index, video.SegmentKey) (*video.Segment, error) {
		return &video.Segment{
			ContentType: "video/mp4", Size: 8, Parts: []video.Part{{Length: 8}},
			Source: func(context.Context) (video.File, error) {
				return memoryFile{bytes.NewReader([]byte("0123"))}, nil
			},
		}, nil
	}
	resp, err := http.Get(server.URL + gopPath)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	http.DefaultClient.CloseIdleConnections()
}
