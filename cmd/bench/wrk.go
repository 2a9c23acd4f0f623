package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gop/cmd/internal/process"
)

// wrkResult is the output of a wrk run.
type wrkResult struct {
	requests  int64
	perSecond float64
	p50, p99  time.Duration
}

// runWrk runs wrk on url.
func runWrk(ctx context.Context, url string, connections, seconds int) (wrkResult, error) {
	threads := min(2, connections)
	u, err := process.RunToEnd(ctx, nil, "wrk", "--latency", "--timeout", "30s",
		"-t", strconv.Itoa(threads), "-c", strconv.Itoa(connections), "-d", strconv.Itoa(seconds), url)
	if err != nil {
		return wrkResult{}, err
	}
	r, err := parseWrk(string(u.Output))
	if err != nil {
		return r, fmt.Errorf("wrk %s: %w", url, err)
	}
	return r, nil
}

var (
	wrkPercentile = regexp.MustCompile(`(?m)^ +(50|99)% +([0-9.]+(?:us|ms|s|m)) *$`)
	wrkRequests   = regexp.MustCompile(`(?m)^ +([0-9]+) requests in `)
	wrkPerSecond  = regexp.MustCompile(`(?m)^Requests/sec: +([0-9.]+)$`)
	wrkErrors     = regexp.MustCompile(`(?m)^ +(Socket errors:.*|Non-2xx or 3xx responses:.*)$`)
)

// parseWrk parses the output of wrk --latency. Failed requests are an error.
func parseWrk(output string) (wrkResult, error) {
	if m := wrkErrors.FindStringSubmatch(output); m != nil {
		return wrkResult{}, errors.New(m[1])
	}
	var r wrkResult
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	percentiles := map[string]time.Duration{}
	for _, m := range wrkPercentile.FindAllStringSubmatch(output, -1) {
		d, err := time.ParseDuration(m[2])
		check(err)
		percentiles[m[1]] = d
	}
	requests := wrkRequests.FindStringSubmatch(output)
	perSecond := wrkPerSecond.FindStringSubmatch(output)
	if len(percentiles) != 2 || requests == nil || perSecond == nil {
		return r, fmt.Errorf("unexpected output: %q", strings.TrimSpace(output))
	}
	r.p50, r.p99 = percentiles["50"], percentiles["99"]
	var err error
	r.requests, err = strconv.ParseInt(requests[1], 10, 64)
	check(err)
	r.perSecond, err = strconv.ParseFloat(perSecond[1], 64)
	check(err)
	return r, errors.Join(errs...)
}
