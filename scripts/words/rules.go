package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

var (
	//go:embed words.txt
	wordsText string
	//go:embed terms.txt
	termsText string
	//go:embed exceptions.txt
	exceptionsText string
)

var (
	byWord     = parseWords(wordsText)
	terms      = parseTerms(termsText)
	exceptions = parseExceptions(exceptionsText)
)

// banned is a phrase of words.txt.
type banned struct {
	phrase string
	words  []string
	use    string
	only   func(name string) bool // files that the rule is for
}

// exception excuses the findings of a word in the files that match path, as path.Match has it.
type exception struct {
	path, word, reason string
}

// scopes are the files that a rule of words.txt is for.
var scopes = map[string]func(name string) bool{
	"": func(string) bool { return true },
	// Code that speaks of streams and edit lists; on a page, "shown" and "hidden" are plain words.
	"media": regexp.MustCompile(`^(av|internal|video|cmd/bench|cmd/conformance)/.*\.(go|c|h)$`).MatchString,
	// Code that bounds how much is done at a time.
	"limiter": regexp.MustCompile(`^(library/.*|cmd/gop/(flags|serve|metrics))\.go$`).MatchString,
	// All but tests, where want and wants are common names.
	"noTest": func(name string) bool { return !strings.HasSuffix(name, "_test.go") },
}

var ruleLine = regexp.MustCompile(`^(?:\[(\w+)\] )?(.+) -> (.+)$`)

// parseWords returns the phrases by their first word. It panics if a line is malformed.
func parseWords(text string) map[string][]banned {
	rules := map[string][]banned{}
	for line := range entries(text) {
		m := ruleLine.FindStringSubmatch(line)
		if m == nil || scopes[m[1]] == nil {
			panic(fmt.Sprintf("words.txt: %q", line))
		}
		for phrase := range strings.SplitSeq(m[2], ", ") {
			words := strings.Fields(phrase)
			rules[words[0]] = append(rules[words[0]], banned{phrase, words, m[3], scopes[m[1]]})
		}
	}
	return rules
}

// parseTerms returns the terms by each of their words.
func parseTerms(text string) map[string][][]string {
	terms := map[string][][]string{}
	for line := range entries(text) {
		for term := range strings.SplitSeq(line, ", ") {
			words := strings.Fields(term)
			for _, w := range words {
				terms[w] = append(terms[w], words)
			}
		}
	}
	return terms
}

// parseExceptions panics if a line lacks a reason.
func parseExceptions(text string) []exception {
	var exceptions []exception
	for line := range entries(text) {
		parts := strings.SplitN(line, ": ", 3)
		if len(parts) < 3 {
			panic(fmt.Sprintf("exceptions.txt: %q", line))
		}
		exceptions = append(exceptions, exception{parts[0], parts[1], parts[2]})
	}
	return exceptions
}

// entries yields the lines of text that are neither empty nor a comment.
func entries(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.HasPrefix(line, "#") && !yield(line) {
				return
			}
		}
	}
}

// badStarts are words that stand for a noun where they begin a sentence that is no question.
var badStarts = map[string]string{"who": "a noun: a client that …", "what": "a noun", "whoever": "a noun"}

// badBeforeWho are words after which "who" stands for a noun.
var badBeforeWho = map[string]bool{
	"to": true, "by": true, "for": true, "from": true, "with": true, "as": true, "than": true, "and": true,
	"of": true,
}

// pattern bans identifiers that are plain words in prose. It is matched against each line of code of the
// files that match only, without strings and comments.
type pattern struct {
	only, code *regexp.Regexp
	use        string
}

func newPattern(only, code, use string) pattern {
	return pattern{regexp.MustCompile(only), regexp.MustCompile(code), use}
}

var patterns = []pattern{
	newPattern(`\.go$`, `\w+Still\w*|\bStill[A-Z]\w*|\bstill(Of|Path|Key|Decoder|s)?\b`, "thumbnail"),
	newPattern(`\.go$`, `\bvideo\.(Refuse\w*|ReasonOf)\b`, "video.Errorf, video.Message"),
	newPattern(`\.go$`, `\bvideo\.(Left|Place|Origin)\b`, "video.Unsupported, index, CacheStatus"),
	newPattern(`\.go$`, `\b[Ee]ncodes([A-Z]\w*)?\b`, "transcodes"),
	newPattern(`^(av|internal)/.*\.go$`, `\b[Rr]each(Of|es)?\b`, "extent"),
	newPattern(`^av/.*\.go$`, `\bknown[A-Z]\w*|\bisBehind\b`, "cutFromTable, pastEnd"),
	newPattern(`^library/.*\.go$`, `\b(enter|enterIdle|leave|room)\b`, "Acquire, Release, queue length"),
	newPattern(`^httpapi/.*\.go$`, `\b[cC]hoice\w*`, "params"),
	newPattern(`^httpapi/.*\.go$`, `(\btype |\*)document\b`, "cached body"),
	newPattern(`^httpapi/.*\.go$`, `(\btype |\*)(record|Record)\b`, "access log"),
	newPattern(`^httpapi/.*\.go$`, `(\btype |\*)answer\b`, "response writer"),
	newPattern(`^httpapi/.*\.go$`, `(\btype |\*)content\b`, "segment reader"),
	newPattern(`^httpapi/.*\.go$`, `(\btype |\*)(serving|address)\b`, "limits, paths"),
	newPattern(`\.[ch]$`, `\b(sched_yield|SCHED_IDLE|pthread_create|timer_create)\b`, "nice; logic is Go's"),
}

// options are the options of gop serve that were renamed or removed.
var options = regexp.MustCompile(
	`--(jobs|queue-time|index-time|segment-time|encode-time|request-time|write-time|idle-time|drain-time|` +
		`header-time|refusal-time|burst-time|standing-time|encodes|encode-queue|encode-preset|large-preset|` +
		`encode-quality|encode-threads|max-encode-frames|read-ahead|max-header-bytes|max-url-bytes|` +
		`document-cache-bytes|max-alloc-bytes|idle-bytes)\b|` +
		`\bGOP_(JOBS|ENCODE\w*|LARGE_PRESET|READ_AHEAD|` +
		`(QUEUE|BURST|STANDING|INDEX|SEGMENT|REQUEST|WRITE)_TIME)\b`)

// fileNames are names of files that are too common as words to be in words.txt.
var fileNames = regexp.MustCompile(
	`^(av/(known|polite|reach|reference|shown|still|wanted|yield)|library/(ahead|flights|jobs)|` +
		`httpapi/(address|answer|choice|content|document|grammar|record|serving)|` +
		`templates/address)(_test)?\.\w+$`)
