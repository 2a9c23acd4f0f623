package main

import "fmt"

// target is a bound on a measurement of gop.
type target struct {
	What    string  `json:"what"`
	Figure  float64 `json:"figure"`
	Bound   float64 `json:"bound"`
	AtLeast bool    `json:"at_least"` // the bound is a minimum, otherwise a maximum
	Unit    string  `json:"unit"`
}

// atMost returns a target that is met if figure is at most bound.
func atMost(what string, figure, bound float64, unit string) target {
	return target{what, figure, bound, false, unit}
}

// atLeast returns a target that is met if figure is at least bound.
func atLeast(what string, figure, bound float64, unit string) target {
	return target{what, figure, bound, true, unit}
}

// met reports whether the target is met.
func (t target) met() bool {
	if t.AtLeast {
		return t.Figure >= t.Bound
	}
	return t.Figure <= t.Bound
}

// targetTable returns a table with a row for each target.
func targetTable(targets []target) table {
	t := table{Head: []string{"target", "bound", "measured", "met"}}
	for _, one := range targets {
		bound, met := "at most", "no"
		if one.AtLeast {
			bound = "at least"
		}
		if one.met() {
			met = "yes"
		}
		t.Rows = append(t.Rows, []string{
			one.What,
			fmt.Sprintf("%s %s %s", bound, number(one.Bound), one.Unit),
			fmt.Sprintf("%s %s", number(one.Figure), one.Unit), met,
		})
	}
	return t
}
