package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/cmd/internal/stats"
)

func testEntries() []entry {
	entries := make([]entry, 2)
	for i, g := range []struct {
		frames          int
		start, duration string
	}{{25, "0.000000", "1.000000"}, {50, "1.000000", "2.000000"}} {
		entries[i].GOP.Href = fmt.Sprintf("/videos/a.mp4/group-of-pictures/%d.mp4", i)
		entries[i].GOP.Frames = g.frames
		entries[i].GOP.StartTime, entries[i].GOP.DurationTime = g.start, g.duration
	}
	return entries
}

func TestWithQuery(t *testing.T) {
	assert.Equal(t, []string{
		"/videos/a.mp4/group-of-pictures/0.mp4?codec=h264",
		"/videos/a.mp4/group-of-pictures/1.mp4?codec=h264",
	}, withQuery(testEntries(), "codec=h264"))
	assert.Equal(t, []string{"/videos/a.mp4/group-of-pictures/1.mp4"}, lastSegment(testEntries()))
}

func TestExtent(t *testing.T) {
	frames, seconds, err := totals(testEntries())
	require.NoError(t, err)
	assert.Equal(t, 75, frames)
	assert.Equal(t, 3.0, seconds)
	_, _, err = totals([]entry{{}})
	assert.Error(t, err)
}

// ffmpeg performs the transcode that gop performs.
func TestFFmpegArgs(t *testing.T) {
	v := transcodedVideo{width: 640, height: 360}
	args := strings.Join(ffmpegArgs(v, testEntries()[1], "a.mp4", "out.mp4"), " ")
	for _, want := range []string{
		"-threads 2 -ss 1.000000 -i a.mp4 -t 2.000000 ", "scale=640:360:flags=bicubic+accurate_rnd,hue=s=0 ",
		"-c:v libx264 -preset veryfast -crf 23 -threads 1 ", "-c:a copy -f mp4 out.mp4",
	} {
		assert.Contains(t, args, want)
	}
}

func TestEncodedVideosAreMade(t *testing.T) {
	for _, e := range transcodedVideos {
		assert.NotEmpty(t, aboutClip(e.file), e.file)
		assert.Positive(t, e.gops(wholeAmounts))
		assert.Positive(t, e.gops(quickAmounts))
	}
}

func TestSpeedTable(t *testing.T) {
	rows := speedTable([]transcodeSpeed{{
		"a.mp4", "480p H.264", "codec=h264",
		stats.Spread{Median: 30, Min: 30, Max: 31},
		stats.Spread{Median: 100, Min: 90, Max: 110},
		stats.Spread{Median: 4, Min: 4, Max: 4},
	}}).Rows
	assert.Equal(t, [][]string{{"480p H.264", "a.mp4", "?codec=h264", "100 (90–110)", "4", "30 (30–31)"}},
		rows)
}

func TestUncached(t *testing.T) {
	assert.NoError(t, checkUncached("a.mp4", []result{{Contender: "gop", Rounds: []round{{}}}}))
	assert.EqualError(t, checkUncached("a.mp4", []result{{Contender: "gop", Rounds: []round{{}, {Hits: 2}}}}),
		"2 responses for a.mp4 came from the cache of gop")
}
