package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds on the layout of files.
const (
	maxColumns  = 110 // of a line of code
	tabColumns  = 4
	maxLines    = 350 // of a source file that is no test
	maxReadme   = 8 << 10
	readmeName  = "README.md"
	openAPIName = "httpapi/openapi.yaml"
)

// checkLayout checks the length of lines and of the file.
func checkLayout(name string, format format, text string) []finding {
	var findings []finding
	if name == readmeName && len(text) > maxReadme {
		findings = append(findings, finding{name, 0, fmt.Sprintf("%d bytes", len(text)), "at most 8 KiB"})
	}
	isTest := strings.HasSuffix(name, "_test.go")
	lines := strings.Count(text, "\n")
	if isSource(name, format) && !isTest && lines > maxLines {
		findings = append(findings, finding{name, 0, fmt.Sprint(lines, " lines"), "at most 350 lines"})
	}
	if format != golang && format != c && format != script && format != shell {
		return findings
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if n := columns(strings.TrimRight(line, "\r\n")); n > maxColumns {
			findings = append(findings, finding{name, number, fmt.Sprint(n, " columns"), "at most 110"})
		}
	}
	return findings
}

// isSource reports whether the file is written by hand and has a bound on its lines.
func isSource(name string, format format) bool {
	return format != prose && name != openAPIName && !strings.HasSuffix(name, ".json")
}

// columns is the width of a line, in characters.
func columns(line string) int {
	tabs := strings.Count(line, "\t")
	return utf8.RuneCountInString(line) + tabs*(tabColumns-1)
}
