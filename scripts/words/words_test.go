package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// found are the words that the check of a tree with one file finds, with their lines.
func found(t *testing.T, name, text string, exceptions ...exception) []string {
	t.Helper()
	findings, err := checkTree(fstest.MapFS{name: {Data: []byte(text)}}, exceptions)
	require.NoError(t, err)
	var got []string
	for _, f := range findings {
		line, _, _ := strings.Cut(f.String(), " -> ")
		got = append(got, strings.TrimPrefix(line, name+":"))
	}
	return got
}

func TestWords(t *testing.T) {
	for name, c := range map[string]struct {
		path, text string
		want       []string
	}{
		"prose": {
			"a.md", "The film\nand its sound.\n", []string{"1: film", "2: sound"},
		},
		"parts of identifiers": {
			"a/b.go", "func filmOf(keyPICTURE, SoundTrack int)\n",
			[]string{"1: film", "1: picture", "1: sound"},
		},
		"parts after capitals": {
			"a/b.go", "var GOPPicture int\n", []string{"1: picture"},
		},
		"parts between underscores": {
			"a/b.c", "int gop_film_of;\n", []string{"1: film"},
		},
		"no part of a longer word": {
			"a.md", "soundness, filmography\n", nil,
		},
		"a term": {
			"a.md", "A group of pictures, group-of-pictures, groupOfPictures, picture parameter set.\n", nil,
		},
		"a term that is none": {
			"a.md", "A group of two pictures.\n", []string{"1: pictures"},
		},
		"an option": {
			"a.md", "Set `--read-ahead`.\n", []string{"1: read ahead", "1: --read-ahead"},
		},
		"a phrase over two lines": {
			"a/b.go", "// as so\n// many\n", []string{"1: so many"},
		},
		"no phrase over punctuation": {
			"a.md", "It is so. Many are.\n", nil,
		},
		"no phrase over paragraphs": {
			"a.md", "So\n\nmany\n", nil,
		},
		"code between comments": {
			"a/b.go", "x := so\n// many\n", nil,
		},
		"who as a noun": {
			"a.md", "Who asks waits. It is for who asks. A user who asks waits.\n",
			[]string{"1: who", "1: who"},
		},
		"questions": {
			"a.md", "Who may ask? What is it?\n", nil,
		},
		"what as a noun": {
			"a/b.go", "// What is cached is sent.\n", []string{"1: what"},
		},
		"what as a name": {
			"a/b.go", "\tWhat string // of it\n", nil,
		},
		"media code": {
			"av/b.go", "// It is shown.\n", []string{"1: shown"},
		},
		"pages": {
			"templates/b.js", "// It is shown.\n", nil,
		},
		"an identifier": {
			"av/b.go", "reach := \"reach\" // they reach it\n", []string{"1: reach"},
		},
		"an adverb": {
			"a/b.go", "// It is still there.\n", nil,
		},
		"a verb": {
			"a/b.go", "// It encodes frames.\n", nil,
		},
		"a noun": {
			"a/b.go", "// It waits for encodes.\n", []string{"1: for encodes"},
		},
		"a variable": {
			"a/b.go", "encodes := 1\n", []string{"1: encodes"},
		},
		"a test's name": {
			"a/b_test.go", "for _, wants := range all {\n", nil,
		},
		"a name": {
			"a/b.go", "func makeStill() {}\n", []string{"1: makeStill"},
		},
		"a file's name": {
			"av/polite.go", "package av\n", []string{"0: file name"},
		},
		"a script without extension": {
			"scripts/run", "#!/bin/sh\n# grey\n", []string{"2: grey"},
		},
		"no text": {
			"a/b.jpg", "film", nil,
		},
		"test data": {
			"av/testdata/a.md", "film", nil,
		},
		"the lists themselves": {
			"scripts/words/rules.go", "film", nil,
		},
		"what is unreleased": {
			"CHANGELOG.md", "# C\n\n## Unreleased\n- film\n\n## 1.0\n- sound\n", []string{"4: film"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, found(t, c.path, c.text))
		})
	}
}

func TestExceptions(t *testing.T) {
	excuse := exception{"a/*.go", "film", "a reason"}
	assert.Empty(t, found(t, "a/b.go", "// film\n", excuse))
	unused := "scripts/words/exceptions.txt:0: a/*.go: film"
	assert.Equal(t, []string{"1: sound", unused}, found(t, "a/b.go", "// sound\n", excuse))
}

func TestLayout(t *testing.T) {
	wide := strings.Repeat("x", 106) + "\n"
	long := strings.Repeat("x\n", 351)
	for name, c := range map[string]struct {
		path, text string
		want       []string
	}{
		"110 columns": {
			"a.go", "\t" + wide, nil,
		},
		"111 columns": {
			"a.go", "\tx" + wide, []string{"1: 111 columns"},
		},
		"characters": {
			"a.go", strings.Repeat("ä", 110) + "\n", nil,
		},
		"prose": {
			"a.md", "\tx" + wide, nil,
		},
		"350 lines": {
			"a.js", long[2:], nil,
		},
		"351 lines": {
			"a.js", long, []string{"0: 351 lines"},
		},
		"a long test": {
			"a_test.go", long, nil,
		},
		"OpenAPI": {
			"httpapi/openapi.yaml", long, nil,
		},
		"a short README": {
			"README.md", strings.Repeat("x", 8192), nil,
		},
		"a long README": {
			"README.md", strings.Repeat("x", 8193), []string{"0: 8193 bytes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, found(t, c.path, c.text))
		})
	}
}
