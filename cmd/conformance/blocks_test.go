package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

// The packets of a block get times between those of blocks; the last block lasts as the one before.
func TestTimeBlocks(t *testing.T) {
	const none = -1
	times := func(all ...video.Ticks) (samples []sample) {
		for _, pts := range all {
			samples = append(samples, sample{pts: pts, hasPTS: pts != none})
		}
		return samples
	}
	audio := track{timeBase: video.Rational{Num: 1, Den: 1000}, samples: times(
		none, 0, none, none, 64, 85, none, 9000, none)}
	audio.timeBlocks()
	var got []video.Ticks
	for _, s := range audio.samples {
		got = append(got, s.pts)
	}
	assert.Equal(t, []video.Ticks{none, 0, 21, 42, 64, 85, 1085, 9000, 10000}, got)
	assert.False(t, audio.samples[0].hasPTS)
	assert.True(t, audio.samples[2].hasPTS)
}

// A packet that follows another in a block is missed.
func TestLacedAudio(t *testing.T) {
	const file = "laced-alac.mkv"
	assert.Empty(t, failedChecks(t, file, faultyEngine{}))
	missing := faultyEngine{packets: without(video.AudioTrack, 1)}
	assert.Equal(t, []check{checkAudio}, failedChecks(t, file, missing))
}
