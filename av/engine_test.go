package av_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

const film = "../testdata/h264-bframes-aac.mp4"

// watched is a file that counts how often it is open, and reads as read has it.
type watched struct {
	*os.File
	open *atomic.Int64
	read func(b []byte, at int64) (int, error)
}

func (w watched) ReadAt(b []byte, at int64) (int, error) {
	if w.read != nil {
		if n, err := w.read(b, at); err != nil {
			return n, err
		}
	}
	return w.File.ReadAt(b, at)
}

func (w watched) Close() error {
	w.open.Add(-1)
	return w.File.Close()
}

// watch is film, watched.
func watch(t *testing.T, read func([]byte, int64) (int, error)) (video.Video, func() (video.File, error), *atomic.Int64) {
	t.Helper()
	v, open := fileAt(t, film)
	count := new(atomic.Int64)
	return v, func() (video.File, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		count.Add(1)
		return watched{file.(*os.File), count, read}, nil
	}, count
}

func TestSegmentsAreTheSameBytes(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, film)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	first := make([][]byte, len(ix.GOPs))
	for i := range first {
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
		require.NoError(t, err)
		first[i] = bytesOf(t, segment)
	}
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for round := range 8 {
				i := (worker + round) % len(first)
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
				if assert.NoError(t, err) {
					assert.Equal(t, first[i], bytesOf(t, segment), "GOP %d", i)
				}
			}
		})
	}
	workers.Wait()
}

func TestFilesAreClosed(t *testing.T) {
	config := av.NewDefaultConfig()
	config.IdleDemuxers = 2
	engine := av.New(config, quiet)
	v, open, count := watch(t, nil)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() {
			_, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, open)
			assert.NoError(t, err)
		})
	}
	workers.Wait()
	assert.LessOrEqual(t, count.Load(), int64(2), "files kept open")
	engine.Close()
	assert.Zero(t, count.Load(), "files open after Close")
}

func TestIdleFilesAreClosedInTime(t *testing.T) {
	config := av.NewDefaultConfig()
	config.IdleTime = time.Millisecond
	v, open, count := watch(t, nil)
	_, err := newEngine(t, config).Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return count.Load() == 0 }, 5*time.Second, time.Millisecond)
}

// Idle demuxers may take so much memory together; who came first goes first.
func TestIdleMemoryIsBounded(t *testing.T) {
	for _, test := range []struct{ bytes, files int64 }{{1, 0}, {2<<20 - 1, 1}, {3 << 20, 2}, {1 << 30, 5}} {
		config := av.NewDefaultConfig()
		config.IdleBytes = test.bytes
		engine := newEngine(t, config)
		v, open, count := watch(t, nil)
		for _, version := range []string{"1", "2", "3", "4", "5"} {
			v.Version = version
			_, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
		}
		assert.Equal(t, test.files, count.Load(), "of %d bytes", test.bytes)
		engine.Shed()
		assert.Zero(t, count.Load())
	}
}

// A file that would take more memory at once than it may is refused, and not the server's fault.
func TestAllocationsAreBounded(t *testing.T) {
	config := av.NewDefaultConfig()
	config.MaxAllocBytes = 1 << 20
	engine := newEngine(t, config)
	path := filepath.Join(t.TempDir(), "long.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "color=size=16x16:rate=100:duration=600", "-c:v", "libx264", "-preset", "ultrafast", path)
	v, open := fileAt(t, path)
	_, err := engine.Index(t.Context(), v, 1, open)
	newEngine(t, av.NewDefaultConfig()) // for the whole process
	assert.Contains(t, []video.Kind{video.TooLarge, video.Unreadable}, video.KindOf(err), "%v", err)
}

func TestRefusedFilesAreClosed(t *testing.T) {
	config := av.NewDefaultConfig()
	config.IdleDemuxers = 0
	engine := newEngine(t, config)
	broken, err := filepath.Glob("../testdata/broken/*")
	require.NoError(t, err)
	require.NotEmpty(t, broken)
	count := new(atomic.Int64)
	for _, path := range broken {
		v, open := fileAt(t, path)
		watch := func() (video.File, error) {
			file, err := open()
			if err != nil {
				return nil, err
			}
			count.Add(1)
			return watched{file.(*os.File), count, nil}, nil
		}
		ix, err := engine.Index(t.Context(), v, 1, watch)
		if err == nil { // it can be encoded anew, and not be cut as it is
			_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, watch)
		}
		assert.Equal(t, video.Unreadable, video.KindOf(err), "%s: %v", path, err)
	}
	assert.Zero(t, count.Load(), "files open")
}

func TestReadErrorIsNotTheFilesFault(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	broken := errors.New("the disk is broken")
	v, open, count := watch(t, func(_ []byte, at int64) (int, error) {
		if at > 0 {
			return 0, broken
		}
		return 0, nil
	})
	ix, err := engine.Index(t.Context(), v, 1, open)
	if err == nil { // all of the file fitted into the first read
		_, err = engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 3}, open)
	}
	require.ErrorIs(t, err, broken)
	assert.Equal(t, video.Internal, video.KindOf(err))
	assert.Zero(t, count.Load(), "files open")
}

func TestEndOfContext(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v, open, count := watch(t, nil)
		_, err := engine.Index(ctx, v, 1, open)
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, count.Load(), "files open")
	})
	t.Run("meanwhile", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		reads := 0
		v, open, count := watch(t, func([]byte, int64) (int, error) {
			if reads++; reads == 2 {
				cancel()
			}
			return 0, nil
		})
		_, err := engine.Index(ctx, v, 1, open)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, video.Canceled, video.KindOf(err))
		assert.Zero(t, count.Load(), "files open")
	})
}
