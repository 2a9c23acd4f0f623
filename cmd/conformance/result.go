package main

import (
	"fmt"
	"strings"
)

// check names one property that is checked.
type check string

// The checks, in the order of the help text.
const (
	checkListing   check = "listing"
	checkSegment   check = "segment"
	checkPayloads  check = "payloads"
	checkKeyframes check = "keyframes"
	checkStart     check = "start"
	checkPTS       check = "pts"
	checkDTS       check = "dts"
	checkDuration  check = "duration"
	checkAudio     check = "audio"
	checkSync      check = "sync"
	checkLayout    check = "layout"
	checkTracks    check = "tracks"
	checkSideData  check = "side-data"
	checkComplete  check = "complete"
	checkRuns      check = "runs"
	checkClips     check = "clips"
)

// checks describes what each check requires.
var checks = []struct {
	name  check
	about string
}{
	{checkListing, "the listing has the file's GOPs with their frames, bytes, times and leading frames"},
	{checkSegment, "each GOP can be cut, and its mp4 can be read"},
	{checkPayloads, "the mp4 has exactly the video packets of the GOP, in order"},
	{checkKeyframes, "the first packet of each GOP alone is a key; leading frames are not presented"},
	{checkStart, "the keyframe, or the first frame that the file does not trim, is presented at 0"},
	{checkPTS, "every frame keeps its distance from the keyframe, within 1.1 ms"},
	{checkDTS, "decode times increase from packet to packet"},
	{checkDuration, "the GOP lasts until the first frame of the next GOP, within one frame"},
	{checkAudio, "all audio packets that overlap the GOP are there in order, at most one more at each end"},
	{checkSync, "audio stays in sync with the video, within 5 ms"},
	{checkLayout, "the mp4 is ftyp, moov and mdat, has no fragments, and its edit lists are consistent"},
	{checkTracks, "codec, size, sample aspect ratio, rotation and mirroring are those of the file"},
	{checkSideData, "color, HDR, Dolby Vision, stereo, projection and layers are those of the file"},
	{checkComplete, "the GOPs together hold every video packet from the first keyframe on, once"},
	{checkRuns, "each run of the first seven GOPs holds and presents all of them, like a GOP"},
	{checkClips, "20 exact clips present the frames on screen during their times, from the start on"},
}

// outcome is the verdict on a file.
type outcome string

const (
	conforms    outcome = "conforms"
	refused     outcome = "refused"     // with a reason
	fallsShort  outcome = "falls short" // at least one check failed
	interrupted outcome = "interrupted" // the run ended first
)

// failure is one failed check.
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

const (
	maxFailures        = 20 // kept of each file; later ones are only counted
	maxPrintedFailures = 3  // of each file, unless --verbose
)

// result is the outcome of one file and the failures behind it.
type result struct {
	Name     string    `json:"name"`
	Outcome  outcome   `json:"outcome"`
	Reason   string    `json:"reason,omitempty"` // of a refusal
	GOPs     int       `json:"gops"`             // that were cut
	Failed   int       `json:"failed"`           // number of failures
	Failures []failure `json:"failures"`         // the first maxFailures
	Notes    []string  `json:"notes"`            // checks that were skipped, and why

	noted map[string]bool
}

func newResult(name string, o outcome) *result {
	return &result{Name: name, Outcome: o, Failures: []failure{}, Notes: []string{}}
}

// fail records a failure; gop is -1 for the file as a whole.
func (r *result) fail(c check, gop int, format string, args ...any) {
	r.Failed++
	if len(r.Failures) < maxFailures {
		r.Failures = append(r.Failures, failure{c, gop, fmt.Sprintf(format, args...)})
	}
}

// skip records that a check was skipped. It records each reason once per file.
func (r *result) skip(c check, reason string) {
	note := fmt.Sprintf("%s not checked: %s", c, reason)
	if r.noted[note] {
		return
	}
	if r.noted == nil {
		r.noted = map[string]bool{}
	}
	r.noted[note] = true
	r.Notes = append(r.Notes, note)
}

// line formats the result as one line.
func (r *result) line(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", r.Name, r.Outcome)
	if r.Reason != "" {
		fmt.Fprintf(&b, ": %s", r.Reason)
	}
	printed := r.Failures
	if !verbose {
		printed = printed[:min(len(printed), maxPrintedFailures)]
	}
	for _, f := range printed {
		fmt.Fprintf(&b, "; %s", f)
	}
	if more := r.Failed - len(printed); more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	if verbose {
		for _, note := range r.Notes {
			fmt.Fprintf(&b, " (%s)", note)
		}
	}
	return b.String()
}
