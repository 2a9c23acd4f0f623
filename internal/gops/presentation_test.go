package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
	"gop/video"
)

func TestPresentation(t *testing.T) {
	type span struct {
		key, start, end video.Ticks
		trimmed         bool
	}
	key := func(pts int64, discard bool) media.Packet {
		return media.Packet{PTS: pts, DTS: pts, Key: true, Discard: discard}
	}
	frame := func(pts int64, discard bool) media.Packet {
		return media.Packet{PTS: pts, DTS: pts, Discard: discard}
	}
	for name, c := range map[string]struct {
		packets []media.Packet
		end     video.Ticks
		want    []span
	}{
		"everything": {
			packets: []media.Packet{key(0, false), frame(10, false), key(20, false), frame(30, false)},
			want:    []span{{0, 0, 20, false}, {20, 20, 40, false}},
		},
		"trimmed start": {
			packets: []media.Packet{key(-10, true), frame(0, false), key(10, false)},
			want:    []span{{-10, 0, 10, false}, {10, 10, 20, false}},
		},
		"trimmed end": {
			packets: []media.Packet{key(0, false), frame(10, false), frame(20, true), key(30, true)},
			want:    []span{{0, 0, 20, false}, {30, 30, 40, true}},
		},
		"trimmed GOPs": {
			packets: []media.Packet{key(-20, true), frame(-10, true), key(0, false), key(10, true)},
			want:    []span{{-20, -20, 0, true}, {0, 0, 10, false}, {10, 10, 20, true}},
		},
		"a leading frame of a trimmed GOP": {
			packets: []media.Packet{key(0, false), key(20, true), frame(10, false)},
			want:    []span{{0, 0, 10, false}, {20, 20, 30, true}},
		},
		"leading frames": {
			packets: []media.Packet{key(-10, true), frame(0, false), key(30, false), frame(10, false)},
			want:    []span{{-10, 0, 10, false}, {30, 30, 40, false}},
		},
		"an end within the last frame": {
			packets: []media.Packet{key(0, false), frame(10, false)},
			end:     14,
			want:    []span{{0, 0, 14, false}},
		},
		"an end that is rounded": {
			packets: []media.Packet{key(0, false), frame(10, false)},
			end:     19,
			want:    []span{{0, 0, 20, false}},
		},
		"a later edit that decodes from an earlier time": {
			packets: []media.Packet{
				key(0, false), frame(10, false), frame(20, true),
				key(5, true), frame(15, true), frame(22, false),
			},
			want: []span{{0, 0, 20, false}, {5, 22, 32, false}},
		},
		"a keyframe without times": {
			packets: []media.Packet{key(media.NoPTS, false)},
			want:    []span{{0, 0, 10, false}},
		},
		"nothing": {
			packets: []media.Packet{key(0, true), frame(10, true)},
			want:    []span{{0, 0, 20, true}},
		},
		"an end before a trimmed GOP": {
			packets: []media.Packet{key(0, false), frame(10, false), key(20, true)},
			end:     14,
			want:    []span{{0, 0, 14, false}, {20, 20, 30, true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, p := Grouper{MaxPackets: 100, MaxGOPs: 10}, Presentation{End: c.end}
			for _, packet := range c.packets {
				packet.Duration = 10
				require.NoError(t, g.Add(packet))
				p.Add(packet)
			}
			var got []span
			all := g.Done()
			p.Apply(all)
			for _, g := range all {
				got = append(got, span{g.KeyPTS, g.Start, g.End, g.Trimmed})
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// The longest frame may be decoded last, but not be presented last.
func TestPresentationOfALongFrame(t *testing.T) {
	g, p := Grouper{MaxPackets: 100, MaxGOPs: 10}, Presentation{}
	for _, packet := range []media.Packet{
		{PTS: 10, DTS: 0, Duration: 10, Key: true},
		{PTS: 30, DTS: 10, Duration: 10},
		{PTS: 20, DTS: 20, Duration: 50},
	} {
		require.NoError(t, g.Add(packet))
		p.Add(packet)
	}
	all := g.Done()
	p.Apply(all)
	assert.EqualValues(t, 70, all[0].End)
}
