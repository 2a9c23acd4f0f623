package av_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// segmentsOf returns the GOPs of a video in memory and the packets of their segments.
func segmentsOf(t *testing.T, data []byte) (gops []video.GOP, segments [][]av.Packet) {
	t.Helper()
	open := func(context.Context) (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	engine := newEngine(t, av.NewDefaultConfig())
	ix, err := engine.Index(t.Context(), video.Video{Version: "1", Size: int64(len(data))}, 1, open)
	require.NoError(t, err)
	for i := range ix.GOPs.Len() {
		segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: i}, open)
		require.NoError(t, err, "GOP %d", i)
		segments = append(segments, packetsOf(t, engine, bytesOf(t, segment)))
	}
	return ix.GOPs.Unpack(), segments
}

// packetsOf returns the packets of a video in memory, without their byte offsets.
func packetsOf(t *testing.T, engine *av.Engine, data []byte) (packets []av.Packet) {
	t.Helper()
	open := func(context.Context) (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	v := video.Video{Version: "1", Size: int64(len(data))}
	_, err := engine.Packets(t.Context(), v, -1, open, func(p av.Packet) error {
		p.Pos = 0
		packets = append(packets, p)
		return nil
	})
	require.NoError(t, err)
	return packets
}

// readTestdata returns the bytes of a test video.
func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, name))
	require.NoError(t, err)
	return data
}

// Recordings one after the other have the same segments as each recording by itself, although their clocks
// overlap.
func TestClockRestarts(t *testing.T) {
	joined := readTestdata(t, "clock-restart-aac.ts")
	gops, _ := segmentsOf(t, joined)
	isRestart := func(g video.GOP) bool { return g.Number > 0 && g.Start <= gops[0].Start }
	restart := slices.IndexFunc(gops, isRestart)
	require.Positive(t, restart)
	const tables = 3 * 188 // before the first PES packet
	second := int(gops[restart].KeyPos) - tables
	one, early, split := readTestdata(t, "h264-bframes-aac.ts"), readTestdata(t, "early-audio.ts"),
		readTestdata(t, "early-split-audio.ts")
	m2ts := readTestdata(t, "blu-ray.m2ts")
	for name, parts := range map[string][][]byte{
		"AAC":           {joined[:second], joined[second:]},
		"the same file": {one, one},
		"early audio":   {early, early, early},
		"split frames":  {split, split},
		"M2TS":          {m2ts, m2ts},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := segmentsOf(t, slices.Concat(parts...))
			var want [][]av.Packet
			for _, part := range parts {
				_, segments := segmentsOf(t, part)
				want = append(want, segments...)
			}
			require.Len(t, got, len(want))
			for i := range want {
				assert.Equal(t, want[i], got[i], "GOP %d", i)
			}
		})
	}
}

// Bytes before the first packet change no segment.
func TestBytesBeforeTransportPackets(t *testing.T) {
	for _, name := range []string{"h264-bframes-aac.ts", "blu-ray.m2ts"} {
		data := readTestdata(t, name)
		_, want := segmentsOf(t, data)
		for _, n := range []int{1, 150, 5000, 60000} {
			for _, filler := range []byte{0, 0x47} {
				t.Run(name+"/"+strconv.Itoa(n)+"/"+strconv.Itoa(int(filler)), func(t *testing.T) {
					_, got := segmentsOf(t, append(bytes.Repeat([]byte{filler}, n), data...))
					require.Len(t, got, len(want))
					for i := range want {
						assert.Equal(t, want[i], got[i], "GOP %d", i)
					}
				})
			}
		}
	}
}

// The second frame of a PES packet has no time of its own. It is presented after the first.
func TestFramesOfOnePESPacket(t *testing.T) {
	gops, segments := segmentsOf(t, readTestdata(t, "pair-frames.ts"))
	require.Len(t, gops, 2)
	for i, packets := range segments {
		require.Len(t, packets, 25)
		for n, p := range packets {
			const ticks = 90000 / 25
			at := video.Ticks(n*ticks).Rescale(video.Rational{Num: 1, Den: 90000}, p.TimeBase)
			assert.Equal(t, at, p.PTS, "PTS of frame %d of GOP %d", n, i)
			assert.Equal(t, at, p.DTS, "DTS of frame %d of GOP %d", n, i)
		}
		assert.EqualValues(t, 90000, gops[i].Duration(), "duration of GOP %d", i)
	}
}

// Packets whose times are missing or far ahead are presented at the times of the undamaged file.
func TestStrayTimes(t *testing.T) {
	want, wantPackets := segmentsOf(t, readTestdata(t, "h264-bframes-aac.ts"))
	got, gotPackets := segmentsOf(t, readTestdata(t, filepath.Join("damaged", "stray-times.ts")))
	require.Len(t, got, len(want))
	for i := range want {
		assert.Equal(t, want[i].Start, got[i].Start, "start of GOP %d", i)
		assert.Equal(t, want[i].End, got[i].End, "end of GOP %d", i)
		assert.Equal(t, want[i].Leading, got[i].Leading, "leading frames of GOP %d", i)
		assert.Equal(t, presented(wantPackets[i]), presented(gotPackets[i]), "packets of GOP %d", i)
	}
}

// presented returns packets without their decode times, which depend on how many are missing.
func presented(packets []av.Packet) []av.Packet {
	for i := range packets {
		packets[i].DTS, packets[i].Duration = 0, 0
	}
	return packets
}
