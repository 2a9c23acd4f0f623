package main

import (
	"fmt"
	"math"
	"strings"

	"gop/cmd/internal/stats"
)

// section is the result of one part.
type section struct {
	Part        string       `json:"part"`
	Title       string       `json:"title"`
	About       string       `json:"about"` // the measured values and the method
	Comparisons []comparison `json:"comparisons,omitempty"`
	Figures     any          `json:"figures,omitempty"` // measurements of a part without comparisons
	Tables      []table      `json:"-"`                 // of those measurements
	Targets     []target     `json:"targets"`
}

// comparison is the results of several contenders for the same work.
type comparison struct {
	What    string   `json:"what"`
	About   string   `json:"about,omitempty"` // describes the video
	Results []result `json:"results"`         // the first is the baseline
	Note    string   `json:"note,omitempty"`
}

// table is a table of text.
type table struct {
	Head []string
	Rows [][]string
}

// tables returns all tables of a section.
func (s section) tables() []table {
	var all []table
	for _, c := range s.Comparisons {
		all = append(all, c.table())
	}
	return append(all, s.Tables...)
}

// table returns a table with a row for each contender. A figure is the median of the rounds with minimum
// and maximum, except for CPU, which is the mean of all requests, and the peak, which is the maximum.
func (c comparison) table() table {
	baseline := c.Results[0].Contender
	t := table{Head: []string{
		c.What, "p50 ms", "p99 ms", "p50 vs. " + baseline, "p99 vs. " + baseline,
		"requests per second", "CPU ms", "peak MiB", "requests", "rounds",
	}}
	for _, r := range c.Results {
		if r.Error != "" {
			row := make([]string, len(t.Head))
			row[0], row[1] = r.Contender, "error: "+firstWords(r.Error, 60)
			t.Rows = append(t.Rows, row)
			continue
		}
		t.Rows = append(t.Rows, []string{
			r.Contender, spreadText(stats.SpreadOf(r.values(p50))), spreadText(stats.SpreadOf(r.values(p99))),
			times(ratio(r, c.Results[0], p50)), times(ratio(r, c.Results[0], p99)),
			spreadText(stats.SpreadOf(r.values(perSecond))), number(r.cpu()),
			mebibytes(int64(stats.SpreadOf(r.values(memory)).Max)),
			fmt.Sprint(r.requests()), fmt.Sprint(len(r.Rounds)),
		})
	}
	return t
}

// firstWords returns the words of a text up to a length, on one line.
func firstWords(text string, length int) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > length {
		return string(line[:length]) + "…"
	}
	return string(line)
}

func times(s stats.Spread) string { return number(s.Median) + "×" }

// spreadText formats a median, with minimum and maximum if they differ.
func spreadText(s stats.Spread) string {
	if s.Min == s.Max {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Min), number(s.Max))
}

// number formats f with three significant digits, or all digits before the point if there are more.
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

// bytesText formats a number of bytes.
func bytesText(n float64) string {
	switch {
	case math.Abs(n) < 10<<10:
		return fmt.Sprintf("%.0f bytes", n)
	case math.Abs(n) < 10<<20:
		return number(n/(1<<10)) + " KiB"
	}
	return number(n/(1<<20)) + " MiB"
}
