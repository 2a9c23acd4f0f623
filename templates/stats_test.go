package templates_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/templates"
)

// sevenGOPs returns a page of GOPs of 2, 2, 2, 5, 2, 4 and 2 seconds. GOP 4 has a single frame and GOP 6 is
// open.
func sevenGOPs() templates.GOPsPage {
	page := templates.GOPsPage{}
	at := time.Duration(0)
	for i, d := range []time.Duration{2, 2, 2, 5, 2, 4, 2} {
		page.GOPs = append(page.GOPs, templates.GOPCell{
			Number: i, Start: at * time.Second, End: (at + d) * time.Second,
			Frames: 25, Bytes: int64(1000 * (i + 1)),
		})
		at += d
	}
	page.GOPs[4].Frames = 1
	page.GOPs[6].Open = true
	page.MarkIrregular()
	return page
}

func TestBadges(t *testing.T) {
	var labels []string
	for _, g := range sevenGOPs().GOPs {
		label := ""
		for _, b := range g.Badges() {
			label += b.Label
			assert.NotEmpty(t, b.Description)
		}
		labels = append(labels, label)
	}
	assert.Equal(t, []string{"", "", "", "long", "one frame", "", "open"}, labels)
}

func TestStats(t *testing.T) {
	assert.Equal(t, templates.GOPStats{
		MeanDuration: 19 * time.Second / 7, MaxDuration: 5 * time.Second,
		BitRate: 8 * 28_000 / 19, Open: 1, Irregular: 3,
	}, sevenGOPs().Stats())
	assert.Zero(t, templates.GOPsPage{}.Stats())
}

// A property that most GOPs of a video have does not make them irregular.
func TestMarkIrregular(t *testing.T) {
	gop := templates.GOPCell{End: time.Second, Frames: 25}
	single, open, long := gop, gop, gop
	single.Frames, single.End = 1, 40*time.Millisecond
	open.Open = true
	long.End = 3 * time.Second
	type cells = []templates.GOPCell
	for name, c := range map[string]struct {
		gops      cells
		irregular []bool
	}{
		"no GOPs":          {nil, nil},
		"single frames":    {cells{single, single, single, single}, []bool{false, false, false, false}},
		"one is longer":    {cells{single, single, gop, single}, []bool{false, false, true, false}},
		"one single frame": {cells{gop, single, gop, gop}, []bool{false, true, false, false}},
		"most are open":    {cells{gop, open, open, open}, []bool{false, false, false, false}},
		"half are open":    {cells{gop, open, gop, open}, []bool{false, true, false, true}},
		"open and long":    {cells{open, open, long, open}, []bool{false, false, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			page := templates.GOPsPage{GOPs: c.gops}
			page.MarkIrregular()
			var irregular []bool
			count := 0
			for _, g := range page.GOPs {
				irregular = append(irregular, g.Irregular)
				if g.Irregular {
					count++
				}
				hasBadge := len(g.Badges()) > 0 && g.Badges()[0].Label == "open"
				assert.Equal(t, g.Open, hasBadge, "an open GOP has its badge, irregular or not")
			}
			assert.Equal(t, c.irregular, irregular)
			assert.Equal(t, count, page.Stats().Irregular)
		})
	}
}
