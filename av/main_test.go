package av_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/av"
	"gop/video"
)

// LeakSanitizer takes what Go's garbage refers to for reachable, until it is collected.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		runtime.GC()
		os.Exit(code)
	}))
}

// quiet is a log that nobody reads.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newEngine(t testing.TB, config av.Config) *av.Engine {
	t.Helper()
	require.NoError(t, config.Validate())
	engine := av.New(config, quiet)
	t.Cleanup(engine.Close)
	return engine
}

// fileAt is a file as a video, and how to open it.
func fileAt(t testing.TB, path string) (video.Video, func() (video.File, error)) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	v := video.Video{Name: filepath.Base(path), Size: info.Size(), ModTime: info.ModTime(), Version: path}
	return v, func() (video.File, error) { return os.Open(path) }
}

// testVideos is every good video of testdata.
func testVideos(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"*.mp4", "*.mov", "*.mkv", "*.webm", "*.ts", "*.m2ts"} {
		paths, err := filepath.Glob(filepath.Join("..", "testdata", pattern))
		require.NoError(t, err)
		found = append(found, paths...)
	}
	require.NotEmpty(t, found, "no videos: scripts/testdata makes them")
	return found
}

// probedPacket is a packet as the ffprobe program, an independent judge, sees it.
type probedPacket struct {
	Stream   int    `json:"stream_index"`
	Kind     string `json:"codec_type"`
	PTS      string `json:"pts_time"`
	DTS      string `json:"dts_time"`
	Duration string `json:"duration_time"`
	Pos      string `json:"pos"`
	Size     string `json:"size"`
	Flags    string `json:"flags"`
	Hash     string `json:"data_hash"`
}

func (p probedPacket) isKey() bool    { return p.Flags[0] == 'K' }
func (p probedPacket) isHidden() bool { return p.Flags[1] == 'D' }

func (p probedPacket) size(t *testing.T) int {
	t.Helper()
	size, err := strconv.Atoi(p.Size)
	require.NoError(t, err)
	return size
}

// probe reads the packets of the streams that select names, as ffprobe's -select_streams has it.
func probe(t *testing.T, path, streams string) []probedPacket {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-select_streams", streams,
		"-show_packets", "-show_data_hash", "md5", "-of", "json", path).Output()
	require.NoError(t, err, "ffprobe %s", path)
	var probed struct{ Packets []probedPacket }
	require.NoError(t, json.Unmarshal(output, &probed))
	return probed.Packets
}

// ffmpeg runs the ffmpeg program, which makes and judges what the tests need.
func ffmpeg(t *testing.T, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...)
	output, err := command.Output()
	require.NoError(t, err, "ffmpeg %v", args)
	return output
}

// seconds is a time as ffprobe prints it.
func seconds(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return value
}

// cutAll writes every GOP of a video to a folder, and returns the index and the files.
func cutAll(t *testing.T, engine *av.Engine, path string) (*video.Index, []string) {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := engine.Index(context.Background(), v, 1, open)
	require.NoError(t, err)
	dir := t.TempDir()
	files := make([]string, len(ix.GOPs))
	for i := range ix.GOPs {
		segment, err := engine.Segment(context.Background(), ix, video.Cut{GOP: i}, open)
		require.NoError(t, err, "GOP %d", i)
		files[i] = filepath.Join(dir, strconv.Itoa(i)+".mp4")
		require.NoError(t, os.WriteFile(files[i], bytesOf(t, segment), 0o600))
	}
	return ix, files
}

func bytesOf(t *testing.T, s *video.Segment) []byte {
	t.Helper()
	data, err := s.Bytes()
	require.NoError(t, err)
	require.Len(t, data, int(s.Size))
	return data
}
