// Command words checks the words and the layout of gop's code and docs: see docs/development.md, Style.
// It prints a line for each finding, file:line: word -> replacement, and exits with status 1 if there are
// any.
//
//	usage: go run ./scripts/words [--counts] [DIR]
//
// With --counts it prints the number of findings in each folder instead.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	status, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
	}
	os.Exit(status)
}

// finding is one violation. Line counts from 1; 0 stands for the file as a whole.
type finding struct {
	Path string
	Line int
	Word string
	Use  string
}

func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s -> %s", f.Path, f.Line, f.Word, f.Use)
}

// run is main without its process. It returns the exit status: 1 if anything was found, 2 if the check
// failed.
func run(args []string, stdout io.Writer) (int, error) {
	flags := flag.NewFlagSet("words", flag.ContinueOnError)
	counts := flags.Bool("counts", false, "print the number of findings in each folder")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	findings, err := checkTree(os.DirFS(cmp.Or(flags.Arg(0), ".")), exceptions)
	if err != nil {
		return 2, err
	}
	if *counts {
		printCounts(stdout, findings)
	} else {
		for _, f := range findings {
			_, _ = fmt.Fprintln(stdout, f)
		}
	}
	if len(findings) > 0 {
		return 1, fmt.Errorf("%d findings", len(findings))
	}
	return 0, nil
}

func printCounts(w io.Writer, findings []finding) {
	folders := map[string]int{}
	for _, f := range findings {
		folders[path.Dir(f.Path)]++
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		_, _ = fmt.Fprintf(w, "%5d %s\n", folders[folder], folder)
	}
}

// checkTree checks every file of tree that has a format, in lexical order. An exception that excuses
// nothing is a finding too.
func checkTree(tree fs.FS, exceptions []exception) ([]finding, error) {
	var findings []finding
	used := make([]bool, len(exceptions))
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isSkippedFolder(name):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		format := formatOf(name)
		if format == none {
			return nil
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		text := string(data)
		if format == noExtension {
			sourced := name == "scripts/env" || strings.HasPrefix(name, "scripts/testdata.d/")
			if !strings.HasPrefix(text, "#!") && name != "Dockerfile" && !sourced {
				return nil
			}
			format = shell
		}
		if name == "CHANGELOG.md" {
			text = unreleased(text)
		}
		found := checkLayout(name, format, text)
		if path.Dir(name) != "scripts/words" { // it lists the words
			found = append(found, checkWords(name, format, text)...)
		}
		for _, f := range found {
			if !isExcused(f, exceptions, used) {
				findings = append(findings, f)
			}
		}
		return nil
	})
	for i, e := range exceptions {
		if !used[i] {
			unused := e.path + ": " + e.word
			findings = append(findings, finding{"scripts/words/exceptions.txt", 0, unused, "remove: unused"})
		}
	}
	return findings, err
}

// isExcused reports whether one of the exceptions covers f, and marks those that do as used.
func isExcused(f finding, exceptions []exception, used []bool) bool {
	excused := false
	for i, e := range exceptions {
		matches, err := path.Match(e.path, f.Path)
		if err != nil {
			panic(errors.Join(errors.New(e.path), err))
		}
		if matches && e.word == f.Word {
			used[i], excused = true, true
		}
	}
	return excused
}

// format is the kind of a file, which determines the rules for it.
type format int

const (
	none format = iota
	golang
	c
	script // JavaScript
	shell
	markup // CSS, HTML, YAML, JSON, FFmpeg flags
	prose  // Markdown
	noExtension
)

func formatOf(name string) format {
	switch filepath.Ext(name) {
	case ".go":
		return golang
	case ".c", ".h":
		return c
	case ".js":
		return script
	case ".sh":
		return shell
	case ".css", ".html", ".yaml", ".yml", ".json", ".flags":
		return markup
	case ".md":
		return prose
	case "":
		return noExtension
	}
	return none
}

// isSkippedFolder reports whether a folder holds no text of ours: the repository itself, inputs of tests.
// testdata at the top has a README.
func isSkippedFolder(name string) bool {
	base := path.Base(name)
	if name == "." || name == ".ci" || name == "testdata" {
		return false
	}
	return strings.HasPrefix(base, ".") || base == "testdata" || strings.HasPrefix(name, "testdata/")
}

// unreleased returns the part of a changelog that describes no release yet.
func unreleased(text string) string {
	_, rest, _ := strings.Cut(text, "\n## Unreleased")
	if at := strings.Index(rest, "\n## "); at >= 0 {
		return text[:len(text)-len(rest)+at]
	}
	return text
}
