package av_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

var errDisk = errors.New("EIO")

// failing is a file whose n-th read fails, and no other.
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

// Where the disk fails, there is no index, and never one of a part of the file.
func TestReadErrorsMakeNoIndex(t *testing.T) {
	for _, name := range []string{"h264-bframes-aac.mkv", "h264-bframes-aac.mp4", "fragmented-small.mp4", "hevc-open-gop.mkv", "h264-bframes-aac.ts"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			want, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			failed, n := 0, 1
			for ; ; n++ {
				file := &failing{bytes.NewReader(data), n}
				engine := newEngine(t, av.NewDefaultConfig())
				ix, err := engine.Index(t.Context(), video.Video{Size: int64(len(data))}, 1, func() (video.File, error) { return file, nil })
				if file.n > 0 {
					break // no read came to fail
				}
				if err != nil {
					assert.Equal(t, video.Internal, video.KindOf(err), "read %d: %v", n, err)
					failed++
					continue
				}
				assert.Equal(t, want.GOPs, ix.GOPs, "read %d", n)
			}
			assert.Positive(t, failed)
			t.Logf("faults injected: %d", n-1)
		})
	}
}

// Nor is there a GOP of a part of it: it is as it should be, or there is none.
func TestReadErrorsMakeNoSegment(t *testing.T) {
	for _, name := range []string{"h264-bframes-aac.mkv", "h264-bframes-aac.mp4", "fragmented-small.mp4", "hevc-open-gop.mkv", "h264-bframes-aac.ts"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			ix, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			cutFile := func(file video.File) ([]byte, error) {
				s, err := newEngine(t, av.NewDefaultConfig()).CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, func() (video.File, error) { return file, nil })
				if err != nil {
					return nil, err
				}
				s.Source = func() (video.File, error) { return &failing{bytes.NewReader(data), 0}, nil }
				return bytesOf(t, s), nil
			}
			want, err := cutFile(&failing{bytes.NewReader(data), 0})
			require.NoError(t, err)
			failed, n := 0, 1
			for ; ; n++ {
				file := &failing{bytes.NewReader(data), n}
				got, err := cutFile(file)
				if file.n > 0 {
					break
				}
				if err != nil {
					assert.Equal(t, video.Internal, video.KindOf(err), "read %d: %v", n, err)
					failed++
					continue
				}
				assert.True(t, bytes.Equal(want, got), "read %d", n)
			}
			assert.Positive(t, failed)
			t.Logf("faults injected: %d", n-1)
		})
	}
}

// endless is a Matroska file whose end is far, and full of nothing.
type endless struct{ start []byte }

func (e endless) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	if at < int64(len(e.start)) {
		n = copy(b, e.start[at:])
	}
	for i := n; i < len(b); i++ {
		b[i] = []byte{0xEC, 0x80}[(at+int64(i)-int64(len(e.start)))%2] // Void, of no bytes: RFC 8794, section 11.3.2
	}
	return len(b), nil
}

func (endless) Close() error { return nil }

// However a file keeps the index busy, the end of the context ends it.
func TestIndexIsInterrupted(t *testing.T) {
	start, err := os.ReadFile(filepath.Join("..", "testdata", "live.mkv"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	engine := newEngine(t, av.NewDefaultConfig())
	_, err = engine.Index(ctx, video.Video{Size: 1 << 40}, 1, func() (video.File, error) { return endless{start}, nil })
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

var _ io.ReaderAt = endless{}
