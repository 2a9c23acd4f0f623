package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/templates"
)

func TestChart(t *testing.T) {
	page := sevenGOPs()
	chart := page.Chart()
	assert.Equal(t, 4, strings.Count(chart.Regular, "M"))
	assert.True(t, strings.HasPrefix(chart.Regular, "M0 100v-14h104.26v14z"), chart.Regular)
	assert.Equal(t, 6, strings.Count(chart.Irregular, "M"), "a bar and a marker for each GOP")
	assert.True(t, strings.HasSuffix(chart.Irregular, "M894.73 100v-98h104.26v98z"+
		"M315.78 0v5h262.15v-5zM578.94 0v5h104.26v-5zM894.73 0v5h104.26v-5z"), chart.Irregular)
	assert.Nil(t, templates.GOPsPage{GOPs: page.GOPs[:1]}.Chart())
	assert.Nil(t, templates.GOPsPage{GOPs: make([]templates.GOPCell, 2)}.Chart(), "no duration")
}

// oneSecondGOPs returns a page of n GOPs of one second, 25 frames and 100 bytes.
func oneSecondGOPs(n int) templates.GOPsPage {
	page := templates.GOPsPage{GOPs: make([]templates.GOPCell, n)}
	for i := range page.GOPs {
		start := time.Duration(i) * time.Second
		page.GOPs[i] = templates.GOPCell{
			Number: i, Start: start, End: start + time.Second, Frames: 25, Bytes: 100,
		}
	}
	return page
}

// Bars have a minimum width, and the last bar does not extend past the chart.
func TestLastBarIsInsideTheChart(t *testing.T) {
	page := oneSecondGOPs(10_001)
	page.GOPs[9_998].Frames, page.GOPs[10_000].Frames = 1, 1
	page.GOPs[10_000].Bytes = 200
	page.MarkIrregular()
	// One bar, the highest of two overlapping ones, and one marker.
	assert.Equal(t, "M998 100v-98h2v98zM998 0v5h2v-5z", page.Chart().Irregular)
}

// The number of bars is bounded for any number of GOPs. Of overlapping bars the highest is drawn.
func TestChartOfManyGOPs(t *testing.T) {
	page := oneSecondGOPs(50_000)
	for i := range page.GOPs {
		page.GOPs[i].Open = i >= 25_000
	}
	page.GOPs[7].Bytes = 1000
	page.MarkIrregular()
	chart := page.Chart()
	assert.LessOrEqual(t, strings.Count(chart.Regular, "M"), 2000)
	assert.LessOrEqual(t, strings.Count(chart.Irregular, "M"), 1001)
	assert.True(t, strings.HasPrefix(chart.Regular, "M0 100v-98h"), chart.Regular[:20])
	assert.True(t, strings.HasPrefix(chart.Irregular, "M500 100v-9.8h2v9.8z"), chart.Irregular[:20])
}
