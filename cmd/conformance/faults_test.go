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

// faultyEngine is an engine with a fault. Each field changes one thing and may be nil.
type faultyEngine struct {
	engine
	index   func(*video.Index)
	gop     func(n int) int                   // replaces the number of the GOP to cut
	key     func(*video.SegmentKey)           // changes the key of a segment
	refuses bool                              // Segment fails
	bytes   func([]byte) []byte               // changes the bytes of a segment
	packets func([]av.Packet) []av.Packet     // changes the packets of a segment
	tracks  func([]video.Track) []video.Track // changes the tracks of a segment
	damage  map[int]int                       // by stream of the file: reading fails after that many packets
}

func (e faultyEngine) Index(ctx context.Context, v video.Video, n int, open openFunc) (*video.Index, error) {
	ix, err := e.engine.Index(ctx, v, n, open)
	if e.index != nil {
		e.index(ix)
	}
	return ix, err
}

// editGOPs returns an engine whose indexes have edited GOPs.
func editGOPs(edit func([]video.GOP) []video.GOP) faultyEngine {
	return faultyEngine{index: func(ix *video.Index) {
		ix.GOPs = video.NewGOPList(edit(ix.GOPs.Unpack())...)
	}}
}

// editGOP returns an engine whose indexes have an edited GOP n.
func editGOP(n int, edit func(*video.GOP)) faultyEngine {
	return editGOPs(func(gops []video.GOP) []video.GOP { edit(&gops[n]); return gops })
}

func (e faultyEngine) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey, open openFunc,
) (*video.Segment, error) {
	if e.refuses {
		return nil, video.Errorf(video.Unreadable, "damaged")
	}
	if e.gop != nil {
		key.GOP = e.gop(key.GOP)
	}
	if e.key != nil {
		e.key(&key)
	}
	s, err := e.engine.Segment(ctx, ix, key, open)
	if err != nil || e.bytes == nil {
		return s, err
	}
	data, err := s.Bytes()
	if err != nil {
		return nil, err
	}
	data = e.bytes(data)
	return &video.Segment{
		Key: s.Key, ContentType: s.ContentType, Size: int64(len(data)), Parts: []video.Part{{Data: data}},
	}, nil
}

func (e faultyEngine) Packets(
	ctx context.Context, v video.Video, stream int, open openFunc, visit func(av.Packet) error,
) ([]video.Track, error) {
	if !strings.HasPrefix(v.Name, segmentPrefix) {
		return e.readDamaged(ctx, v, stream, open, visit)
	}
	var all []av.Packet
	tracks, err := e.engine.Packets(ctx, v, stream, open, func(p av.Packet) error {
		all = append(all, p)
		return nil
	})
	if e.packets != nil {
		all = e.packets(all)
	}
	if e.tracks != nil {
		tracks = e.tracks(tracks)
	}
	for _, p := range all {
		if p.Stream != stream {
			continue
		}
		if err := visit(p); err != nil {
			return nil, err
		}
	}
	return tracks, err
}

// readDamaged reads a stream of the file up to its damage.
func (e faultyEngine) readDamaged(
	ctx context.Context, v video.Video, stream int, open openFunc, visit func(av.Packet) error,
) ([]video.Track, error) {
	left, isDamaged := e.damage[stream]
	return e.engine.Packets(ctx, v, stream, open, func(p av.Packet) error {
		if left--; isDamaged && left < 0 {
			return video.Errorf(video.Unreadable, "damaged")
		}
		return visit(p)
	})
}

