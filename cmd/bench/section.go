package main

import (
	"fmt"
	"math"
	"strings"

	"gop/cmd/internal/stats"
)

// section is what one part found.
type section struct {
	Part        string       `json:"part"`
	Title       string       `json:"title"`
	About       string       `json:"about"` // what is measured, and how
	Comparisons []comparison `json:"comparisons,omitempty"`
	Figures     any          `json:"figures,omitempty"` // of a part that is no comparison
	Tables      []table      `json:"-"`                 // of such a part
	Targets     []target     `json:"targets"`
}

// comparison is how the contenders fared at the same work.
type comparison struct {
	What    string   `json:"what"`
	About   string   `json:"about,omitempty"` // of the video
	Results []result `json:"results"`         // the first is what the others are held against
	Note    string   `json:"note,omitempty"`
}

// table is rows of text below a head.
type table struct {
	Head []string
	Rows [][]string
}

// tables is all tables of a section.
func (s section) tables() []table {
	var all []table
	for _, c := range s.Comparisons {
		all = append(all, c.table())
	}
	return append(all, s.Tables...)
}

// table has a row for each contender. Each figure is the median of the rounds, followed by the least
// and the greatest; but CPU is the mean of all, and the peak is the greatest.
func (c comparison) table() table {
	t := table{Head: []string{
		c.What, "p50 ms", "p99 ms", "p50 against " + c.Results[0].Contender, "p99 against it",
		"requests a second", "CPU ms", "peak MiB", "requests", "rounds",
	}}
	for _, r := range c.Results {
		t.Rows = append(t.Rows, []string{
			r.Contender, spreadText(stats.SpreadOf(r.values(p50))), spreadText(stats.SpreadOf(r.values(p99))),
			times(ratio(r, c.Results[0], p50)), times(ratio(r, c.Results[0], p99)),
			spreadText(stats.SpreadOf(r.values(perSecond))), number(r.cpu()),
			mebibytes(int64(stats.SpreadOf(r.values(memory)).Max)), fmt.Sprint(r.requests()), fmt.Sprint(len(r.Rounds)),
		})
	}
	return t
}

func times(s stats.Spread) string { return number(s.Median) + "×" }

// spreadText is a median, and between what the values lie where there are several.
func spreadText(s stats.Spread) string {
	if s.Min == s.Max {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Min), number(s.Max))
}

// number is a figure to three digits, or to its last whole one.
func number(f float64) string {
	if f == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(f)))))
	s := fmt.Sprintf("%.*f", min(digits, 4), f)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }

// bytesText is a number of bytes to read.
func bytesText(n float64) string {
	switch {
	case math.Abs(n) < 10<<10:
		return fmt.Sprintf("%.0f bytes", n)
	case math.Abs(n) < 10<<20:
		return number(n/(1<<10)) + " KiB"
	}
	return number(n/(1<<20)) + " MiB"
}
