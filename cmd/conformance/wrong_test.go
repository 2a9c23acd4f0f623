package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/library"
	"gop/video"
)

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// wrong is an engine that errs. Each function may be nil, and changes one thing.
type wrong struct {
	engine
	index   func(*video.Index)
	gop     func(n int) int                   // cuts another GOP than is asked for
	refuses bool                              // to cut
	bytes   func([]byte) []byte               // of a cut
	packets func([]av.Packet) []av.Packet     // of a cut
	tracks  func([]video.Track) []video.Track // of a cut
}

func (w wrong) Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error) {
	ix, err := w.engine.Index(ctx, v, n, open)
	if w.index != nil {
		w.index(ix)
	}
	return ix, err
}

func (w wrong) Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open func() (video.File, error)) (*video.Segment, error) {
	if w.refuses {
		return nil, video.Errorf(video.Unreadable, "it is damaged")
	}
	if w.gop != nil {
		key.GOP = w.gop(key.GOP)
	}
	s, err := w.engine.Segment(ctx, ix, key, open)
	if err != nil || w.bytes == nil {
		return s, err
	}
	data, err := s.Bytes()
	if err != nil {
		return nil, err
	}
	data = w.bytes(data)
	return &video.Segment{Key: s.Key, ContentType: s.ContentType, Size: int64(len(data)), Parts: []video.Part{{Data: data}}}, nil
}

func (w wrong) Packets(ctx context.Context, v video.Video, open func() (video.File, error), visit func(av.Packet) error) ([]video.Track, error) {
	if !strings.HasPrefix(v.Name, cutPrefix) {
		return w.engine.Packets(ctx, v, open, visit)
	}
	var all []av.Packet
	tracks, err := w.engine.Packets(ctx, v, open, func(p av.Packet) error {
		all = append(all, p)
		return nil
	})
	if w.packets != nil {
		all = w.packets(all)
	}
	if w.tracks != nil {
		tracks = w.tracks(tracks)
	}
	for _, p := range all {
		if err := visit(p); err != nil {
			return nil, err
		}
	}
	return tracks, err
}

// each changes the packets of one kind; change gets each one's place among them, and tells whether it
// stays.
func each(kind video.TrackKind, change func(i int, p *av.Packet) (stays bool)) func([]av.Packet) []av.Packet {
	return func(all []av.Packet) []av.Packet {
		var kept []av.Packet
		n := 0
		for _, p := range all {
			if p.Kind != kind {
				kept = append(kept, p)
				continue
			}
			if change(n, &p) {
				kept = append(kept, p)
			}
			n++
		}
		return kept
	}
}

// only is each for one packet.
func only(kind video.TrackKind, at int, change func(p *av.Packet)) func([]av.Packet) []av.Packet {
	return each(kind, func(i int, p *av.Packet) bool {
		if i == at {
			change(p)
		}
		return true
	})
}

// without leaves one packet out.
func without(kind video.TrackKind, at int) func([]av.Packet) []av.Packet {
	return each(kind, func(i int, _ *av.Packet) bool { return i != at })
}

// patch writes a number over what stands behind a name in a cut.
func patch(name string, behind int, number uint32) func([]byte) []byte {
	return func(data []byte) []byte {
		at := bytes.Index(data, []byte(name)) + len(name) + behind
		binary.BigEndian.PutUint32(data[at:], number)
		return data
	}
}

