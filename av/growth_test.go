package av_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// recordingLengths returns the byte offsets of the boundaries and of the middles of the top-level boxes.
func recordingLengths(data []byte) (lengths []int) {
	for at := 0; at < len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		lengths = append(lengths, at+size/2, at+size)
		at += size
	}
	return lengths
}

// served is what an engine makes of a video.
type served struct {
	ix       *video.Index
	err      string
	segments [][]byte // of the first GOP and of the last ones
}

func serve(t *testing.T, engine *av.Engine, version string, data []byte) (s served) {
	t.Helper()
	v, open := memoryVideo(version, data)
	ix, err := engine.Index(t.Context(), v, 1, open)
	if err == nil {
		s.ix, err = engine.ReadKeys(t.Context(), ix, open)
	}
	if err != nil {
		return served{err: err.Error()}
	}
	for gop := range ix.GOPs.Len() {
		if gop > 0 && gop < ix.GOPs.Len()-2 {
			continue
		}
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: gop}, open)
		var data []byte
		if err == nil {
			data, err = segment.Bytes()
		}
		if err != nil {
			s.err += fmt.Sprintf("GOP %d: %v; ", gop, err)
		}
		s.segments = append(s.segments, data)
	}
	return s
}

// newRecorded returns an engine that describes short tracks of fragments without libav's packets.
func newRecorded(t *testing.T) *av.Engine {
	t.Helper()
	return av.Keep(newEngine(t, av.NewDefaultConfig()), keptInFragments)
}

// A recording that grows is served like a file that is read for the first time, wherever it ended before.
func TestGrowingRecordings(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"fragmented-small.mp4", "fragmented-sidx.mp4", "sidx-per-fragment.mp4"} {
		files[name] = filepath.Join(testdata, name)
	}
	for name, flags := range map[string]string{
		"base is moof":     "+frag_keyframe+empty_moov+default_base_moof",
		"edit lists":       "+frag_keyframe+delay_moov",
		"negative offsets": "+frag_keyframe+empty_moov+negative_cts_offsets",
	} {
		files[name] = fragmentedFile(t, "h264-bframes-aac.mp4", flags, "-c", "copy")
	}
	for name, path := range files {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			growing, whole := newRecorded(t), av.Keep(newEngine(t, av.NewDefaultConfig()), 0)
			for _, n := range recordingLengths(data) {
				version := strconv.Itoa(n)
				want := serve(t, whole, version, data[:n])
				require.Equal(t, want, serve(t, growing, version, data[:n]), "%d bytes", n)
			}
		})
	}
}

// recording returns a fragmented mp4 whose keyframes are longer than what an index reads.
func recording(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=40", "-vf", "noise=alls=20:allf=t", "-c:v",
		"libx264", "-preset", "ultrafast", "-g", "25", "-movflags", "+frag_keyframe+empty_moov", path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// The fragments of before are not read again while the demuxer of before is idle.
func TestGrowthReadsTheNewPart(t *testing.T) {
	data := recording(t)
	lengths := recordingLengths(data)
	earlier := data[:lengths[len(lengths)-8]] // ends within the mdat box of the last fragment but one
	index := func(engine *av.Engine, name, version string, data []byte) int64 {
		v, open := memoryVideo(version, data)
		v.Name = name
		before := engine.BytesRead()
		_, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		return engine.BytesRead() - before
	}
	fresh := newEngine(t, av.NewDefaultConfig())
	all := index(fresh, "a", "2", data)
	require.True(t, av.HasReduced(fresh))
	same := func(*av.Engine) {}
	for name, c := range map[string]struct {
		name        string
		between     func(*av.Engine)
		demuxers    int
		memory      int64
		isContinued bool
	}{
		"grown":        {"a", same, 2, 1 << 30, true},
		"another name": {"b", same, 2, 1 << 30, false},
		"shed":         {"a", (*av.Engine).Shed, 2, 1 << 30, false},
		"closed":       {"a", (*av.Engine).Close, 2, 1 << 30, false},
		"others since": {"a", func(e *av.Engine) { index(e, "b", "1", data) }, 1, 1 << 30, false},
		"no memory":    {"a", same, 2, 1 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			config := av.NewDefaultConfig()
			config.IdleDemuxers, config.IdleBytes = c.demuxers, c.memory
			engine := newEngine(t, config)
			index(engine, "a", "1", earlier)
			c.between(engine)
			read := index(engine, c.name, "2", data)
			if !c.isContinued {
				assert.Equal(t, all, read)
				return
			}
			// Each fragment takes a read of 4 KiB. Three are of the boxes that show that the file has grown.
			fragments := int64(bytes.Count(earlier, []byte("moof")))
			assert.Less(t, read, all-(fragments-4)*4096)
		})
	}
}

// Calls for versions of a recording may run at the same time.
func TestVersionsAtTheSameTime(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "fragmented-small.mp4"))
	require.NoError(t, err)
	lengths := recordingLengths(data)
	lengths = lengths[len(lengths)-6:]
	var want []served
	for _, n := range lengths {
		want = append(want, serve(t, newRecorded(t), strconv.Itoa(n), data[:n]))
	}
	engine := newRecorded(t)
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for i, n := range lengths {
				assert.Equal(t, want[i], serve(t, engine, strconv.Itoa(n), data[:n]))
			}
		})
	}
	calls.Wait()
}
