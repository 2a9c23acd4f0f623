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

// report is the result of a run.
type report struct {
	Conform    int       `json:"conform"`
	Refused    int       `json:"refused"`
	FallShort  int       `json:"fall_short"`
	GOPs       int       `json:"gops"`
	Seconds    float64   `json:"seconds"`
	Incomplete bool      `json:"incomplete"` // the run was interrupted
	Files      []*result `json:"files"`
}

// checkAll checks the files of the folder, prints the results and returns the exit status.
func checkAll(ctx context.Context, c *checker, o options, stdout, stderr io.Writer) (int, error) {
	started := time.Now()
	all, err := c.folder.List(ctx, math.MaxInt)
	switch {
	case ctx.Err() != nil:
		return statusFallsShort, errors.New("interrupted")
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
		return statusUsage, fmt.Errorf("no matching videos in %s", o.Dir)
	}

	bar := newProgressBar(stderr, videos)
	defer bar.close()
	r := &report{Files: make([]*result, len(videos))}
	parallel(o.Jobs, len(videos), func(i int) {
		one := newResult(videos[i].Name, interrupted)
		if ctx.Err() == nil {
			one = c.check(ctx, videos[i], func(fraction float64) { bar.update(i, fraction) })
		}
		r.Files[i] = one
		bar.finish(i, one)
	})
	bar.close()

	r.count()
	r.Seconds = time.Since(started).Seconds()
	r.print(stdout, o.Verbose)
	if o.JSON != "" {
		if err := r.writeJSON(o.JSON); err != nil {
			return statusFallsShort, err
		}
	}
	if r.FallShort > 0 || r.Incomplete {
		return statusFallsShort, nil
	}
	return statusConforms, nil
}

// parallel calls work for 0 to n-1 in order, with at most jobs calls at a time.
func parallel(jobs, n int, work func(i int)) {
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

// print writes a line for each file that falls short, or with verbose for every file, and the totals.
func (r *report) print(w io.Writer, verbose bool) {
	for _, f := range r.Files {
		if f.Outcome == fallsShort || verbose {
			_, _ = fmt.Fprintln(w, f.line(verbose))
		}
	}
	if r.Incomplete {
		_, _ = fmt.Fprintln(w, "interrupted: some files were not checked, or only in part")
	}
	_, _ = fmt.Fprintf(w, "%d conform, %d refused, %d fall short of %d files, %d GOPs, in %.1f s\n",
		r.Conform, r.Refused, r.FallShort, len(r.Files), r.GOPs, r.Seconds)
}

func (r *report) writeJSON(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
