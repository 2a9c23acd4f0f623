package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
	"gop/video"
)

// The extents of GOPs have no audio of another clock, whichever track restarts first.
func TestExtentsAtRestarts(t *testing.T) {
	type packet struct {
		stream int // 0 is video
		time   int64
	}
	for name, packets := range map[string][]packet{
		"together": {{0, 0}, {1, 0}, {0, 300}, {1, 300}, {0, 600}, {1, 600}, {0, 0}, {1, 0}},
		"video first": {
			{0, 0}, {1, 0}, {0, 300}, {1, 300}, {0, 600}, {1, 600}, {0, 900}, {0, 0}, {1, 900}, {1, 0},
		},
		"audio first": {{0, 0}, {1, 0}, {0, 300}, {1, 300}, {0, 600}, {1, 600}, {1, 0}, {0, 0}},
	} {
		g := Grouper{MaxPackets: 100, MaxGOPs: 10, Second: 100}
		var keys, audio []int64 // byte offsets
		for i, p := range packets {
			one := media.Packet{
				Stream: p.stream, PTS: p.time, DTS: p.time, Duration: 300,
				Pos: int64(i), ReadPos: int64(i), Key: true,
			}
			if p.stream == 0 {
				require.NoError(t, g.Add(one))
				keys = append(keys, one.Pos)
			} else {
				g.AddAudio(one, video.Ticks(p.time), video.Ticks(p.time+300))
				audio = append(audio, one.Pos)
			}
		}
		for i, gop := range g.Done() {
			assert.Equal(t, min(keys[i], audio[i]), gop.FirstPos, "%s: first of GOP %d", name, i)
			assert.GreaterOrEqual(t, gop.LastPos, max(keys[i], audio[i]), "%s: last of GOP %d", name, i)
		}
	}
}

// The last byte offset of a GOP is the largest one up to its last packet, in the order of packets.
func TestLastOffset(t *testing.T) {
	g := Grouper{MaxPackets: 100, MaxGOPs: 10, Second: 100}
	require.NoError(t, g.Add(media.Packet{Key: true, Duration: 10, Pos: 20, ReadPos: 20}))
	g.AddAudio(media.Packet{Stream: 1, Pos: 10, ReadPos: 10}, 0, 5)
	g.AddAudio(media.Packet{Stream: 1, Pos: -1, ReadPos: 10}, 5, 10)
	assert.EqualValues(t, 20, g.Done()[0].LastPos)
}

func TestOneClock(t *testing.T) {
	packets := func(times ...int64) (packets []media.Packet) {
		for _, time := range times {
			packets = append(packets, media.Packet{PTS: time, Duration: 10})
		}
		return packets
	}
	type span struct{ first, after int }
	for name, c := range map[string]struct {
		packets []media.Packet
		want    span
	}{
		"nothing":                  {nil, span{0, 0}},
		"one clock":                {packets(90, 100, 110), span{0, 3}},
		"a small step back":        {packets(100, 110, 105), span{0, 3}},
		"the clock before":         {packets(100, 110, 120, 500, 0, 10), span{0, 4}},
		"the clock after":          {packets(110, 500, 100, 110, 120), span{2, 5}},
		"the same times":           {packets(100, 110, 500, 100, 110), span{3, 5}},
		"packets of unknown times": {packets(100, media.NoPTS, 110), span{0, 3}},
	} {
		first, after := OneClock(c.packets, 100, 130, 100)
		assert.Equal(t, c.want, span{first, after}, name)
	}
}

// Audio that follows its frames by many GOPs extends only the GOPs that it overlaps.
func TestAudioFarBehindItsFrames(t *testing.T) {
	const gops = 200
	g := Grouper{MaxPackets: gops, MaxGOPs: gops, Second: 1000}
	for i := range int64(gops) {
		p := media.Packet{PTS: 10 * i, DTS: 10 * i, Duration: 10, Pos: i, ReadPos: i, Key: true}
		require.NoError(t, g.Add(p))
	}
	g.AddAudio(media.Packet{Stream: 1, Pos: 1000, ReadPos: 1000}, 35, 45)
	for i, gop := range g.Done() {
		want := int64(i)
		if i == 3 || i == 4 {
			want = 1000
		}
		assert.Equal(t, want, gop.LastPos, "GOP %d", i)
	}
}
