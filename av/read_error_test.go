package av_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

var errDisk = errors.New("EIO")

// failing is a file whose n-th read fails. All others succeed.
type failing struct {
	*bytes.Reader
	n int
}

func (f *failing) ReadAt(b []byte, at int64) (int, error) {
	if f.n--; f.n == 0 {
		return 0, errDisk
	}
	return f.Reader.ReadAt(b, at)
}

func (f *failing) Close() error { return nil }

// readErrorVideos are a video of each container.
var readErrorVideos = []string{
	"h264-bframes-aac.mkv", "h264-bframes-aac.mp4", "fragmented-small.mp4", "hevc-open-gop.mkv",
	"h264-bframes-aac.ts",
}

// failEachRead calls work with files until work has read a whole file. The first read of the first file
// fails, the second read of the second file, and so on. An error of work must be an internal one.
func failEachRead(t *testing.T, data []byte, work func(file video.File, read int) error) {
	t.Helper()
	failed := 0
	for n := 1; ; n++ {
		file := &failing{bytes.NewReader(data), n}
		err := work(file, n)
		if file.n > 0 {
			assert.Positive(t, failed)
			t.Logf("faults injected: %d", n-1)
			return
		}
		if err != nil {
			assert.Equal(t, video.Internal, video.KindOf(err), "read %d: %v", n, err)
			failed++
		}
	}
}

// A read error never leads to an index of a part of the file.
func TestReadErrorsOfIndex(t *testing.T) {
	for _, name := range readErrorVideos {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			want, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			failEachRead(t, data, func(file video.File, read int) error {
				v := video.Video{Size: int64(len(data))}
				open := func(context.Context) (video.File, error) { return file, nil }
				engine := newEngine(t, av.NewDefaultConfig())
				ix, err := engine.Index(t.Context(), v, 1, open)
				if err == nil {
					ix, err = engine.ReadKeys(t.Context(), ix, open)
				}
				if err == nil {
					assert.Equal(t, want.GOPs, ix.GOPs, "read %d", read)
				}
				return err
			})
		})
	}
}

// A read error never leads to an incomplete segment.
func TestReadErrorsOfSegment(t *testing.T) {
	for _, name := range readErrorVideos {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			ix, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			segment := func(file video.File) ([]byte, error) {
				open := func(context.Context) (video.File, error) { return file, nil }
				engine := newEngine(t, av.NewDefaultConfig())
				s, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, open)
				if err != nil {
					return nil, err
				}
				s.Source = func(context.Context) (video.File, error) {
					return &failing{bytes.NewReader(data), 0}, nil
				}
				return bytesOf(t, s), nil
			}
			want, err := segment(&failing{bytes.NewReader(data), 0})
			require.NoError(t, err)
			failEachRead(t, data, func(file video.File, read int) error {
				got, err := segment(file)
				if err == nil {
					assert.True(t, bytes.Equal(want, got), "read %d", read)
				}
				return err
			})
		})
	}
}

// endless is a Matroska file of practically unlimited size that has only empty elements after its start. It
// calls later at its 70th read.
type endless struct {
	start []byte
	reads *int
	later func()
}

func (e endless) ReadAt(b []byte, at int64) (int, error) {
	if *e.reads++; *e.reads == 70 {
		e.later()
	}
	n := 0
	if at < int64(len(e.start)) {
		n = copy(b, e.start[at:])
	}
	for i := n; i < len(b); i++ {
		// An empty Void element (RFC 8794, section 11.3.2).
		b[i] = []byte{0xEC, 0x80}[(at+int64(i)-int64(len(e.start)))%2]
	}
	return len(b), nil
}

func (endless) Close() error { return nil }

// The end of the context interrupts an index, however long the file is.
func TestIndexIsInterrupted(t *testing.T) {
	start, err := os.ReadFile(filepath.Join(testdata, "live.mkv"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	engine := newEngine(t, av.NewDefaultConfig())
	open := func(context.Context) (video.File, error) { return endless{start, new(int), cancel}, nil }
	_, err = engine.Index(ctx, video.Video{Size: 1 << 40}, 1, open)
	assert.ErrorIs(t, err, context.Canceled)
}
