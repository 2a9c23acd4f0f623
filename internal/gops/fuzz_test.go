package gops

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/internal/media"
	"gop/video"
)

// packetsOf makes packets of fuzzed data, of a video stream 0 and two audio streams.
func packetsOf(data []byte) (packets []media.Packet) {
	const bytes = 12
	times := [3]int64{}
	for ; len(data) >= bytes; data = data[bytes:] {
		p := media.Packet{
			Stream: int(data[0] & 3 % 3), Key: data[0]&4 != 0, Discard: data[0]&8 != 0,
			Pos: int64(len(packets)) * 188, ReadPos: int64(len(packets)) * 188,
			Duration: int64(int8(data[1])), Size: int(data[2]),
		}
		// Times step by the duration, or go anywhere.
		step := int64(int8(data[1]))
		if data[0]&16 != 0 {
			step = int64(binary.BigEndian.Uint64(data[4:])) >> (data[3] & 63)
		}
		times[p.Stream] += step
		p.PTS, p.DTS = times[p.Stream]+int64(int8(data[3])), times[p.Stream]
		if data[0]&32 != 0 {
			p.PTS = media.NoPTS
		}
		if data[0]&64 != 0 {
			p.DTS = media.NoPTS
		}
		if data[0]&128 != 0 {
			p.Pos = -1
		}
		packets = append(packets, p)
	}
	return packets
}

// FuzzPackets checks that packets of any times are repaired in order and each once, and that their GOPs have
// each frame once.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("\x04\x10\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x10\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x04\x10\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x14\x10\x10\x08\x7F\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x10\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x60\x10\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		packets := packetsOf(data)
		g := Grouper{MaxPackets: 1 << 20, MaxGOPs: 1 << 20, LongestAudio: 100, Second: 100}
		presentation := Presentation{}
		repaired, frames := 0, 0
		var failed error
		strays := &Strays[int]{Video: 0, Jump: func(int) int64 { return 1000 }}
		strays.Emit = func(p media.Packet, n int) error {
			require.Equal(t, repaired, n)
			repaired++
			if p.Stream > 0 {
				if p.PTS != media.NoPTS {
					start := video.Ticks(p.PTS)
					g.AddAudio(p, start, start+video.Ticks(max(p.Duration, 0)))
				}
				return nil
			}
			if failed == nil {
				if failed = g.Add(p); failed == nil {
					presentation.Add(p)
					frames++
				}
			}
			return nil
		}
		for i, p := range packets {
			require.NoError(t, strays.Add(p, i))
			require.LessOrEqual(t, len(strays.held), maxHeld)
		}
		require.NoError(t, strays.End())
		require.Equal(t, len(packets), repaired)
		require.LessOrEqual(t, len(g.extent.audio), maxRuns)
		if failed != nil {
			require.Equal(t, video.Unreadable, video.KindOf(failed))
			return
		}
		for i, one := range g.Done() {
			require.Equal(t, i, one.Number)
			frames -= one.Frames
		}
		require.Equal(t, g.BeforeFirstKey, frames)
		presentation.Apply(g.Done())

		if len(packets) > 0 && packets[0].PTS != media.NoPTS {
			FillPTS(packets, packets[0].PTS+1000, func(i int) bool { return i%3 == 0 })
			for _, p := range packets {
				require.NotEqual(t, media.NoPTS, p.Timed().PTS)
			}
		}
		dts, orders := make([]int64, len(packets)), make([]Order, len(packets))
		for i, p := range packets {
			dts[i], orders[i] = p.DTS, Order{B: !p.Key}
		}
		require.Len(t, PresentationTimes(dts, orders), len(packets))
	})
}
