package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

// Faults of runs and exact clips alone are found.
func TestFaultyRunsAndClips(t *testing.T) {
	isClip := func(key *video.SegmentKey) bool { return key.Clip != video.Interval{} }
	const frame = 512 // ticks
	for name, c := range map[string]struct {
		change func(*video.SegmentKey)
		failed check
	}{
		"a run without its last GOP": {func(key *video.SegmentKey) {
			if key.More > 0 && !isClip(key) {
				key.More--
			}
		}, checkRuns},
		"a clip that starts a frame late": {func(key *video.SegmentKey) {
			if isClip(key) {
				key.Clip.From += frame
			}
		}, checkClips},
		"a clip that ends a frame late": {func(key *video.SegmentKey) {
			if isClip(key) {
				key.Clip.To += frame
			}
		}, checkClips},
		"a clip of whole GOPs": {func(key *video.SegmentKey) { key.Clip = video.Interval{} }, checkClips},
	} {
		t.Run(name, func(t *testing.T) {
			failed := allFailedChecks(t, "h264-bframes-aac.mp4", faultyEngine{key: c.change})
			assert.Equal(t, []check{c.failed}, failed)
		})
	}
}
