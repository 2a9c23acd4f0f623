package main

import (
	"regexp"
	"strings"
	"unicode"
)

// token is a word of a text: a part of an identifier, or a word of prose.
type token struct {
	text     string // in lower case
	line     int    // from 1
	capital  bool
	broken   bool // punctuation separates it from the token before
	starts   bool // it begins a clause: punctuation other than a comma stands before it
	question bool // the sentence ends in a question mark
}

// checkWords returns the words of a file that the rules ban, in the order of lines and rules.
func checkWords(name string, format format, text string) []finding {
	var findings []finding
	if fileNames.MatchString(name) {
		findings = append(findings, finding{name, 0, "file name", "the subject of the file"})
	}
	lines := strings.Split(text, "\n")
	tokens := tokenize(text)
	for i := range tokens {
		t := tokens[i]
		for _, r := range byWord[t.text] {
			if r.matches(tokens, i) && r.only(name) && !isAllowed(tokens, i, r) {
				findings = append(findings, finding{name, t.line, r.phrase, r.use})
			}
		}
		use, ok := badStarts[t.text]
		if !ok || t.question || !isBadStart(tokens, i) {
			continue
		}
		if format == prose || !isCode(lines[t.line-1], t.text) {
			findings = append(findings, finding{name, t.line, t.text, use})
		}
	}
	for i, line := range lines {
		findings = append(findings, checkLine(name, i+1, line)...)
	}
	return findings
}

func (b banned) matches(tokens []token, i int) bool { return isPhrase(tokens, i, b.words) }

// isPhrase reports whether words stand at tokens[i], with no punctuation among them.
func isPhrase(tokens []token, i int, words []string) bool {
	if i < 0 || i+len(words) > len(tokens) {
		return false
	}
	for k, w := range words {
		if t := tokens[i+k]; t.text != w || k > 0 && t.broken {
			return false
		}
	}
	return true
}

// isAllowed reports whether a term covers the first word of the banned one at tokens[i].
func isAllowed(tokens []token, i int, b banned) bool {
	for _, words := range terms[b.words[0]] {
		for k, w := range words {
			if w == b.words[0] && isPhrase(tokens, i-k, words) {
				return true
			}
		}
	}
	return false
}

// isBadStart reports whether "who" or "what" at tokens[i] stands for a noun. For "what" only a capital
// letter shows that a sentence begins.
func isBadStart(tokens []token, i int) bool {
	t := tokens[i]
	if t.text == "who" && i > 0 && !t.broken && badBeforeWho[tokens[i-1].text] {
		return true
	}
	return t.starts && t.capital
}

// isCode reports whether a word stands in the code of a line, not in its comment or strings.
func isCode(line, word string) bool {
	return strings.Contains(strings.ToLower(code(line)), word)
}

// tokenize splits text into words. Identifiers are split where the case changes, at underscores and at
// digits. The marker of a comment at the start of a line does not separate words.
func tokenize(text string) []token {
	var tokens []token
	first := 0 // token of the sentence that goes on
	separator := "."
	line, atStart := 1, true
	runes := []rune(text)
	for i := 0; i < len(runes); {
		r := runes[i]
		switch {
		case isLetter(r):
			end := i + 1
			for end < len(runes) && isLetter(runes[end]) && !isBoundary(runes, end) {
				end++
			}
			word := string(runes[i:end])
			tokens = append(tokens, token{
				text: strings.ToLower(word), line: line, capital: unicode.IsUpper(r),
				broken: separator != "", starts: strings.Trim(separator, ",") != "",
			})
			separator, atStart, i = "", false, end
			continue
		case r == '\n':
			line++
			if atStart { // an empty line, or one with a comment marker alone
				separator += "."
			}
			atStart = true
		case r == '?' || r == '.' || r == '!':
			if r == '?' {
				for k := first; k < len(tokens); k++ {
					tokens[k].question = true
				}
			}
			first = len(tokens)
			separator += string(r)
		case unicode.IsSpace(r) || unicode.IsDigit(r) || strings.ContainsRune("-_'’", r):
		case atStart && strings.ContainsRune("/#*", r):
			if len(tokens) > 0 && separator == "" && !continues(runes, i) {
				separator = ";"
			}
		default:
			separator += string(r)
			atStart = false
		}
		i++
	}
	return tokens
}

// continues reports whether the line before the one that a comment marker at runes[i] begins is a
// comment too, so that a sentence may go on.
func continues(runes []rune, i int) bool {
	for i > 0 && runes[i-1] != '\n' {
		i--
	}
	end := i - 1
	for i = end; i > 0 && runes[i-1] != '\n'; i-- {
		continue
	}
	if i < 0 || end < 0 {
		return false
	}
	before := strings.TrimSpace(string(runes[i:end]))
	for _, marker := range []string{"//", "#", "*", "/*"} {
		if strings.HasPrefix(before, marker) {
			return true
		}
	}
	return false
}

func isLetter(r rune) bool { return unicode.IsLetter(r) }

// isBoundary reports whether a word of an identifier begins at runes[i]: aB, ABc.
func isBoundary(runes []rune, i int) bool {
	if !unicode.IsUpper(runes[i]) {
		return false
	}
	if unicode.IsLower(runes[i-1]) {
		return true
	}
	return unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

// checkLine matches the patterns for identifiers and options.
func checkLine(name string, number int, line string) []finding {
	var findings []finding
	for _, p := range patterns {
		if !p.only.MatchString(name) {
			continue
		}
		for _, found := range p.code.FindAllString(code(line), -1) {
			findings = append(findings, finding{name, number, found, p.use})
		}
	}
	// cmd/conformance has a --jobs of its own, and the changelog names what changed.
	if strings.HasPrefix(name, "cmd/conformance/") || name == "CHANGELOG.md" {
		return findings
	}
	for _, found := range options.FindAllString(line, -1) {
		findings = append(findings, finding{name, number, found, "docs/configuration.md"})
	}
	return findings
}

var stringLiteral = regexp.MustCompile("\"(\\\\.|[^\"\\\\])*\"|`[^`]*`|'(\\\\.|[^'\\\\])+'")

// code is a line of Go or C without its strings and its comment. Inside a comment or string of several
// lines it is wrong, and patterns have to bear that.
func code(line string) string {
	line = stringLiteral.ReplaceAllString(line, `""`)
	before, _, _ := strings.Cut(line, "//")
	return before
}
