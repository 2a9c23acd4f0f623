package av_test

import (
	"bytes"
	"context"
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

// The GOPs of a video together have each of its packets from the first keyframe on, once and in order, with
// the same payload and the same distance from its keyframe.
func TestGOPsHaveAllPackets(t *testing.T) {
	for _, path := range timedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			stream := c.ix.Track().StreamIndex
			_, packets := c.source.stream(stream)
			source := fromFirstKey(packets)
			payloads, whole := source, ""
			if hasStartCodes(path) { // an mp4 has lengths instead of start codes
				whole = filepath.Join(t.TempDir(), "whole.mp4")
				ffmpeg(t, "-i", path, "-map", fmt.Sprint("0:", stream), "-c", "copy", "-copyinkf", whole)
				payloads = probePackets(t, whole, "v:0")
			}
			require.Len(t, payloads, len(source))
			next := 0
			for i, g := range c.ix.GOPs.All() {
				packets, end := c.cuts[i].packets("video"), next+g.Frames
				require.Len(t, packets, g.Frames, "GOP %d", i)
				require.LessOrEqual(t, end, len(source))
				if whole != "" {
					want, got := units(t, whole, payloads[next:end]), units(t, c.files[i], packets)
					require.Equal(t, want, got, "payloads of GOP %d", i)
				} else {
					require.Equal(t, hashes(source[next:end]), hashes(packets), "payloads of GOP %d", i)
				}
				assertTiming(t, source[next:end], packets)
				next = end
			}
			assert.Equal(t, len(source), next, "packets of all GOPs")
		})
	}
}

// units returns the NAL units of an mp4's packets without zeros at their ends. In a transport stream, these
// belong to the next start code, and versions of FFmpeg disagree on where to split.
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

// assertTiming compares the times of a GOP's packets with those of the source. Packets without PTS are not
// compared.
func assertTiming(t *testing.T, source, segment []probedPacket) {
	t.Helper()
	const tick = 0.0011 // Matroska has milliseconds
	key, zero, isTimed := 0.0, 0.0, source[0].PTS != ""
	isTrimmed := !slices.ContainsFunc(source, func(p probedPacket) bool { return !p.isDiscarded() })
	if isTimed {
		key, zero = secondsOf(t, source[0].PTS), presentedStart(t, source)
	}
	lastDTS := -1e9
	for i, p := range segment {
		assert.Equal(t, i == 0, p.isKey(), "packet %d", i)
		assert.Greater(t, secondsOf(t, p.DTS), lastDTS, "dts of packet %d", i)
		lastDTS = secondsOf(t, p.DTS)
		if !isTimed || source[i].PTS == "" {
			continue
		}
		assert.InDelta(t, secondsOf(t, source[i].PTS)-zero, secondsOf(t, p.PTS), tick, "pts of packet %d", i)
		isLeading := secondsOf(t, source[i].PTS) < key
		assert.Equal(t, isLeading || source[i].isDiscarded() && !isTrimmed, p.isDiscarded(),
			"packet %d is discarded if it is leading, or if the file's edit list trims it but not the GOP", i)
	}
}

// Decoded on its own, a GOP gives the same frames as in the whole video, without errors.
func TestGOPsDecodeToTheSameFrames(t *testing.T) {
	for _, path := range testVideos(t) {
		if filepath.Base(path) == "clock-restart.mp4" {
			continue // ffmpeg drops the frames after the restart
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			gops := c.ix.GOPs.Unpack()
			if strings.HasPrefix(filepath.Base(path), "cut-") {
				gops = gops[:len(gops)-1] // the last one is damaged
			}
			var closed, open []string // an open GOP may need the frames of the one before
			for i, g := range gops {
				if g.Leading == 0 {
					closed = append(closed, c.files[i])
				} else {
					open = append(open, c.files[i])
				}
			}
			closedFrames, messages := decodedFrames(t, closed)
			assert.Empty(t, messages)
			openFrames, _ := decodedFrames(t, append(open, path))
			openFrames, whole := openFrames[:len(open)], openFrames[len(open)]
			_, packets := c.source.stream(c.ix.Track().StreamIndex)
			packets, next := fromFirstKey(packets), 0
			for i, g := range gops {
				presented := 0
				for _, p := range packets[:g.Frames] {
					if !p.isDiscarded() || !isEdited(path) {
						presented++
					}
				}
				packets = packets[g.Frames:]
				require.LessOrEqual(t, next+presented, len(whole), "frames of the video")
				frames := &closedFrames
				if g.Leading > 0 {
					frames = &openFrames
				}
				if g.Trimmed { // whole has none of its frames
					assert.Len(t, (*frames)[0], g.Frames-g.Leading, "frames of GOP %d", i)
				} else {
					want := whole[next+g.Leading : next+presented]
					assert.Equal(t, want, (*frames)[0], "frames of GOP %d", i)
				}
				*frames, next = (*frames)[1:], next+presented
			}
		})
	}
}

