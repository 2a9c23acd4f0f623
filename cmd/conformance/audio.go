package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gop/video"
)

// checkAudio checks that the segment has the GOP's audio packets, in order and in sync.
func (f *fileCheck) checkAudio(seg *segment, g group) {
	if f.audio == nil {
		if len(seg.audio.samples) > 0 {
			f.fail(checkAudio, seg.n, "the segment has audio, the listing says it has none")
		}
		f.skip(checkAudio, noAudioReason(f.ix))
		return
	}
	if seg.audioLeftOut != "" {
		f.skip(checkAudio, seg.audioLeftOut)
		return
	}
	start, ok := g.start()
	switch {
	case !ok:
		f.skip(checkAudio, "some keyframes have no time")
		return
	case f.restarts:
		f.skip(checkAudio, "the file's clock restarts, so times do not assign audio to a GOP")
		return
	}
	from := g.track.seconds(start)
	to := from + g.track.seconds(seg.run.Duration())
	if f.source.audio.damage != nil && to > f.source.audio.end() {
		f.skip(checkAudio, "the audio is damaged; only the packets before the damage were checked")
		return
	}
	want := f.overlapping(from, to)
	got := seg.audio.samples
	if strings.HasPrefix(f.audio.Codec, "pcm_") {
		f.checkPCM(seg, want, from)
		return
	}
	if len(want) == 0 {
		if len(got) > 2 {
			f.fail(checkAudio, seg.n, "the segment has %d audio packets, the GOP has none", len(got))
		}
		return
	}
	// The segment may have one packet more at the start. Packets of silence are equal, so if both alignments
	// fit, the times decide.
	offset, problem := f.compareAudio(seg, want, got, from)
	if len(got) > len(want) {
		nextOffset, nextProblem := f.compareAudio(seg, want, got[1:], from)
		if nextProblem == "" && (problem != "" || math.Abs(nextOffset) < math.Abs(offset)) {
			offset, problem = nextOffset, nextProblem
		}
	}
	if problem != "" {
		f.fail(checkAudio, seg.n, "%s", problem)
	} else if f.audio.Codec == "vorbis" {
		f.skip(checkSync,
			"libav's mp4 demuxer starts Vorbis with a whole packet, whatever the edit list says")
	} else if math.Abs(offset) > syncTolerance {
		f.fail(checkSync, seg.n, "the audio is off by %.4f s", offset)
	}
}

// checkPCM checks PCM audio by time: each container groups PCM samples into packets of its own size.
func (f *fileCheck) checkPCM(seg *segment, want []sample, from float64) {
	got := seg.audio.samples
	switch {
	case len(want) == 0:
		return
	case len(got) == 0:
		f.fail(checkAudio, seg.n, "the segment has no audio, the GOP has")
		return
	}
	end := func(t *track, s sample) float64 { return t.seconds(s.pts + s.duration) }
	wantStart := max(f.source.audio.seconds(want[0].pts)-from, 0)
	duration := f.source.video.seconds(seg.run.Duration())
	wantEnd := min(end(&f.source.audio, want[len(want)-1])-from, duration)
	gotStart, gotEnd := seg.audio.seconds(got[0].pts), end(&seg.audio, got[len(got)-1])
	if gotStart > wantStart+syncTolerance || gotEnd < wantEnd-syncTolerance {
		f.fail(checkAudio, seg.n, "the segment has audio from %.4f to %.4f s, the GOP from %.4f to %.4f s",
			gotStart, gotEnd, wantStart, wantEnd)
	}
}

// clockRestarts reports whether a GOP starts at or before the start of the GOP before it.
func clockRestarts(groups []group) bool {
	for i := 1; i < len(groups); i++ {
		previous, known := groups[i-1].start()
		start, ok := groups[i].start()
		if known && ok && start <= previous {
			return true
		}
	}
	return false
}

// compareAudio compares the audio packets of a segment, whose GOP starts at from, with those of the file. It
// returns the largest time offset in seconds, or the first problem.
func (f *fileCheck) compareAudio(
	seg *segment, want, got []sample, from float64,
) (offset float64, problem string) {
	if len(got) < len(want) || len(got) > len(want)+1 {
		return 0, fmt.Sprintf("the segment has %d audio packets, the GOP has %d", len(got), len(want))
	}
	for i, s := range want {
		if got[i].sum != s.sum {
			return 0, fmt.Sprintf("audio packet %d of %d is missing or out of order", i, len(want))
		}
		d := seg.audio.seconds(got[i].pts) - (f.source.audio.seconds(s.pts) - from)
		if math.Abs(d) > math.Abs(offset) {
			offset = d
		}
	}
	return offset, ""
}

// end returns when the last sample ends, in seconds; 0 if there is none.
func (t *track) end() float64 {
	if len(t.samples) == 0 {
		return 0
	}
	last := t.samples[len(t.samples)-1]
	return t.seconds(last.pts + max(last.duration, 0))
}

// maxDisorder is how much earlier, in seconds, an audio packet may be than the packets before it.
const maxDisorder = 10

// usualDuration returns the most frequent duration of the samples of an audio codec whose frames all have
// the same number of samples, or 0 for other codecs.
func usualDuration(codec string, samples []sample) (usual video.Ticks) {
	if !slices.Contains([]string{"aac", "mp3", "ac3", "eac3", "alac"}, codec) {
		return 0
	}
	counts := map[video.Ticks]int{}
	for _, s := range samples {
		if counts[s.duration]++; counts[s.duration] > counts[usual] {
			usual = s.duration
		}
	}
	return usual
}

// durationOf returns the duration of samples[0]. If the file has none, it is the distance to the next sample.
// In an mp4 the last sample before a hole has the duration of the hole; it is presented for the usual one.
func durationOf(samples []sample, usual video.Ticks) video.Ticks {
	s := samples[0]
	if usual > 0 && s.duration > 2*usual {
		return usual
	}
	if s.duration <= 0 && len(samples) > 1 && samples[1].hasPTS {
		return max(samples[1].pts-s.pts, 0)
	}
	return max(s.duration, 0)
}

// overlapping returns the audio packets of the file that overlap the interval from, to in seconds by more
// than timeTolerance. from must not decrease from call to call.
func (f *fileCheck) overlapping(from, to float64) []sample {
	var found []sample
	started := false
	all := f.source.audio.samples[f.audioStart:]
	for i, s := range all {
		if !s.hasPTS {
			f.skip(checkAudio, "some audio packets have no time")
			continue
		}
		if s.discard {
			continue
		}
		start := f.source.audio.seconds(s.pts)
		end := start + f.source.audio.seconds(durationOf(all[i:], f.usualAudio))
		if !started && end > from-maxDisorder {
			// A file may have millions of packets: later GOPs skip the packets before this one.
			started = true
			f.audioStart += i
		}
		if start < to-timeTolerance && end > from+timeTolerance {
			found = append(found, s)
		}
		if start > to+maxDisorder {
			break
		}
	}
	return found
}

func noAudioReason(ix *video.Index) string {
	if reason := ix.AudioUnsupported(); reason != "" {
		return reason
	}
	return "the file has none"
}
