package main

import "fmt"

// target is what gop is to reach, and what it did.
type target struct {
	What    string  `json:"what"`
	Figure  float64 `json:"figure"`
	Bound   float64 `json:"bound"`
	AtLeast bool    `json:"at_least"` // the bound is the least that will do; else the most
	Unit    string  `json:"unit"`
}

// atMost is reached where the figure is not above the bound.
func atMost(what string, figure, bound float64, unit string) target {
	return target{what, figure, bound, false, unit}
}

// atLeast is reached where the figure is not below the bound.
func atLeast(what string, figure, bound float64, unit string) target {
	return target{what, figure, bound, true, unit}
}

func (t target) reached() bool {
	if t.AtLeast {
		return t.Figure >= t.Bound
	}
	return t.Figure <= t.Bound
}

// targetTable has a row for each target.
func targetTable(targets []target) table {
	t := table{Head: []string{"target", "wanted", "measured", "reached"}}
	for _, one := range targets {
		bound, reached := "at most", "no"
		if one.AtLeast {
			bound = "at least"
		}
		if one.reached() {
			reached = "yes"
		}
		t.Rows = append(t.Rows, []string{
			one.What,
			fmt.Sprintf("%s %s %s", bound, number(one.Bound), one.Unit),
			fmt.Sprintf("%s %s", number(one.Figure), one.Unit), reached,
		})
	}
	return t
}
