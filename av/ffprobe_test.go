package av_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// probedFile is ffprobe's description of a file.
type probedFile struct {
	Streams []probedStream
	Packets []probedPacket
}

// probedPacket is ffprobe's description of a packet.
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

func (p probedPacket) isKey() bool { return p.Flags[0] == 'K' }

// isDiscarded reports whether the edit list trims the packet.
func (p probedPacket) isDiscarded() bool { return p.Flags[1] == 'D' }

func (p probedPacket) size(t *testing.T) int {
	t.Helper()
	size, err := strconv.Atoi(p.Size)
	require.NoError(t, err)
	return size
}

// probe runs ffprobe on a file.
func probe(t *testing.T, path string, options ...string) (f probedFile) {
	t.Helper()
	args := []string{"-v", "error", "-show_streams", "-show_packets", "-show_data_hash", "md5", "-of", "json"}
	if filepath.Ext(path) == ".asf" {
		options = append(options, "-fflags", "+noparse") // libav's parser splits frames of H.264
	}
	args = append(append(args, options...), path)
	output, err := exec.CommandContext(t.Context(), "ffprobe", args...).Output()
	require.NoError(t, err, "ffprobe %s", path)
	require.NoError(t, json.Unmarshal(output, &f))
	return f
}

// probePackets returns the packets of the streams that ffprobe's -select_streams selects.
func probePackets(t *testing.T, path, streams string) []probedPacket {
	t.Helper()
	return probe(t, path, "-select_streams", streams).Packets
}

// probeAll runs ffprobe once on several mp4 files with the same streams, which ffmpeg's concat demuxer puts
// one after the other. The streams are those of the first file.
//
// https://ffmpeg.org/ffmpeg-formats.html#concat-1
func probeAll(t *testing.T, paths []string) []probedFile {
	t.Helper()
	const seconds = 1000 // from the start of one file to the next
	list := strings.Builder{}
	for _, path := range paths {
		fmt.Fprintf(&list, "file '%s'\nduration %d\n", path, seconds)
	}
	file := filepath.Join(t.TempDir(), "list.txt")
	require.NoError(t, os.WriteFile(file, []byte(list.String()), 0o600))
	// auto_convert would give H.264 start codes.
	all := probe(t, file, "-f", "concat", "-safe", "0", "-auto_convert", "0")
	files := make([]probedFile, len(paths))
	for _, p := range all.Packets {
		i := int(math.Round(secondsOf(t, p.PTS) / seconds))
		require.Less(t, i, len(files))
		for _, time := range []*string{&p.PTS, &p.DTS} {
			*time = strconv.FormatFloat(secondsOf(t, *time)-float64(seconds*i), 'f', 6, 64)
		}
		files[i].Packets = append(files[i].Packets, p)
	}
	for i := range files {
		files[i].Streams = all.Streams
	}
	return files
}

// stream returns a stream and its packets.
func (f probedFile) stream(index int) (s probedStream, packets []probedPacket) {
	for _, p := range f.Packets {
		if p.Stream == index {
			packets = append(packets, p)
		}
	}
	return f.Streams[index], packets
}

// packets returns the packets of a kind of streams.
func (f probedFile) packets(kind string) (packets []probedPacket) {
	for _, p := range f.Packets {
		if p.Kind == kind {
			packets = append(packets, p)
		}
	}
	return packets
}

// fromFirstKey returns the packets from the first keyframe on.
func fromFirstKey(packets []probedPacket) []probedPacket {
	return packets[max(slices.IndexFunc(packets, probedPacket.isKey), 0):]
}

// presentedStart returns the time of the first packet of a GOP that no edit list trims, from the keyframe on,
// or that of the keyframe if all are trimmed.
func presentedStart(t *testing.T, packets []probedPacket) float64 {
	t.Helper()
	key, start := secondsOf(t, packets[0].PTS), math.Inf(1)
	for _, p := range packets {
		if p.PTS != "" && !p.isDiscarded() && secondsOf(t, p.PTS) >= key {
			start = min(start, secondsOf(t, p.PTS))
		}
	}
	if math.IsInf(start, 1) {
		return key
	}
	return start
}

func hashes(packets []probedPacket) []string {
	all := make([]string, len(packets))
	for i, p := range packets {
		all[i] = p.Hash
	}
	return all
}

// secondsOf parses a time that ffprobe printed.
func secondsOf(t *testing.T, text string) float64 {
	t.Helper()
	return floatOf(t, text)
}

func floatOf(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return value
}

// testCut is a test video, the mp4 files of its GOPs, and ffprobe's description of each.
type testCut struct {
	ix     *video.Index
	source probedFile
	dir    string
	files  []string
	cuts   []probedFile
}

// testCuts holds the result of cutAll by path, since several tests use it.
var testCuts = map[string]*testCut{}

// cutAll cuts all GOPs of a video with the default configuration, once for all tests.
func cutAll(t *testing.T, path string) *testCut {
	t.Helper()
	if testCuts[path] == nil {
		testCuts[path] = newTestCut(t, path)
	}
	return testCuts[path]
}

func newTestCut(t *testing.T, path string) *testCut {
	t.Helper()
	engine := av.New(av.NewDefaultConfig(), discard)
	defer engine.Close()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "gop-cuts-")
	require.NoError(t, err)
	c := &testCut{ix: ix, source: probe(t, path), dir: dir}
	if filepath.Base(path) == "clock-restart.mp4" { // ffprobe marks packets whose clock goes back
		for i, p := range c.source.Packets {
			c.source.Packets[i].Flags = p.Flags[:1] + "_" + p.Flags[2:]
		}
	}
	for i := range ix.GOPs.Len() {
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
		require.NoError(t, err, "GOP %d", i)
		file := filepath.Join(dir, strconv.Itoa(i)+".mp4")
		require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
		c.files = append(c.files, file)
	}
	c.cuts = probeAll(t, c.files)
	return c
}
