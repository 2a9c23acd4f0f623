package av_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// countedFile counts the bytes that are read of it.
type countedFile struct {
	inMemory
	count *int
}

func (f countedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.inMemory.ReadAt(p, off)
	*f.count += n
	return n, err
}

// A GOP after the end of the audio is read to its own end, not to that of the file.
func TestReadAfterEndOfAudio(t *testing.T) {
	for _, name := range []string{"end.ts", "end.flv", "end.avi"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			long := filepath.Join(testdata, "h264-bframes.mp4")
			short := filepath.Join(testdata, "h264-aac.mp4")
			ffmpeg(t, "-stream_loop", "30", "-i", long, "-i", short, "-map", "0:v", "-map", "1:a",
				"-c", "copy", path)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			engine, count := newEngine(t, av.NewDefaultConfig()), 0
			open := func(context.Context) (video.File, error) {
				return countedFile{inMemory{bytes.NewReader(data)}, &count}, nil
			}
			ix, err := engine.Index(t.Context(), video.Video{Version: name, Size: int64(len(data))}, 1, open)
			require.NoError(t, err)
			require.Greater(t, ix.GOPs.Len(), 90)
			count = 0
			const n = 10
			for i := range n {
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 5 + i}, open)
				require.NoError(t, err)
				assert.Len(t, packetsOf(t, engine, bytesOf(t, segment)), ix.GOPs.At(5+i).Frames)
			}
			assert.Less(t, count, n*len(data)/2)
		})
	}
}
