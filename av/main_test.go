package av_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// LeakSanitizer takes what Go's garbage refers to for reachable, until it is collected.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		runtime.GC()
		for _, c := range cutVideos {
			_ = os.RemoveAll(c.dir)
		}
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
	probed, err := runFFprobe(t.Context(), path, "-select_streams", streams)
	require.NoError(t, err)
	return probed.Packets
}

// probedFile is what ffprobe says of a file.
type probedFile struct {
	Streams []probedStream
	Packets []probedPacket
}

func runFFprobe(ctx context.Context, path string, options ...string) (probed probedFile, err error) {
	args := append([]string{"-v", "error", "-show_streams", "-show_packets", "-show_data_hash", "md5", "-of", "json"}, options...)
	output, err := exec.CommandContext(ctx, "ffprobe", append(args, path)...).Output()
	if err != nil {
		return probed, fmt.Errorf("ffprobe %s: %w", path, err)
	}
	return probed, json.Unmarshal(output, &probed)
}

// stream is a stream, and its packets.
func (f probedFile) stream(index int) (of probedStream, packets []probedPacket) {
	return f.Streams[index], slices.DeleteFunc(slices.Clone(f.Packets), func(p probedPacket) bool { return p.Stream != index })
}

// first is the first stream of a kind, and its packets; ok is false where there is none.
func (f probedFile) first(kind string) (of probedStream, packets []probedPacket, ok bool) {
	index := slices.IndexFunc(f.Streams, func(s probedStream) bool { return s.Kind == kind })
	if index < 0 {
		return of, nil, false
	}
	of, packets = f.stream(index)
	return of, packets, true
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

// cutVideo is a test video with every GOP of it in a file of its own, and what ffprobe says of them.
type cutVideo struct {
	ix     *video.Index
	source probedFile
	dir    string
	files  []string
	cuts   []probedFile
}

// cutVideos is those that were cut, by path: several tests look at the same.
var cutVideos = map[string]*cutVideo{}

// cutAll cuts a video, by the default configuration, unless that was done.
func cutAll(t *testing.T, path string) *cutVideo {
	t.Helper()
	if cutVideos[path] == nil {
		cutVideos[path] = newCutVideo(t, path)
	}
	return cutVideos[path]
}

func newCutVideo(t *testing.T, path string) *cutVideo {
	t.Helper()
	engine := av.New(av.NewDefaultConfig(), quiet)
	defer engine.Close()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "gop-cuts-")
	require.NoError(t, err)
	c := &cutVideo{ix: ix, dir: dir, files: make([]string, len(ix.GOPs)), cuts: make([]probedFile, len(ix.GOPs))}
	var probing errgroup.Group
	probing.SetLimit(runtime.NumCPU())
	probing.Go(func() (err error) {
		c.source, err = runFFprobe(t.Context(), path)
		return err
	})
	for i := range ix.GOPs {
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
		require.NoError(t, err, "GOP %d", i)
		c.files[i] = filepath.Join(dir, strconv.Itoa(i)+".mp4")
		require.NoError(t, os.WriteFile(c.files[i], bytesOf(t, segment), 0o600))
		probing.Go(func() (err error) {
			c.cuts[i], err = runFFprobe(t.Context(), c.files[i])
			return err
		})
	}
	require.NoError(t, probing.Wait())
	return c
}

func bytesOf(t *testing.T, s *video.Segment) []byte {
	t.Helper()
	data, err := s.Bytes()
	require.NoError(t, err)
	require.Len(t, data, int(s.Size))
	return data
}