// edit calls change for each packet of one kind with its index among them, and keeps the packets for which it
// returns true.
func edit(kind video.TrackKind, change func(i int, p *av.Packet) (keep bool)) func([]av.Packet) []av.Packet {
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

// editOne is edit for the packet at index i.
func editOne(kind video.TrackKind, i int, change func(p *av.Packet)) func([]av.Packet) []av.Packet {
	return edit(kind, func(n int, p *av.Packet) bool {
		if n == i {
			change(p)
		}
		return true
	})
}

// without drops the packet at index i.
func without(kind video.TrackKind, i int) func([]av.Packet) []av.Packet {
	return edit(kind, func(n int, _ *av.Packet) bool { return n != i })
}

// withoutLast drops the last packet.
func withoutLast(kind video.TrackKind) func([]av.Packet) []av.Packet {
	return func(all []av.Packet) []av.Packet {
		last := 0
		edit(kind, func(i int, _ *av.Packet) bool { last = i; return true })(all)
		return without(kind, last)(all)
	}
}

// delay presents each packet later, by ms milliseconds.
func delay(kind video.TrackKind, ms int64) func([]av.Packet) []av.Packet {
	return edit(kind, func(_ int, p *av.Packet) bool {
		p.PTS += ticks(p, ms)
		return true
	})
}

// ticks converts milliseconds to the time base of p.
func ticks(p *av.Packet, ms int64) video.Ticks {
	return video.Ticks(ms).Rescale(video.Rational{Num: 1, Den: 1000}, p.TimeBase)
}

// patch overwrites the four bytes at offset after the first occurrence of a box type.
func patch(boxType string, offset int, value uint32) func([]byte) []byte {
	return func(data []byte) []byte {
		at := bytes.Index(data, []byte(boxType)) + len(boxType) + offset
		binary.BigEndian.PutUint32(data[at:], value)
		return data
	}
}

// appended appends bytes to a segment.
func appended(tail ...byte) func([]byte) []byte {
	return func(data []byte) []byte { return append(data, tail...) }
}

// videoTrack changes the video track of a segment.
func videoTrack(change func(*video.Track)) func([]video.Track) []video.Track {
	return func(tracks []video.Track) []video.Track {
		change(&tracks[0])
		return tracks
	}
}

// testVideo is the file of faults.
const testVideo = "h264-bframes-aac.mp4"

// faults lists faulty engines and the checks that must fail, in the order of checks. The test video has
// four GOPs of one second with 25 frames each, and audio packets of 21 ms.
func faults() map[string]fault {
	const v, a = video.VideoTrack, video.AudioTrack
	noAudio := func(ix *video.Index) { ix.Tracks, ix.DefaultAudio = ix.Tracks[:1], -1 }
	mvex := binary.BigEndian.Uint32([]byte("mvex"))
	return map[string]fault{
		"none": {},

		"index: bytes of a GOP": {
			editGOP(1, func(g *video.GOP) { g.Bytes++ }),
			[]check{checkListing},
		},
		"index: packets before the first keyframe": {
			faultyEngine{index: func(ix *video.Index) { ix.PacketsBeforeFirstKey++ }},
			[]check{checkListing, checkComplete},
		},
		"index: leading frames": {
			editGOP(1, func(g *video.GOP) { g.Leading++ }),
			[]check{checkListing},
		},
		"index: number of frames": {
			editGOP(1, func(g *video.GOP) { g.Frames-- }),
			[]check{checkListing, checkPayloads, checkComplete},
		},
		"index: a GOP missing": {
			editGOPs(func(gops []video.GOP) []video.GOP { return gops[:3] }),
			[]check{checkListing, checkComplete},
		},
		"index: a GOP too many": {
			editGOPs(func(gops []video.GOP) []video.GOP { return append(gops, gops[3]) }),
			[]check{checkListing},
		},
		"index: end of a GOP": {
			editGOP(1, func(g *video.GOP) { g.End += g.Duration() / 4 }),
			[]check{checkDuration},
		},
		"index: audio missing": {
			faultyEngine{index: noAudio},
			[]check{checkListing},
		},
		"index: audio missing, segment has audio": {
			faultyEngine{index: noAudio, packets: func(all []av.Packet) []av.Packet {
				return append(all, av.Packet{Stream: 1, HasDTS: true})
			}},
			[]check{checkListing, checkAudio},
		},

		"segment refused": {faultyEngine{refuses: true}, []check{checkSegment}},
		"segment truncated": {
			faultyEngine{bytes: func(b []byte) []byte { return b[:40] }},
			[]check{checkSegment, checkComplete},
		},
		"segment empty": {
			faultyEngine{bytes: func([]byte) []byte { return nil }},
			[]check{checkSegment, checkComplete},
		},
		"segment of another GOP": {
			faultyEngine{gop: func(n int) int { return n ^ 1 }},
			[]check{checkPayloads, checkAudio, checkComplete},
		},

		"packet missing":      {faultyEngine{packets: without(v, 7)}, []check{checkPayloads, checkComplete}},
		"last packet missing": {faultyEngine{packets: without(v, 24)}, []check{checkPayloads, checkComplete}},
		"payload differs": {
			faultyEngine{packets: editOne(v, 7, func(p *av.Packet) { p.Sum[3]++ })},
			[]check{checkPayloads, checkComplete},
		},
		"second keyframe": {
			faultyEngine{packets: editOne(v, 7, func(p *av.Packet) { p.Key = true })},
			[]check{checkKeyframes},
		},
		"no keyframe": {
			faultyEngine{packets: editOne(v, 0, func(p *av.Packet) { p.Key = false })},
			[]check{checkKeyframes},
		},
		"frame trimmed": {
			faultyEngine{packets: editOne(v, 7, func(p *av.Packet) { p.Discard = true })},
			[]check{checkKeyframes},
		},
		"video starts late": {faultyEngine{packets: delay(v, 2)}, []check{checkStart}},
		"keyframe without PTS": {
			faultyEngine{packets: editOne(v, 0, func(p *av.Packet) { p.HasPTS = false })},
			[]check{checkStart, checkPTS},
		},
		"frame late": {
			faultyEngine{packets: editOne(v, 7, func(p *av.Packet) { p.PTS += ticks(p, 2) })},
			[]check{checkPTS},
		},
		"equal video DTS": {
			faultyEngine{packets: editOne(v, 7, func(p *av.Packet) { p.DTS -= ticks(p, 40) })},
			[]check{checkDTS},
		},
		"equal audio DTS": {
			faultyEngine{packets: editOne(a, 7, func(p *av.Packet) { p.DTS -= p.Duration })},
			[]check{checkDTS},
		},

		"first audio packet missing":  {faultyEngine{packets: without(a, 0)}, []check{checkAudio}},
		"middle audio packet missing": {faultyEngine{packets: without(a, 20)}, []check{checkAudio}},
		"last audio packet missing":   {faultyEngine{packets: withoutLast(a)}, []check{checkAudio}},
		"no audio": {
			faultyEngine{packets: edit(a, func(int, *av.Packet) bool { return false })},
			[]check{checkAudio},
		},
		"audio late": {faultyEngine{packets: delay(a, 6)}, []check{checkSync}},

		"segment ends early": {
			faultyEngine{bytes: patch("tkhd", 20, 80_000)},
			[]check{checkDuration, checkLayout},
		},
		"edit at twice the speed": {faultyEngine{bytes: patch("elst", 16, 2<<16)}, []check{checkLayout}},
		"mvex box":                {faultyEngine{bytes: patch("udta", -4, mvex)}, []check{checkLayout}},
		"fragment": {
			faultyEngine{bytes: appended(0, 0, 0, 8, 'm', 'o', 'o', 'f')},
			[]check{checkLayout},
		},
		"bytes after the last box": {faultyEngine{bytes: appended(0)}, []check{checkLayout}},
		"size of the sample entry": {
			faultyEngine{bytes: patch("stsd", 40, 191<<16|108)},
			[]check{checkTracks},
		},
		"codec differs": {
			faultyEngine{tracks: videoTrack(func(t *video.Track) { t.Codec = "hevc" })},
			[]check{checkTracks},
		},
		"sample aspect ratio differs": {
			faultyEngine{tracks: videoTrack(func(t *video.Track) { t.SampleAspect.Num = 2 })},
			[]check{checkTracks},
		},
		"rotation differs": {
			faultyEngine{tracks: videoTrack(func(t *video.Track) { t.Rotation = 90 })},
			[]check{checkTracks},
		},
	}
}

// fault is a faulty engine and the checks that fail because of it.
type fault struct {
	engine faultyEngine
	want   []check
}

// Each fault fails the check for it and, unless it breaks more, no other. Each check fails for some fault.
func TestFaults(t *testing.T) {
	failed := map[check]bool{}
	for name, c := range faults() {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, failedChecks(t, testVideo, c.engine))
		})
		for _, check := range c.want {
			failed[check] = true
		}
	}
	failed[checkSideData] = true                       // see TestSideData
	failed[checkRuns], failed[checkClips] = true, true // see TestFaultyRunsAndClips
	for _, c := range checks {
		assert.True(t, failed[c.name], "no fault fails %s", c.name)
	}
}

