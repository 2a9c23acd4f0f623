package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

const none = media.NoPTS

// at returns a packet of stream 0, which is video, or 1, which is audio.
func at(stream int, pts, dts int64, key bool) media.Packet {
	return media.Packet{Stream: stream, PTS: pts, DTS: dts, Duration: 10, Key: key}
}

func TestStrays(t *testing.T) {
	const ahead = 100_000
	audio := func(times ...int64) (packets []media.Packet) {
		for _, time := range times {
			packets = append(packets, at(1, time, time, true))
		}
		return packets
	}
	for name, c := range map[string]struct{ packets, want []media.Packet }{
		"nothing": {},
		"steady":  {audio(0, 10, 20, 5000), audio(0, 10, 20, 5000)},
		"one audio packet ahead": {
			audio(0, 10, ahead, 30, 40), audio(0, 10, 20, 30, 40),
		},
		"audio packets behind": {
			audio(ahead, ahead+10, 20, 30, ahead+40), audio(ahead, ahead+10, ahead+20, ahead+30, ahead+40),
		},
		"two in a row, differently": {
			audio(0, 10, ahead, 2*ahead, 40), audio(0, 10, ahead, 2*ahead, 40),
		},
		"a restart": {
			audio(ahead, ahead+10, 0, 10, 20, 30), audio(ahead, ahead+10, 0, 10, 20, 30),
		},
		"a splice, and back at another time": {
			audio(0, 10, ahead, ahead+10, 30_000), audio(0, 10, ahead, ahead+10, 30_000),
		},
		"an insertion of two packets": {
			audio(0, 10, ahead, ahead+10, 20, 30), audio(0, 10, ahead, ahead+10, 20, 30),
		},
		"a frame ahead before a B-frame": {
			[]media.Packet{at(0, 40, 0, true), at(0, ahead, ahead, false), at(0, 20, 20, false)},
			[]media.Packet{at(0, 40, 0, true), at(0, none, none, false), at(0, 20, 20, false)},
		},
		"a frame ahead": {
			[]media.Packet{at(0, 20, 0, true), at(0, ahead, ahead, false), at(0, 30, 20, false)},
			[]media.Packet{at(0, 20, 0, true), at(0, none, none, false), at(0, 30, 20, false)},
		},
		"a keyframe ahead": {
			[]media.Packet{at(0, 20, 0, true), at(0, ahead+20, ahead, true), at(0, 50, 20, false)},
			[]media.Packet{at(0, 20, 0, true), at(0, none, 10, true), at(0, 50, 20, false)},
		},
		"the first frame ahead": {
			[]media.Packet{at(0, ahead+20, ahead, true), at(0, 30, 10, false), at(0, 40, 20, false)},
			[]media.Packet{at(0, none, 0, true), at(0, 30, 10, false), at(0, 40, 20, false)},
		},
		"the first audio packet ahead": {
			audio(ahead, 10, 20, 30), audio(0, 10, 20, 30),
		},
		"the second audio packet ahead": {
			audio(0, ahead, 20, 30), audio(0, 10, 20, 30),
		},
		"a gap after the first packet": {
			audio(0, 5000, 5010, 5020), audio(0, 5000, 5010, 5020),
		},
		"a restart after two packets": {
			audio(ahead, ahead+10, 0, 10, 20), audio(ahead, ahead+10, 0, 10, 20),
		},
		"the first frame behind by a wraparound": {
			[]media.Packet{
				at(0, 20, 0, true), at(0, 2*ahead+30, 2*ahead+10, false),
				at(0, 2*ahead+40, 2*ahead+20, false),
			},
			[]media.Packet{
				at(0, none, 2*ahead, true), at(0, 2*ahead+30, 2*ahead+10, false),
				at(0, 2*ahead+40, 2*ahead+20, false),
			},
		},
		"the first frame without times": {
			[]media.Packet{at(0, none, none, true), at(1, 5, 5, true), at(0, 40, 20, false)},
			[]media.Packet{at(0, none, 10, true), at(1, 5, 5, true), at(0, 40, 20, false)},
		},
		"the last audio packet ahead": {
			audio(0, 10, 2*ahead), audio(0, 10, 20),
		},
		"a gap before the last packet": {
			audio(0, 10, 5000), audio(0, 10, 5000),
		},
		"only a DTS": {
			[]media.Packet{at(0, 20, 0, true), at(0, 30, ahead, false), at(0, 40, 20, false)},
			[]media.Packet{at(0, 20, 0, true), at(0, 30, 10, false), at(0, 40, 20, false)},
		},
		"interleaved": {
			[]media.Packet{
				at(0, 0, 0, true), at(1, 0, 0, true), at(0, ahead, ahead, false), at(1, 10, 10, true),
				at(0, 20, 20, false), at(1, 20, 20, true),
			},
			[]media.Packet{
				at(0, 0, 0, true), at(1, 0, 0, true), at(0, none, none, false), at(1, 10, 10, true),
				at(0, 20, 20, false), at(1, 20, 20, true),
			},
		},
		"unknown times": {
			[]media.Packet{
				at(0, 0, 0, true), at(0, none, none, false),
				at(0, ahead, none, false), at(0, 30, 30, true),
			},
			[]media.Packet{
				at(0, 0, 0, true), at(0, none, none, false),
				at(0, none, none, false), at(0, 30, 30, true),
			},
		},
	} {
		var got []media.Packet
		s := Strays[int]{Jump: func(int) int64 { return 1000 }, Emit: func(p media.Packet, with int) error {
			assert.Equal(t, len(got), with, name)
			got = append(got, p)
			return nil
		}}
		for i, p := range c.packets {
			require.NoError(t, s.Add(p, i))
		}
		require.NoError(t, s.End())
		assert.Equal(t, c.want, got, name)
	}
}

// A jump that does not return soon is trusted, and the packets are not held any longer.
func TestStraysAreBounded(t *testing.T) {
	emitted := 0
	s := Strays[int]{Jump: func(int) int64 { return 1000 }, Emit: func(p media.Packet, _ int) error {
		assert.NotEqual(t, none, p.PTS)
		emitted++
		return nil
	}}
	for i := range 10 {
		require.NoError(t, s.Add(at(0, int64(i), int64(i), false), 0))
	}
	assert.Equal(t, 10, emitted, "packets are held only after a jump")
	for i := range maxSuspects + 1 {
		require.NoError(t, s.Add(at(0, int64(100_000+i), int64(100_000+i), false), 0))
	}
	assert.Equal(t, 10+maxSuspects+1, emitted)
	require.NoError(t, s.Add(at(0, 20, 20, false), 0))
	for range maxHeld {
		require.NoError(t, s.Add(at(1, 0, 0, true), 0))
	}
	assert.GreaterOrEqual(t, emitted, maxHeld)
}
