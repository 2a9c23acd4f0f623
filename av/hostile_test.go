package av_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// allocatedBy returns the number of bytes of Go memory that work allocates.
func allocatedBy(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The number of channels that a file states takes no memory.
func TestHugeChannelCount(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "pcm-channels.mkv"))
	require.NoError(t, err)
	channels := []byte("\x9F\x81\x02\xB5\x88\x40\xBF\x40\x00\x00\x00\x00\x00") // and a sample rate of 8000
	require.Equal(t, 1, bytes.Count(data, channels))
	huge := []byte("\x9F\x84\x7F\xFF\xFF\xFF\xB5\x40\x04\x45\xFA\x00\x00")
	v, open := memoryVideo("huge", bytes.Replace(data, channels, huge, 1))
	engine := newEngine(t, av.NewDefaultConfig())
	allocated := allocatedBy(func() {
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		assert.Equal(t, "mp4 cannot hold audio with 2147483647 channels", ix.AudioUnsupported())
		_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
		require.NoError(t, err)
	})
	assert.Less(t, allocated, uint64(64<<20))
}

// cancelingFile cancels a context at its n-th read.
type cancelingFile struct {
	inMemory
	n      int
	cancel context.CancelFunc
}

func (f *cancelingFile) ReadAt(b []byte, at int64) (int, error) {
	if f.n--; f.n == 0 {
		f.cancel()
	}
	return f.inMemory.ReadAt(b, at)
}

// The end of the context interrupts the search for movie fragments in a file of many small boxes.
func TestSearchForFragmentsEndsWithItsContext(t *testing.T) {
	box := append(binary.BigEndian.AppendUint32(nil, 8), "free"...)
	data := bytes.Repeat(box, 10_000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	file := &cancelingFile{inMemory{bytes.NewReader(data)}, 100, cancel}
	open := func(context.Context) (video.File, error) { return file, nil }
	_, err := newEngine(t, av.NewDefaultConfig()).Index(ctx, video.Video{Size: int64(len(data))}, 1, open)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, file.n, "reads after the end of the context")
}
