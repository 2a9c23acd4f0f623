package av_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// All GOPs of a video together hold every packet from the first key on, exactly once and in order,
// with the same payloads, and each keeps its distance from its key.
func TestGOPsHoldEveryPacketOnce(t *testing.T) {
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			_, packets := c.source.stream(c.ix.Track().StreamIndex)
			source := fromFirstKey(packets)
			payloads := source
			whole := filepath.Join(t.TempDir(), "whole.mp4")
			if isTransportStream(path) {
				// Start codes become lengths: compare with what ffmpeg makes of the whole file.
				ffmpeg(t, "-i", path, "-map", "0:"+strconv.Itoa(c.ix.Track().StreamIndex), "-c", "copy", "-copyinkf", whole)
				payloads = probe(t, whole, "v:0")
			}
			require.Len(t, payloads, len(source))
			next := 0
			for i, g := range c.ix.GOPs {
				_, packets, _ := c.cuts[i].first("video")
				require.Len(t, packets, g.Frames, "GOP %d", i)
				require.LessOrEqual(t, next+len(packets), len(source))
				from := source[next : next+len(packets)]
				if isTransportStream(path) {
					require.Equal(t, units(t, whole, payloads[next:next+len(packets)]), units(t, c.files[i], packets), "payloads of GOP %d", i)
				} else {
					require.Equal(t, hashes(from), hashes(packets), "payloads of GOP %d", i)
				}
				assertTiming(t, from, packets)
				next += len(packets)
			}
			assert.Equal(t, len(source), next, "packets of all GOPs")
		})
	}
}

// units is the bytes of an mp4's packets, without zeros at the ends of NAL units: they belong to the
// start code that follows in a transport stream, and FFmpeg's versions differ on where to cut.
func units(t *testing.T, path string, packets []probedPacket) [][]byte {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	var found [][]byte
	for _, p := range packets {
		at, err := strconv.Atoi(p.Pos)
		require.NoError(t, err)
		data := file[at : at+p.size(t)]
		for len(data) > 4 {
			length := min(int(binary.BigEndian.Uint32(data)), len(data)-4)
			found = append(found, bytes.TrimRight(data[4:4+length], "\x00"))
			data = data[4+length:]
		}
	}
	return found
}

// fromFirstKey leaves out what is before the first key.
func fromFirstKey(packets []probedPacket) []probedPacket {
	return packets[max(slices.IndexFunc(packets, probedPacket.isKey), 0):]
}

func hashes(packets []probedPacket) []string {
	all := make([]string, len(packets))
	for i, p := range packets {
		all[i] = p.Hash
	}
	return all
}

// assertTiming holds the packets of a cut against those of the source.
func assertTiming(t *testing.T, source, cutFile []probedPacket) {
	t.Helper()
	const tick = 0.0011 // Matroska counts milliseconds
	zero := seconds(t, source[0].PTS)
	lastDTS := -1e9
	for i, p := range cutFile {
		assert.Equal(t, i == 0, p.isKey(), "packet %d", i)
		assert.InDelta(t, seconds(t, source[i].PTS)-zero, seconds(t, p.PTS), tick, "pts of packet %d", i)
		assert.Greater(t, seconds(t, p.DTS), lastDTS, "dts of packet %d", i)
		lastDTS = seconds(t, p.DTS)
		assert.Equal(t, seconds(t, source[i].PTS) < zero, p.isHidden(), "packet %d is hidden if it comes before the key", i)
	}
}

// Decoded alone, a GOP gives the very pictures that it gives in the whole, in their order, and the
// decoder complains of nothing.
func TestGOPDecodesToTheSamePictures(t *testing.T) {
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			var source []string
			if ext := filepath.Ext(path); ext == ".mp4" || ext == ".mov" {
				source = []string{"-ignore_editlist", "1"} // a GOP shows what the source's edit list hides
			}
			gops := c.ix.GOPs
			if strings.HasPrefix(filepath.Base(path), "cut-") {
				gops = gops[:len(gops)-1] // what the file's end has cut decodes to something else, or to nothing
			}
			whole, _ := decodedFrames(t, []string{path}, source...)
			var closed, open []string // of an open one the decoder may miss the GOP before
			for i, g := range gops {
				if g.Leading == 0 {
					closed = append(closed, c.files[i])
				} else {
					open = append(open, c.files[i])
				}
			}
			shownOfClosed, complaints := decodedFrames(t, closed)
			assert.Empty(t, complaints)
			shownOfOpen, _ := decodedFrames(t, open)
			next := 0
			for i, g := range gops {
				require.LessOrEqual(t, next+g.Frames, len(whole[0]), "pictures of the whole video")
				of := &shownOfClosed
				if g.Leading > 0 {
					of = &shownOfOpen
				}
				assert.Equal(t, whole[0][next+g.Leading:next+g.Frames], (*of)[0], "pictures of GOP %d", i)
				*of, next = (*of)[1:], next+g.Frames
			}
		})
	}
}

