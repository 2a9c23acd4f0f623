package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the result of a run.
type report struct {
	Date     time.Time `json:"date"`
	Machine  machine   `json:"machine"`
	Rounds   int       `json:"rounds"`
	Quick    bool      `json:"quick"`
	Seconds  float64   `json:"seconds"`
	Sections []section `json:"sections"`
}

// targets returns the targets of all parts.
func (r *report) targets() []target {
	var all []target
	for _, s := range r.Sections {
		all = append(all, s.Targets...)
	}
	return all
}

// writeText writes the report as text.
func (r *report) writeText(w io.Writer) error {
	out := &strings.Builder{}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "%s: %s\n", s.Part, s.Title)
		for _, t := range s.tables() {
			out.WriteString("\n" + t.text())
		}
		for _, c := range s.Comparisons {
			if c.Note != "" {
				fmt.Fprintf(out, "%s: %s\n", c.What, c.Note)
			}
		}
		out.WriteString("\n")
	}
	out.WriteString(targetTable(r.targets()).text())
	_, err := io.WriteString(w, out.String())
	return err
}

// text formats the table with aligned columns.
func (t table) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // a Builder never fails
	return b.String()
}

// writeJSON writes all measurements.
func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// writeDoc writes the report as Markdown.
func (r *report) writeDoc(w io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "# Benchmarks\ngop compared with ffmpeg, ffprobe and nginx. Written by "+
		"`scripts/bench` on %s; the run took %s. ",
		r.Date.UTC().Format("2 January 2006"), (time.Duration(r.Seconds) * time.Second).String())
	fmt.Fprintf(out, "Each contender runs once in each of %d rounds. A figure is the median of the rounds, "+
		"with the minimum and maximum in parentheses; "+
		"a ratio is computed per round. CPU is the mean CPU time per request of the server's processes or "+
		"the program; peak is their peak memory.\n\n", r.Rounds)
	if r.Quick {
		out.WriteString("This was a quick run (`--quick`): its figures are rough.\n\n")
	}
	out.WriteString(r.Machine.table().markdown())
	if targets := r.targets(); len(targets) > 0 {
		out.WriteString("\n## Targets\n" + targetTable(targets).markdown())
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\n## %s\n%s\n", s.Title, s.About)
		for _, c := range s.Comparisons {
			about := []string{"**" + c.What + "**"}
			for _, text := range []string{c.About, c.Note} {
				if text != "" {
					about = append(about, strings.TrimSuffix(text, ".")+".")
				}
			}
			fmt.Fprintf(out, "\n%s\n\n%s", strings.Join(about, " "), c.table().markdown())
		}
		for _, t := range s.Tables {
			out.WriteString("\n" + t.markdown())
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdown formats the table as Markdown.
func (t table) markdown() string {
	var b strings.Builder
	row := func(cells []string) {
		escaped := make([]string, len(cells))
		for i, c := range cells {
			escaped[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(escaped, " | ") + " |\n")
	}
	row(t.Head)
	b.WriteString(strings.Repeat("|---", len(t.Head)) + "|\n")
	for _, r := range t.Rows {
		row(r)
	}
	return b.String()
}