// failedChecks returns the checks of GOPs that an engine fails with a file, in the order of checks.
func failedChecks(t *testing.T, file string, e faultyEngine) []check {
	t.Helper()
	return slices.DeleteFunc(allFailedChecks(t, file, e), func(c check) bool {
		return c == checkRuns || c == checkClips
	})
}

// allFailedChecks returns all checks that an engine fails with a file, in the order of checks.
func allFailedChecks(t *testing.T, file string, e faultyEngine) []check {
	t.Helper()
	r := checkVideo(t, t.Context(), file, e)
	assert.Equal(t, r.Failed > 0, r.Outcome == fallsShort)
	var failed []check
	for _, c := range checks {
		if slices.ContainsFunc(r.Failures, func(f failure) bool { return f.Check == c.name }) {
			failed = append(failed, c.name)
		}
	}
	return failed
}

// checkVideo checks a file of testdata with a faulty engine.
func checkVideo(t *testing.T, ctx context.Context, file string, e faultyEngine) *result {
	t.Helper()
	folder, err := library.OpenFolder(testdata, library.FolderConfig{})
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	config := av.NewDefaultConfig()
	correct := av.New(config, slog.New(slog.DiscardHandler))
	defer correct.Close()
	e.engine = correct
	v, err := folder.Stat(t.Context(), file)
	require.NoError(t, err)
	c := &checker{engine: e, folder: folder, maxPackets: config.MaxPackets}
	return c.check(ctx, v, func(float64) {})
}

// A run that is interrupted within a file records no failure.
func TestInterruptedWithinFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := checkVideo(t, ctx, testVideo, faultyEngine{gop: func(n int) int {
		cancel()
		return n
	}})
	assert.Equal(t, interrupted, r.Outcome)
	assert.Empty(t, r.Failures)
}
