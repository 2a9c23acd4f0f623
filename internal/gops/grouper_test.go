package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
	"gop/video"
)

// group groups packets that are 10 ticks long.
func group(t *testing.T, packets ...media.Packet) ([]video.GOP, int) {
	t.Helper()
	g := Grouper{MaxPackets: 100, MaxGOPs: 10, Second: 100}
	for _, p := range packets {
		p.Size, p.Duration = 7, 10
		require.NoError(t, g.Add(p))
	}
	return g.Done(), g.BeforeFirstKey
}

func TestGroup(t *testing.T) {
	type span struct {
		start, end, startDTS, endDTS video.Ticks
		frames, leading              int
	}
	for name, c := range map[string]struct {
		packets        []media.Packet
		want           []span
		beforeFirstKey int
	}{
		"nothing": {},
		"no key":  {packets: []media.Packet{{PTS: 0}, {PTS: 10, DTS: 10}}, beforeFirstKey: 2},
		"one frame": {
			packets: []media.Packet{{PTS: 5, DTS: 5, Key: true}},
			want:    []span{{5, 15, 5, 15, 1, 0}},
		},
		"before the first key": {
			packets: []media.Packet{{PTS: 0}, {PTS: 10, DTS: 10, Key: true}, {PTS: 20, DTS: 20}},
			want:    []span{{10, 30, 10, 30, 2, 0}}, beforeFirstKey: 1,
		},
		"B-frames": {
			packets: []media.Packet{
				{PTS: 20, DTS: 0, Key: true},
				{PTS: 40, DTS: 10},
				{PTS: 30, DTS: 20},
				{PTS: 50, DTS: 30, Key: true},
			},
			want: []span{{20, 50, 0, 30, 3, 0}, {50, 60, 30, 40, 1, 0}},
		},
		"leading frames end the GOP before": {
			packets: []media.Packet{
				{PTS: 20, DTS: 0, Key: true},
				{PTS: 30, DTS: 10},
				{PTS: 60, DTS: 20, Key: true},
				{PTS: 40, DTS: 30},
				{PTS: 50, DTS: 40},
			},
			want: []span{{20, 40, 0, 20, 2, 0}, {60, 70, 20, 50, 3, 2}},
		},
		"a frame lasts until the next": {
			packets: []media.Packet{{PTS: 0, Key: true}, {PTS: 90, DTS: 90, Key: true}},
			want:    []span{{0, 90, 0, 90, 1, 0}, {90, 100, 90, 100, 1, 0}},
		},
		"a clock that goes back": {
			packets: []media.Packet{{PTS: 90, DTS: 90, Key: true}, {PTS: 0, Key: true}},
			want:    []span{{90, 100, 90, 100, 1, 0}, {0, 10, 0, 10, 1, 0}},
		},
		"a frame lasts until the next, of few ticks": {
			packets: []media.Packet{{PTS: 0, Key: true}, {PTS: 1, DTS: 1, Key: true}},
			want:    []span{{0, 1, 0, 1, 1, 0}, {1, 11, 1, 11, 1, 0}},
		},
		"second fields without times": {
			packets: []media.Packet{
				{PTS: 0, DTS: 0, Key: true},
				{PTS: media.NoPTS, DTS: media.NoPTS},
				{PTS: 20, DTS: 20},
				{PTS: media.NoPTS, DTS: media.NoPTS},
			},
			want: []span{{0, 40, 0, 40, 4, 0}},
		},
		"a time is missing": {
			packets: []media.Packet{
				{PTS: 0, DTS: media.NoPTS, Key: true},
				{PTS: media.NoPTS, DTS: media.NoPTS},
				{PTS: 20, DTS: 20},
			},
			want: []span{{0, 30, 0, 30, 3, 0}},
		},
		"a key has no time": {
			packets: []media.Packet{
				{PTS: 0, Key: true},
				{PTS: 10, DTS: 10},
				{PTS: media.NoPTS, DTS: media.NoPTS, Key: true},
				{PTS: 30, DTS: 30},
			},
			want: []span{{0, 20, 0, 20, 2, 0}, {20, 40, 20, 40, 2, 0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			gops, beforeFirstKey := group(t, c.packets...)
			assert.Equal(t, c.beforeFirstKey, beforeFirstKey)
			var got []span
			for i, g := range gops {
				assert.Equal(t, i, g.Number)
				assert.Equal(t, int64(7*g.Frames), g.Bytes)
				got = append(got, span{g.Start, g.End, g.StartDTS, g.EndDTS, g.Frames, g.Leading})
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// SetLeading overrules the times of frames. Only RASL pictures make a GOP open.
func TestSetLeading(t *testing.T) {
	for name, c := range map[string]struct {
		skipped bool
		closed  bool
	}{
		"RASL": {true, false},
		"RADL": {false, true},
	} {
		g := Grouper{MaxPackets: 100, MaxGOPs: 10, Second: 100}
		require.NoError(t, g.Add(media.Packet{PTS: 0, Key: true, Duration: 10}))
		g.SetKey(video.KeyCRA, false)
		require.NoError(t, g.Add(media.Packet{PTS: 10, DTS: 10, Duration: 10}))
		g.SetLeading(c.skipped)
		gops := g.Done()
		assert.Equal(t, 1, gops[0].Leading, name)
		assert.Equal(t, c.closed, gops[0].Closed, name)
	}
}

// The extent of a GOP includes all audio that overlaps it. Audio of unknown duration lasts until the next
// packet of its track, up to a limit.
func TestExtent(t *testing.T) {
	g := Grouper{MaxPackets: 100, MaxGOPs: 10, LongestAudio: 15, Second: 100}
	addVideo := func(pos int64, pts int64, key bool) {
		p := media.Packet{PTS: pts, DTS: pts, Duration: 10, Pos: pos, ReadPos: pos, Key: key}
		require.NoError(t, g.Add(p))
	}
	addAudio := func(stream int, pos int64, start, end video.Ticks) {
		g.AddAudio(media.Packet{Stream: stream, Pos: pos, ReadPos: pos}, start, end)
	}
	addVideo(0, 0, true)
	addAudio(1, 1, 0, 9)
	addAudio(1, 2, 9, 21) // overlaps 20
	addAudio(2, 3, 0, 20) // ends at 20
	addVideo(4, 10, false)
	addVideo(5, 20, true)
	addAudio(1, 6, 21, 30)
	addAudio(1, 7, 30, 30)
	addVideo(8, 30, false)
	addVideo(9, 35, true)
	addAudio(2, 10, 5, 8) // follows the frames of later GOPs
	addAudio(1, 11, 39, 39)
	addVideo(12, 45, true)
	addVideo(13, 55, true)
	addAudio(1, 14, 56, 60)
	gops := g.Done()
	assert.Equal(t, []int64{0, 10}, []int64{gops[0].FirstPos, gops[0].LastPos})
	assert.Equal(t, []int64{2, 8}, []int64{gops[1].FirstPos, gops[1].LastPos})
	assert.Equal(t, []int64{7, 11}, []int64{gops[2].FirstPos, gops[2].LastPos})
	assert.Equal(t, []int64{11, 12}, []int64{gops[3].FirstPos, gops[3].LastPos})
	assert.Equal(t, []int64{13, 14}, []int64{gops[4].FirstPos, gops[4].LastPos})
}

// A bounded number of runs covers all audio.
func TestExtentIsBounded(t *testing.T) {
	var e extent
	for i := range 10 * maxRuns {
		at := video.Ticks(i)
		e.add(media.Packet{Stream: i % 2, ReadPos: int64(i)}, at, at+2, 0)
	}
	assert.LessOrEqual(t, len(e.audio), maxRuns)
	from := e.readFrom(1<<40, 5000)
	assert.LessOrEqual(t, from, int64(4999))
	assert.Greater(t, from, int64(4000))
	for _, run := range e.audio {
		assert.Greater(t, run.end, video.Ticks(5000))
	}
}

// The number of runs is bounded also if the clock of the audio restarts at each packet.
func TestExtentIsBoundedAtRestarts(t *testing.T) {
	var e extent
	for i := range 10 * maxRuns {
		at := video.Ticks(i)
		e.add(media.Packet{Stream: i % 2, ReadPos: int64(i)}, at, at+2, i)
		require.LessOrEqual(t, len(e.audio), maxRuns)
	}
	assert.EqualValues(t, 10*maxRuns-3, e.readFrom(1<<40, 10*maxRuns-2), "the last packets are kept")
}