// isEdited reports whether an edit list of a test video presents a part of it.
func isEdited(path string) bool { return strings.HasPrefix(filepath.Base(path), "edit-list-") }

// decodedFrames decodes files with ffmpeg. It returns a checksum of each frame by file, and ffmpeg's
// messages. The edit lists of test videos that present all frames are ignored.
func decodedFrames(t *testing.T, paths []string) (sums [][]string, messages string) {
	t.Helper()
	if len(paths) == 0 {
		return nil, ""
	}
	dir := t.TempDir()
	args := []string{"-v", "error", "-nostdin"}
	for _, path := range paths {
		ext := filepath.Ext(path)
		if filepath.Dir(path) == testdata && (ext == ".mp4" || ext == ".mov") && !isEdited(path) {
			args = append(args, "-ignore_editlist", "1")
		}
		args = append(args, "-noautorotate", "-i", path)
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

// Without its leading frames, a GOP has the frames that are presented, and no packet that is discarded.
func TestGOPsWithoutLeadingFrames(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"h264-open-gop.mp4", "hevc-open-gop.mov"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			v, open := fileAt(t, path)
			c := cutAll(t, path)
			var files []string
			for i, g := range c.ix.GOPs.All() {
				segment, err := engine.CutSegment(t.Context(), c.ix, cut.Cut{GOP: i, NoLeading: true}, open)
				require.NoError(t, err)
				assert.Equal(t, g.Leading > 0, segment.Key.NoLeading)
				files = append(files, writeSegment(t, segment))
			}
			for i, f := range probeAll(t, files) {
				g, packets := c.ix.GOPs.At(i), f.packets("video")
				assert.Len(t, packets, g.Frames-g.Leading, "GOP %d of %s", i, v.Name)
				assert.False(t, slices.ContainsFunc(packets, probedPacket.isDiscarded))
			}
			with, _ := decodedFrames(t, c.files)
			without, messages := decodedFrames(t, files)
			assert.Equal(t, with, without, "frames")
			assert.Empty(t, messages)
			assert.Positive(t, c.ix.GOPs.At(1).Leading)
		})
	}
}

// The keyframe of a damaged file may have the NAL unit type of a leading frame. It is kept.
func TestKeyframeWithLeadingType(t *testing.T) {
	path := filepath.Join("..", "testdata", "hevc-open-gop.mov")
	ix, err := indexOf(t, av.NewDefaultConfig(), path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	key := data[ix.GOPs.At(1).KeyPos:][:ix.GOPs.At(1).KeySize]
	for at := 0; at < len(key); {
		length := int(binary.BigEndian.Uint32(key[at:]))
		if key[at+4]>>1 == 21 { // CRA becomes RASL: ITU-T H.265, table 7-1
			key[at+4] = 8 << 1
		}
		at += 4 + length
	}
	open := func(context.Context) (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	engine := newEngine(t, av.NewDefaultConfig())
	ix, err = engine.Index(t.Context(), video.Video{Version: "damaged", Size: int64(len(data))}, 1, open)
	require.NoError(t, err)
	require.Positive(t, ix.GOPs.At(1).Leading)
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1, NoLeading: true}, open)
	require.NoError(t, err)
	made, err := indexOf(t, av.NewDefaultConfig(), writeSegment(t, segment))
	require.NoError(t, err)
	assert.Equal(t, ix.GOPs.At(1).Frames-ix.GOPs.At(1).Leading, made.Frames())
}