// A cut that is wrong is found out, by the check that is for it and, but where it breaks more, by no
// other. The video has four GOPs of 25 pictures, one second each, and sound of 21 ms a packet.
func TestChecksFail(t *testing.T) {
	const film, sound = video.VideoTrack, video.AudioTrack
	millis := func(p *av.Packet, n int64) video.Ticks {
		return video.Ticks(n).Rescale(video.Rational{Num: 1, Den: 1000}, p.TimeBase)
	}
	later := func(n int64) func(int, *av.Packet) bool {
		return func(_ int, p *av.Packet) bool {
			p.PTS += millis(p, n)
			return true
		}
	}
	alike := func(change func(*video.Track)) func([]video.Track) []video.Track {
		return func(tracks []video.Track) []video.Track {
			change(&tracks[0])
			return tracks
		}
	}
	failable := map[check]bool{}
	soundless := func(ix *video.Index) { ix.Tracks, ix.DefaultAudio = ix.Tracks[:1], -1 }
	for name, c := range map[string]struct {
		wrong wrong
		want  []check
	}{
		"nothing": {wrong{}, nil},

		"wrong bytes are listed":                  {wrong{index: func(ix *video.Index) { ix.GOPs[1].Bytes++ }}, []check{checkListing}},
		"a packet before the first key is listed": {wrong{index: func(ix *video.Index) { ix.PacketsBeforeFirstKey++ }}, []check{checkListing, checkWhole}},
		"a leading picture is listed":             {wrong{index: func(ix *video.Index) { ix.GOPs[1].Leading++ }}, []check{checkListing}},
		"a GOP is not listed":                     {wrong{index: func(ix *video.Index) { ix.GOPs = ix.GOPs[:3] }}, []check{checkListing, checkWhole}},
		"a GOP is listed that is not":             {wrong{index: func(ix *video.Index) { ix.GOPs = append(ix.GOPs, ix.GOPs[3]) }}, []check{checkListing}},
		"a GOP cannot be cut":                     {wrong{refuses: true}, []check{checkCut}},
		"a cut cannot be read":                    {wrong{bytes: func(data []byte) []byte { return data[:40] }}, []check{checkCut, checkWhole}},
		"a cut is empty":                          {wrong{bytes: func([]byte) []byte { return nil }}, []check{checkCut, checkWhole}},
		"another GOP is cut":                      {wrong{gop: func(n int) int { return n ^ 1 }}, []check{checkPayloads, checkSound, checkWhole}},
		"a packet is missing":                     {wrong{packets: without(film, 7)}, []check{checkPayloads, checkWhole}},
		"the last packet is missing":              {wrong{packets: without(film, 24)}, []check{checkPayloads, checkWhole}},
		"a payload is another":                    {wrong{packets: only(film, 7, func(p *av.Packet) { p.Sum[3]++ })}, []check{checkPayloads, checkWhole}},
		"a second key":                            {wrong{packets: only(film, 7, func(p *av.Packet) { p.Key = true })}, []check{checkKeys}},
		"no key":                                  {wrong{packets: only(film, 0, func(p *av.Packet) { p.Key = false })}, []check{checkKeys}},
		"a hidden picture":                        {wrong{packets: only(film, 7, func(p *av.Packet) { p.Hidden = true })}, []check{checkKeys}},
		"the film begins late":                    {wrong{packets: each(film, later(2))}, []check{checkZero}},
		"the key has no time":                     {wrong{packets: only(film, 0, func(p *av.Packet) { p.HasPTS = false })}, []check{checkZero, checkPTS}},
		"a picture is late":                       {wrong{packets: only(film, 7, func(p *av.Packet) { p.PTS += millis(p, 2) })}, []check{checkPTS}},
		"two are decoded at once":                 {wrong{packets: only(film, 7, func(p *av.Packet) { p.DTS -= millis(p, 40) })}, []check{checkDTS}},
		"sound is decoded at once":                {wrong{packets: only(sound, 7, func(p *av.Packet) { p.DTS -= p.Duration })}, []check{checkDTS}},
		"a wrong end is listed":                   {wrong{index: func(ix *video.Index) { ix.GOPs[1].End += ix.GOPs[1].Duration() / 4 }}, []check{checkDuration}},
		"the cut ends early":                      {wrong{bytes: patch("tkhd", 20, 80_000)}, []check{checkDuration}},
		"the first sound is missing":              {wrong{packets: without(sound, 0)}, []check{checkSound}},
		"sound is missing in the middle":          {wrong{packets: without(sound, 20)}, []check{checkSound}},
		"the last sound is missing": {wrong{packets: func(all []av.Packet) []av.Packet {
			last := 0
			each(sound, func(i int, _ *av.Packet) bool { last = i; return true })(all)
			return without(sound, last)(all)
		}}, []check{checkSound}},
		"no sound":            {wrong{packets: each(sound, func(int, *av.Packet) bool { return false })}, []check{checkSound}},
		"sound is not listed": {wrong{index: soundless}, []check{checkListing}},
		"sound that is not listed": {wrong{index: soundless, packets: func(all []av.Packet) []av.Packet {
			return append(all, av.Packet{Stream: 1, HasDTS: true})
		}}, []check{checkListing, checkSound}},
		"a frame is not listed": {wrong{index: func(ix *video.Index) { ix.GOPs[1].Frames-- }}, []check{checkListing, checkPayloads, checkWhole}},
		"the sound is late":     {wrong{packets: each(sound, later(6))}, []check{checkSync}},
		"a fragment":            {wrong{bytes: func(data []byte) []byte { return append(data, 0, 0, 0, 8, 'm', 'o', 'o', 'f') }}, []check{checkLayout}},
		"bytes behind the end":  {wrong{bytes: func(data []byte) []byte { return append(data, 0) }}, []check{checkLayout}},
		"another codec":         {wrong{tracks: alike(func(t *video.Track) { t.Codec = "hevc" })}, []check{checkTracks}},
		"another sample aspect": {wrong{tracks: alike(func(t *video.Track) { t.SampleAspect.Num = 2 })}, []check{checkTracks}},
		"another rotation":      {wrong{tracks: alike(func(t *video.Track) { t.Rotation = 90 })}, []check{checkTracks}},
		"another size":          {wrong{bytes: patch("stsd", 40, 191<<16|108)}, []check{checkTracks}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, found(t, c.wrong))
		})
		for _, check := range c.want {
			failable[check] = true
		}
	}
	for _, c := range checks {
		assert.True(t, failable[c.name], "no cut fails %s", c.name)
	}
}

// found is the checks that an engine fails, in the order of help.
func found(t *testing.T, w wrong) []check {
	t.Helper()
	r := checked(t, t.Context(), w)
	assert.Equal(t, r.Failed > 0, r.Outcome == fallsShort)
	var failed []check
	for _, c := range checks {
		if slices.ContainsFunc(r.Failures, func(f failure) bool { return f.Check == c.name }) {
			failed = append(failed, c.name)
		}
	}
	return failed
}

// checked is what comes of a good video and an engine that errs.
func checked(t *testing.T, ctx context.Context, w wrong) *result {
	t.Helper()
	folder, err := library.OpenFolder(testdata)
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	config := av.NewDefaultConfig()
	good := av.New(config, quiet)
	defer good.Close()
	w.engine = good
	v, err := folder.Stat("h264-bframes-aac.mp4")
	require.NoError(t, err)
	c := &checker{engine: w, folder: folder, maxPackets: config.MaxPackets}
	return c.check(ctx, v, func(float64) {})
}

// A run that is interrupted in the midst of a file blames nobody.
func TestInterruptedInAFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := checked(t, ctx, wrong{gop: func(n int) int {
		cancel()
		return n
	}})
	assert.Equal(t, interrupted, r.Outcome)
	assert.Empty(t, r.Failures)
}
