package main

import "fmt"

// check is the name of one thing that must hold.
type check string

// What is checked, in the order in which help tells it.
const (
	checkListing  check = "listing"
	checkCut      check = "cut"
	checkPayloads check = "payloads"
	checkKeys     check = "keys"
	checkZero     check = "zero"
	checkPTS      check = "pts"
	checkDTS      check = "dts"
	checkDuration check = "duration"
	checkSound    check = "sound"
	checkSync     check = "sync"
	checkLayout   check = "layout"
	checkTracks   check = "tracks"
	checkWhole    check = "whole"
)

// checks says what each check asks for.
var checks = []struct {
	name  check
	about string
}{
	{checkListing, "the listing has the file's GOPs, with their frames, bytes, times and leading pictures"},
	{checkCut, "each GOP can be cut, and the cut can be read"},
	{checkPayloads, "the cut has exactly the packets of the GOP, in their order"},
	{checkKeys, "the first packet is the only key, and exactly the leading pictures are hidden"},
	{checkZero, "the key is shown at 0"},
	{checkPTS, "every picture keeps its distance from the key, within 1.1 ms"},
	{checkDTS, "each packet is decoded later than the one before"},
	{checkDuration, "the GOP lasts until the next one's first picture, within a frame"},
	{checkSound, "all sound of the GOP is there, in order, with at most a packet more at either end"},
	{checkSync, "sound is in sync with the picture, within 5 ms"},
	{checkLayout, "the cut is a plain mp4: moov before mdat, no fragments"},
	{checkTracks, "codec, size, sample aspect and rotation are the file's"},
	{checkWhole, "all GOPs together hold every packet from the first key on, once"},
}

// outcome is how a file fares.
type outcome string

const (
	conforms    outcome = "conforms"
	refused     outcome = "refused" // with a reason
	fallsShort  outcome = "falls short"
	interrupted outcome = "interrupted" // before it came to its end
)

// failure is one thing that does not hold.
type failure struct {
	Check  check  `json:"check"`
	GOP    int    `json:"gop"` // -1 for the file as a whole
	Detail string `json:"detail"`
}

func (f failure) String() string {
	if f.GOP < 0 {
		return fmt.Sprintf("%s: %s", f.Check, f.Detail)
	}
	return fmt.Sprintf("GOP %d, %s: %s", f.GOP, f.Check, f.Detail)
}

// maxFailures is how many failures of one file are kept; the others are only counted.
const maxFailures = 20

// result is what is found out about one file.
type result struct {
	Name     string    `json:"name"`
	Outcome  outcome   `json:"outcome"`
	Reason   string    `json:"reason,omitempty"` // of a refusal
	GOPs     int       `json:"gops"`             // that were cut
	Failed   int       `json:"failed"`           // all failures
	Failures []failure `json:"failures"`         // the first ones
	Notes    []string  `json:"notes"`            // what could not be checked, and why

	noted map[string]bool
}

func newResult(name string, o outcome) *result {
	return &result{Name: name, Outcome: o, Failures: []failure{}, Notes: []string{}}
}

// fail notes a failure; gop is -1 for the file as a whole.
func (r *result) fail(c check, gop int, format string, args ...any) {
	r.Failed++
	if len(r.Failures) < maxFailures {
		r.Failures = append(r.Failures, failure{c, gop, fmt.Sprintf(format, args...)})
	}
}

// skip notes that a check could not be made; for many GOPs it is said once.
func (r *result) skip(c check, why string) {
	note := fmt.Sprintf("%s not checked: %s", c, why)
	if r.noted[note] {
		return
	}
	if r.noted == nil {
		r.noted = map[string]bool{}
	}
	r.noted[note] = true
	r.Notes = append(r.Notes, note)
}
