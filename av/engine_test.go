package av_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

var examplePath = filepath.Join(testdata, "h264-bframes-aac.mp4")

// trackedFile counts how often it is open, and calls read before each ReadAt.
type trackedFile struct {
	video.File
	open *atomic.Int64
	read func(at int64) error
}

func (f trackedFile) ReadAt(b []byte, at int64) (int, error) {
	if err := f.read(at); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, at)
}

func (f trackedFile) Close() error {
	f.open.Add(-1)
	return f.File.Close()
}

// trackFile returns a video, a function that opens it as a trackedFile, and the number of open files.
func trackFile(
	t *testing.T, path string, read func(at int64) error,
) (video.Video, func(context.Context) (video.File, error), *atomic.Int64) {
	t.Helper()
	v, open := fileAt(t, path)
	count := new(atomic.Int64)
	return v, func(context.Context) (video.File, error) {
		file, err := open(t.Context())
		if err != nil {
			return nil, err
		}
		count.Add(1)
		return trackedFile{file, count, read}, nil
	}, count
}

func noReadError(int64) error { return nil }

func TestSegmentsAreTheSameBytes(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, examplePath)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	first := make([][]byte, ix.GOPs.Len())
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
	engine := av.New(config, discard)
	v, open, count := trackFile(t, examplePath, noReadError)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	assert.EqualValues(t, 1, count.Load(), "files kept open")
	var workers sync.WaitGroup
	for worker := range 6 {
		workers.Go(func() {
			other := *ix
			other.Video.Version = strconv.Itoa(worker)
			_, err := engine.CutSegment(t.Context(), &other, cut.Cut{GOP: 1}, open)
			assert.NoError(t, err)
		})
	}
	workers.Wait()
	assert.EqualValues(t, 2, count.Load(), "files kept open")
	engine.Close()
	assert.Zero(t, count.Load(), "files open after Close")
}

func TestIdleFilesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := av.NewDefaultConfig()
		config.IdleTime = time.Minute
		v, open, count := trackFile(t, examplePath, noReadError)
		_, err := newEngine(t, config).Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		assert.EqualValues(t, 1, count.Load())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Zero(t, count.Load())
	})
}

