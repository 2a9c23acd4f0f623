package av_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// An idle demuxer need not be opened again.
func TestTimingsOfOpening(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, examplePath)
	var spent []video.StageTimes
	for range 2 {
		timings := new(video.Timings)
		_, err := engine.Index(video.WithTimings(t.Context(), timings), v, 1, open)
		require.NoError(t, err)
		spent = append(spent, timings.Spent())
	}
	assert.Positive(t, spent[0][video.OpenStage])
	assert.Zero(t, spent[1][video.OpenStage])
}
