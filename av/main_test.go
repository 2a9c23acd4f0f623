package av_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/av"
	"gop/video"
)

// TestMain collects garbage at the end, since LeakSanitizer takes C memory that Go's garbage refers to for
// reachable.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		runtime.GC()
		for _, v := range testCuts {
			_ = os.RemoveAll(v.dir)
		}
		os.Exit(code)
	}))
}

// testdata is the folder of test videos.
var testdata = filepath.Join("..", "testdata")

// discard is a log without output.
var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

func newEngine(t testing.TB, config av.Config) *av.Engine {
	t.Helper()
	require.NoError(t, config.Validate())
	engine := av.New(config, discard)
	t.Cleanup(engine.Close)
	return engine
}

// fileAt returns the video of a file, and a function that opens it.
func fileAt(t testing.TB, path string) (video.Video, func(context.Context) (video.File, error)) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	v := video.Video{Name: filepath.Base(path), Size: info.Size(), ModTime: info.ModTime(), Version: path}
	return v, func(context.Context) (video.File, error) { return os.Open(path) }
}

// testVideos returns the paths of all valid videos of testdata.
func testVideos(t testing.TB) []string {
	t.Helper()
	var found []string
	paths, err := filepath.Glob(filepath.Join(testdata, "*.*"))
	require.NoError(t, err)
	for _, path := range paths {
		if filepath.Ext(path) != ".md" {
			found = append(found, path)
		}
	}
	require.NotEmpty(t, found, "no videos: scripts/testdata makes them")
	return found
}

// transcodedVideos returns the paths of the videos of testdata that only a transcode can serve.
func transcodedVideos(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testdata, "transcoded", "*.*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths, "no videos: scripts/testdata makes them")
	return paths
}

// timedVideos returns the paths of the videos of testdata whose times ffprobe tells. TestBlocksBeforeZero
// covers the others.
func timedVideos(t testing.TB) []string {
	t.Helper()
	return slices.DeleteFunc(testVideos(t), func(path string) bool {
		return strings.HasSuffix(path, "negative-times.mkv")
	})
}

// ffmpeg runs the ffmpeg program and returns its output.
func ffmpeg(t *testing.T, args ...string) []byte {
	t.Helper()
	args = append([]string{"-v", "error", "-nostdin", "-y"}, args...)
	output, err := exec.CommandContext(t.Context(), "ffmpeg", args...).Output()
	require.NoError(t, err, "ffmpeg %v", args)
	return output
}

// writeSegment writes a segment into a temporary file and returns its path.
func writeSegment(t *testing.T, s *video.Segment) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "segment.mp4")
	require.NoError(t, os.WriteFile(path, bytesOf(t, s), 0o600))
	return path
}

// bytesOf returns the bytes of a segment.
func bytesOf(t *testing.T, s *video.Segment) []byte {
	t.Helper()
	data, err := s.Bytes()
	require.NoError(t, err)
	require.Len(t, data, int(s.Size))
	return data
}

// readFile returns the bytes of a test video.
func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, name))
	require.NoError(t, err)
	return data
}