// The memory of idle demuxers is limited. The pool closes the ones that have been idle longest.
func TestIdleMemoryIsBounded(t *testing.T) {
	for _, test := range []struct{ bytes, files int64 }{{1, 0}, {2<<20 - 1, 1}, {3 << 20, 2}, {1 << 30, 5}} {
		config := av.NewDefaultConfig()
		config.IdleBytes = test.bytes
		engine := newEngine(t, config)
		v, open, count := trackFile(t, examplePath, noReadError)
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

// An allocation above the limit is an error of the file, not of the server.
func TestAllocationsAreBounded(t *testing.T) {
	config := av.NewDefaultConfig()
	config.MaxAllocBytes = 1 << 20
	engine := av.Keep(newEngine(t, config), 0)
	path := filepath.Join(t.TempDir(), "long.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "color=size=16x16:rate=100:duration=600",
		"-c:v", "libx264", "-preset", "ultrafast", path)
	v, open := fileAt(t, path)
	_, err := engine.Index(t.Context(), v, 1, open)
	newEngine(t, av.NewDefaultConfig()) // restores the limit, which applies to the whole process
	assert.Equal(t, video.Unreadable, video.KindOf(err), "%v", err)
}

func TestBrokenFilesAreClosed(t *testing.T) {
	config := av.NewDefaultConfig()
	config.IdleDemuxers = 0
	engine := newEngine(t, config)
	broken, err := filepath.Glob(filepath.Join(testdata, "broken", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, broken)
	for _, path := range broken {
		v, open, count := trackFile(t, path, noReadError)
		ix, err := engine.Index(t.Context(), v, 1, open)
		if err == nil { // it can only be transcoded
			_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
		}
		assert.Equal(t, video.Unreadable, video.KindOf(err), "%s: %v", path, err)
		assert.Zero(t, count.Load(), "files open")
	}
}

// A read error is not an error of the file.
func TestReadErrorIsInternal(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	broken := errors.New("the disk is broken")
	v, open, count := trackFile(t, examplePath, func(at int64) error {
		if at > 0 {
			return broken
		}
		return nil
	})
	_, err := engine.Index(t.Context(), v, 1, open)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, video.Internal, video.KindOf(err))
	assert.Zero(t, count.Load(), "files open")
}

// A panic of open, or of the file at any read, is an error of the call, also in the goroutine of a transcode.
// The file is closed, and the engine continues to work.
func TestPanics(t *testing.T) {
	config := av.NewDefaultConfig()
	config.IdleDemuxers = 0 // each call opens the file
	engine := newEngine(t, config)
	v, plainOpen := fileAt(t, examplePath)
	ix, err := engine.Index(t.Context(), v, 1, plainOpen)
	require.NoError(t, err)
	for name, c := range map[string]cut.Cut{
		"remux":     {GOP: 1},
		"transcode": {GOP: 1, Edit: cut.Edit{Transcode: true}},
		"stream":    {GOP: 1, Edit: cut.Edit{Transcode: true}, Fragmented: true},
	} {
		t.Run(name+" open", func(t *testing.T) {
			_, err := engine.CutSegment(t.Context(), ix, c, panicOpen)
			assert.ErrorContains(t, err, "panic: open")
			assert.Equal(t, video.Internal, video.KindOf(err))
		})
		t.Run(name+" read", func(t *testing.T) {
			failAtEachRead(t, func(open av.Opener) error {
				_, err := engine.CutSegment(t.Context(), ix, c, open)
				return err
			})
		})
	}
}

// failAtEachRead calls an operation repeatedly on a file that panics at its first read, its second, and so
// on, until a call reads less.
func failAtEachRead(t *testing.T, operation func(open av.Opener) error) {
	t.Helper()
	calls, failing, done := 0, 1, false
	_, open, count := trackFile(t, examplePath, func(int64) error {
		if calls++; calls == failing {
			panic("read")
		}
		return nil
	})
	for ; !done; failing++ {
		calls = 0
		err := operation(open)
		if done = calls < failing; done {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, "panic: read", "read %d", failing)
		}
		assert.Zero(t, count.Load(), "files open")
	}
	assert.Greater(t, failing, 3)
}

// A panic of open, of the file at any read, or of visit is an error of Packets. The file is closed.
func TestPanicsOfPackets(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, _ := fileAt(t, examplePath)
	_, err := engine.Packets(t.Context(), v, -1, panicOpen, nil)
	assert.ErrorContains(t, err, "panic: open")
	failAtEachRead(t, func(open av.Opener) error {
		_, err := engine.Packets(t.Context(), v, -1, open, func(av.Packet) error { return nil })
		return err
	})
	_, open, count := trackFile(t, examplePath, func(int64) error { return nil })
	_, err = engine.Packets(t.Context(), v, -1, open, func(av.Packet) error { panic("visit") })
	assert.ErrorContains(t, err, "panic: visit")
	assert.Zero(t, count.Load(), "files open")
}

// A panic in the goroutine that decodes and filters is an error of the transcode.
func TestPanicWhileDecoding(t *testing.T) {
	err := av.PanicWhileDecoding(t)
	assert.ErrorContains(t, err, "panic: ")
	assert.Equal(t, video.Internal, video.KindOf(err))
}

func TestEndOfContext(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v, open, count := trackFile(t, examplePath, noReadError)
		_, err := engine.Index(ctx, v, 1, open)
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, count.Load(), "files open")
	})
	t.Run("during", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		reads := 0
		v, open, count := trackFile(t, examplePath, func(int64) error {
			if reads++; reads == 2 {
				cancel()
			}
			return nil
		})
		_, err := engine.Index(ctx, v, 1, open)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, video.Canceled, video.KindOf(err))
		assert.Zero(t, count.Load(), "files open")
	})
}

// panicOpen is an av.Opener that panics.
func panicOpen(context.Context) (video.File, error) { panic("open") }
