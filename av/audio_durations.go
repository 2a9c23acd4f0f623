package av

import (
	"slices"

	"gop/internal/media"
	"gop/video"
)

// audioDurations limits the durations of an ISO file's audio packets. A sample lasts until the next one
// (ISO/IEC 14496-12, section 8.6.1.2), so that the last sample before a hole has the duration of the hole.
// The zero value limits nothing.
type audioDurations struct {
	usual   int64 // duration of most packets, in ticks
	longest int64 // largest duration that a packet can have
}

// sampledDurations is the number of packets that determine the usual duration.
const sampledDurations = 4096

// audioDurationsOf derives the limits from the first packets of a track.
func audioDurationsOf(codec media.Codec, base video.Rational, first []indexEntry) audioDurations {
	counts := map[int64]int{}
	d := audioDurations{}
	for i := 1; i < len(first); i++ {
		step := first[i].dts - first[i-1].dts
		if counts[step]++; step > 0 && counts[step] > counts[d.usual] {
			d.usual = step
		}
	}
	fixed := []media.Codec{media.AAC, media.MP3, media.AC3, media.EAC3, media.ALAC}
	switch {
	case d.usual == 0:
		return audioDurations{}
	case slices.Contains(fixed, codec): // all frames have the same number of samples
		d.longest = d.usual * 3 / 2
	case codec == media.Opus: // RFC 6716, section 3.2
		d.longest = int64(video.Ticks(120).Rescale(video.Rational{Num: 1, Den: 1000}, base))
	default:
		return audioDurations{}
	}
	return d
}

// limit returns a duration, or the usual one if it is longer than a packet can be.
func (d audioDurations) limit(duration int64) int64 {
	if d.longest > 0 && duration > d.longest {
		return d.usual
	}
	return duration
}
