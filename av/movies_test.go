package av_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// gatedFile is a file. While isClosed, each read sends to waiting and then waits for open.
type gatedFile struct {
	video.File
	isClosed *atomic.Bool
	waiting  chan struct{}
	open     chan struct{}
}

func (f gatedFile) ReadAt(b []byte, at int64) (int, error) {
	if f.isClosed.Load() {
		f.waiting <- struct{}{}
		<-f.open
	}
	return f.File.ReadAt(b, at)
}

// The demuxers of a version read the movie box once. The pool counts its memory once, and the last demuxer
// frees it.
func TestDemuxersShareAMovie(t *testing.T) {
	engine := av.Keep(newEngine(t, av.NewDefaultConfig()), 8)
	v, open := fileAt(t, filepath.Join(testdata, "h264-bframes-aac.mp4"))
	gate := gatedFile{isClosed: &atomic.Bool{}, waiting: make(chan struct{}), open: make(chan struct{})}
	ix, err := engine.Index(t.Context(), v, 1, func(ctx context.Context) (video.File, error) {
		file, err := open(ctx)
		f := gate
		f.File = file
		return f, err
	})
	require.NoError(t, err)
	alone, first := idleMemory(engine), engine.BytesRead()
	gate.isClosed.Store(true)
	done := make(chan error)
	go func() {
		_, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1}, open)
		done <- err
	}()
	<-gate.waiting
	_, err = engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	n, _, memory := av.Movies(engine)
	assert.Equal(t, 1, n)
	moov := memory / 4 // at least: memory is twice the box and the reduced box
	assert.Less(t, engine.BytesRead()-first, first-moov, "the second demuxer reads less")
	gate.isClosed.Store(false)
	close(gate.open)
	require.NoError(t, <-done)
	assert.Less(t, idleMemory(engine), 2*alone-memory/2, "the movie is counted once")
	engine.Shed()
	n, idle, _ := av.Movies(engine)
	assert.Zero(t, n)
	assert.Zero(t, idle)
}

func idleMemory(e *av.Engine) int64 {
	_, idle, _ := av.Movies(e)
	return idle
}