// pictures is a checksum of each picture that decoding gives, of each file, and what the decoder complains of.
func decodedFrames(t *testing.T, paths []string, options ...string) (sums [][]string, complaints string) {
	t.Helper()
	if len(paths) == 0 {
		return nil, ""
	}
	dir := t.TempDir()
	args := []string{"-v", "error", "-nostdin"}
	for _, path := range paths {
		args = append(append(args, "-noautorotate"), append(options, "-i", path)...)
	}
	for i := range paths {
		args = append(args, "-map", fmt.Sprintf("%d:V:0", i), "-fps_mode", "passthrough", "-autoscale", "0",
			"-f", "framemd5", filepath.Join(dir, strconv.Itoa(i)))
	}
	command := exec.CommandContext(t.Context(), "ffmpeg", args...)
	var stderr strings.Builder
	command.Stderr = &stderr
	require.NoError(t, command.Run(), "ffmpeg decodes %v: %s", paths, &stderr)
	for i := range paths {
		text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i)))
		require.NoError(t, err)
		var of []string
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				fields := strings.Split(line, ",")
				of = append(of, strings.TrimSpace(fields[len(fields)-1]))
			}
		}
		sums = append(sums, of)
	}
	return sums, stderr.String()
}

// Without its leading pictures, a GOP is the pictures that are shown, and nothing that is hidden.
func TestGOPWithoutLeadingPictures(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"h264-open-gop.mp4", "hevc-open-gop.mov"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			v, open := fileAt(t, path)
			c := cutAll(t, path)
			ix := c.ix
			for i, g := range ix.GOPs {
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i, NoLeading: true}, open)
				require.NoError(t, err)
				assert.Equal(t, g.Leading > 0, segment.Key.NoLeading)
				file := filepath.Join(t.TempDir(), "shown.mp4")
				require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
				packets := probe(t, file, "v:0")
				assert.Len(t, packets, g.Frames-g.Leading, "GOP %d of %s", i, v.Name)
				assert.False(t, slices.ContainsFunc(packets, probedPacket.isHidden))
				with, _ := decodedFrames(t, []string{c.files[i]})
				without, complaints := decodedFrames(t, []string{file})
				assert.Equal(t, with, without, "what is shown of GOP %d", i)
				assert.Empty(t, complaints, "GOP %d", i)
			}
			assert.Positive(t, ix.GOPs[1].Leading)
		})
	}
}

// A damaged file may have a key that calls itself a leading picture: it stays.
func TestKeyThatCallsItselfLeading(t *testing.T) {
	path := filepath.Join("..", "testdata", "hevc-open-gop.mov")
	ix, err := indexOf(t, av.NewDefaultConfig(), path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	key := data[ix.GOPs[1].KeyPos:][:ix.GOPs[1].KeySize]
	for at := 0; at < len(key); {
		length := int(binary.BigEndian.Uint32(key[at:]))
		if key[at+4]>>1 == 21 { // CRA becomes RASL: ITU-T H.265, table 7-1
			key[at+4] = 8 << 1
		}
		at += 4 + length
	}
	open := func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	engine := newEngine(t, av.NewDefaultConfig())
	ix, err = engine.Index(t.Context(), video.Video{Version: "damaged", Size: int64(len(data))}, 1, open)
	require.NoError(t, err)
	require.Positive(t, ix.GOPs[1].Leading)
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1, NoLeading: true}, open)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "cut.mp4")
	require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
	cutFile, err := indexOf(t, av.NewDefaultConfig(), file)
	require.NoError(t, err)
	assert.Equal(t, ix.GOPs[1].Frames-ix.GOPs[1].Leading, cutFile.Frames())
}
