package main

import (
	"fmt"
	"math"
	"strings"

	"gop/video"
)

// checkSound looks for the sound of the GOP, in order and at its time.
func (f *fileCheck) checkSound(cut *cutOut, g group) {
	if f.sound == nil {
		if len(cut.sound.samples) > 0 {
			f.fail(checkSound, cut.n, "the cut has sound, and the listing says that it has none")
		}
		f.skip(checkSound, whyNoSound(f.ix))
		return
	}
	start, ok := g.start()
	switch {
	case !ok:
		f.skip(checkSound, "some keys have no time")
		return
	case f.restarts:
		f.skip(checkSound, "the file's clock starts again: times do not tell which sound belongs to a GOP")
		return
	}
	from := g.film.seconds(start)
	want := f.heard(from, from+g.film.seconds(f.ix.GOPs[cut.n].Duration()))
	got := cut.sound.samples
	if strings.HasPrefix(f.sound.Codec, "pcm_") {
		f.checkSamples(cut, want, from)
		return
	}
	if len(want) == 0 {
		if len(got) > 2 {
			f.fail(checkSound, cut.n, "the cut has %d packets of sound, and the GOP none", len(got))
		}
		return
	}
	// There may be one packet before; where packets are alike, as in silence, their times tell
	// which is the first.
	off, wrong := f.compareSound(cut, want, got, from)
	if len(got) > 0 && wrong != "" {
		if offNext, wrongNext := f.compareSound(cut, want, got[1:], from); wrongNext == "" {
			off, wrong = offNext, wrongNext
		}
	}
	if wrong != "" {
		f.fail(checkSound, cut.n, "%s", wrong)
	} else if f.sound.Codec == "vorbis" {
		f.skip(checkSync, "libav's mp4 demuxer lets Vorbis begin with a whole packet, whatever the edit list says")
	} else if math.Abs(off) > syncTick {
		f.fail(checkSync, cut.n, "the sound is off by %.4f s", off)
	}
}

// checkSamples looks for sound of a codec that has no packets: each container puts as many samples
// together as it likes.
func (f *fileCheck) checkSamples(cut *cutOut, want []sample, from float64) {
	got := cut.sound.samples
	switch {
	case len(want) == 0:
		return
	case len(got) == 0:
		f.fail(checkSound, cut.n, "the cut has no sound, and the GOP has")
		return
	}
	end := func(p *track, s sample) float64 { return p.seconds(s.pts + s.duration) }
	first, last := max(f.source.sound.seconds(want[0].pts)-from, 0), end(&f.source.sound, want[len(want)-1])-from
	last = min(last, f.source.film.seconds(f.ix.GOPs[cut.n].Duration()))
	begins, ends := cut.sound.seconds(got[0].pts), end(&cut.sound, got[len(got)-1])
	if begins > first+syncTick || ends < last-syncTick {
		f.fail(checkSound, cut.n, "the cut has sound from %.4f to %.4f s, and the GOP from %.4f to %.4f", begins, ends, first, last)
	}
}

// clockRestarts tells whether a GOP begins at a time at which an earlier one did, or before.
func clockRestarts(groups []group) bool {
	for i := 1; i < len(groups); i++ {
		before, known := groups[i-1].start()
		at, ok := groups[i].start()
		if known && ok && at <= before {
			return true
		}
	}
	return false
}

// compareSound says what is wrong with the packets of a cut, whose film begins at from, or how far
// off the one is that is the furthest, in seconds.
func (f *fileCheck) compareSound(cut *cutOut, want, got []sample, from float64) (off float64, wrong string) {
	if len(got) < len(want) || len(got) > len(want)+1 {
		return 0, fmt.Sprintf("the cut has %d packets of sound, and the GOP %d", len(got), len(want))
	}
	for i, s := range want {
		if got[i].sum != s.sum {
			return 0, fmt.Sprintf("sound packet %d of %d is missing, or not in its place", i, len(want))
		}
		is := cut.sound.seconds(got[i].pts) - (f.source.sound.seconds(s.pts) - from)
		if math.Abs(is) > math.Abs(off) {
			off = is
		}
	}
	return off, ""
}

// disorder is by how much, in seconds, a packet of sound may be earlier than those before it.
const disorder = 10

// lasting is how long the first of some packets of sound lasts: where the file does not tell, until
// the next one.
func lasting(samples []sample) video.Ticks {
	s := samples[0]
	if s.duration <= 0 && len(samples) > 1 && samples[1].hasPTS {
		return max(samples[1].pts-s.pts, 0)
	}
	return max(s.duration, 0)
}

// heard is the packets that sound between two moments, of which the first is later from GOP to GOP.
// One that touches a moment by no more than a tick may be there or not.
func (f *fileCheck) heard(from, to float64) []sample {
	var found []sample
	begun := false
	all := f.source.sound.samples[f.past:]
	for i, s := range all {
		if !s.hasPTS {
			f.skip(checkSound, "some packets of sound have no time")
			continue
		}
		at := f.source.sound.seconds(s.pts)
		end := at + f.source.sound.seconds(lasting(all[i:]))
		if !begun && end > from-disorder {
			// A file may have millions of packets: the next GOP need not look at those before.
			begun = true
			f.past += i
		}
		if at < to-tick && end > from+tick {
			found = append(found, s)
		}
		if at > to+disorder {
			break
		}
	}
	return found
}

func whyNoSound(ix *video.Index) string {
	if reason := ix.AudioUnsupported(); reason != "" {
		return reason
	}
	return "the file has none"
}
