package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"gop/video"
)

// report is the result of a run, as JSON has it.
type report struct {
	Conform    int       `json:"conform"`
	Refused    int       `json:"refused"`
	FallShort  int       `json:"fall_short"`
	GOPs       int       `json:"gops"`
	Seconds    float64   `json:"seconds"`
	Incomplete bool      `json:"incomplete"` // it was interrupted
	Files      []*result `json:"files"`
}

// checkAll checks all files of the folder, says what it finds, and returns the exit status.
func checkAll(ctx context.Context, c *checker, o options, stdout, stderr io.Writer) (int, error) {
	began := time.Now()
	all, err := c.folder.List(ctx, math.MaxInt)
	switch {
	case ctx.Err() != nil:
		return statusShort, errors.New("interrupted")
	case err != nil:
		return statusUsage, err
	}
	var videos []video.Video
	for _, v := range all {
		if strings.Contains(v.Name, o.Only) {
			videos = append(videos, v)
		}
	}
	if len(videos) == 0 {
		return statusUsage, fmt.Errorf("there are no such videos in %s", o.Dir)
	}

	bar := newBar(stderr, videos)
	defer bar.close()
	r := &report{Files: make([]*result, len(videos))}
	inParallel(o.Jobs, len(videos), func(i int) {
		one := newResult(videos[i].Name, interrupted)
		if ctx.Err() == nil {
			one = c.check(ctx, videos[i], func(part float64) { bar.at(i, part) })
		}
		r.Files[i] = one
		bar.done(i, one)
	})
	bar.close()

	r.count()
	r.Seconds = time.Since(began).Seconds()
	r.print(stdout, o.Verbose)
	if o.JSON != "" {
		if err := r.write(o.JSON); err != nil {
			return statusShort, err
		}
	}
	if r.FallShort > 0 || r.Incomplete {
		return statusShort, nil
	}
	return statusConform, nil
}

// inParallel does n pieces of work, at most jobs at a time, in their order.
func inParallel(jobs, n int, work func(i int)) {
	next := make(chan int)
	var group sync.WaitGroup
	for range min(jobs, n) {
		group.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

func (r *report) count() {
	for _, f := range r.Files {
		r.GOPs += f.GOPs
		switch f.Outcome {
		case conforms:
			r.Conform++
		case refused:
			r.Refused++
		case fallsShort:
			r.FallShort++
		case interrupted:
			r.Incomplete = true
		}
	}
}

// print writes a line for each file that falls short, or for every one, and the sum.
func (r *report) print(w io.Writer, verbose bool) {
	for _, f := range r.Files {
		if f.Outcome == fallsShort || verbose {
			_, _ = fmt.Fprintln(w, f.line(verbose))
		}
	}
	if r.Incomplete {
		_, _ = fmt.Fprintln(w, "interrupted: some files were not looked at, or not to their end")
	}
	_, _ = fmt.Fprintf(w, "%d conform, %d refused, %d fall short of %d files, %d GOPs, in %.1f s\n",
		r.Conform, r.Refused, r.FallShort, len(r.Files), r.GOPs, r.Seconds)
}

// shownFailures is how many failures of a file a line tells.
const shownFailures = 3

// line says in one line how a file fared.
func (r *result) line(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", r.Name, r.Outcome)
	if r.Reason != "" {
		fmt.Fprintf(&b, ": %s", r.Reason)
	}
	shown := r.Failures
	if !verbose {
		shown = shown[:min(len(shown), shownFailures)]
	}
	for _, f := range shown {
		fmt.Fprintf(&b, "; %s", f)
	}
	if more := r.Failed - len(shown); more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	if verbose {
		for _, note := range r.Notes {
			fmt.Fprintf(&b, " (%s)", note)
		}
	}
	return b.String()
}

func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
