package main

import (
	"gop/internal/gops"
	"gop/internal/media"
	"gop/video"
)

// dropStrays removes the times of damaged video packets, which no check can use, and repairs those of audio
// packets, as the index does. See gops.Strays.
func (t *track) dropStrays(kind video.TrackKind) {
	if len(t.samples) == 0 {
		return
	}
	jump := int64(video.Ticks(10).Rescale(video.Rational{Num: 1, Den: 1}, t.timeBase))
	const stream = 0
	s := gops.Strays[*sample]{Video: stream, Jump: func(int) int64 { return jump }}
	if kind != video.VideoTrack {
		s.Video = stream + 1
	}
	s.Emit = func(p media.Packet, of *sample) error {
		pts, dts := video.Ticks(p.PTS), video.Ticks(p.DTS)
		switch isStray := of.hasPTS && pts != of.pts || of.hasDTS && dts != of.dts; {
		case isStray && kind == video.VideoTrack:
			of.pts, of.dts, of.hasPTS, of.hasDTS = 0, 0, false, false
		case isStray:
			of.pts, of.dts = pts, dts
		}
		return nil
	}
	add := func(i int) error {
		in := &t.samples[i]
		p := media.Packet{
			PTS: media.NoPTS, DTS: media.NoPTS, Duration: int64(in.duration), Pos: in.pos, Key: in.key,
		}
		if in.hasPTS {
			p.PTS = int64(in.pts)
		}
		if in.hasDTS {
			p.DTS = int64(in.dts)
		}
		return s.Add(p, in)
	}
	for i := range t.samples {
		_ = add(i) // Emit does not fail
	}
	_ = s.End()
}
