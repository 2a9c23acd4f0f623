package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"gop/cmd/internal/stats"
)

// Limits of the promises.
const (
	maxStalledExcess = 500 * time.Millisecond // over stalledLimit
	// A video whose storage begins to hang keeps a worker for 20 ms, and stalledClients request some at once.
	maxHealthyDelay = 250 * time.Millisecond
	maxReadyTime    = time.Second // of recovery
)

// stalledFigures are the results of stalled storage and of the requests beside it.
type stalledFigures struct {
	time          time.Duration // of one measurement
	alone, beside [][]reply     // for healthy videos, by round
	stalled       []reply       // for videos whose storage hangs
	calls         float64       // most calls that were stalled at a time
	full          float64       // stalled calls when more videos are requested than the bound allows
	exceeding     []reply       // more requests for such videos than the server may have calls
	unready       int           // status of /readyz then
	recovery      time.Duration // from when the storage responds until /readyz succeeds
	recovered     []reply       // for the videos whose storage hung, after that
	peak          int64         // peak resident memory of the server, in bytes
}

const stalledText = `## Beside stalled storage

A folder has two videos, and a FUSE file system with %d more. %d requests per second for GOPs of the two, ` +
	`which are not cached, arrive alone for %s. They arrive again while the file system hangs and %d ` +
	`clients request GOPs of %d of its videos, one after another. The time limit of these requests is %s. ` +
	`This is repeated in %d rounds. In one half of the rounds all calls to the file system hang, in the ` +
	`other half only reads. Then the listings of all its videos are requested at the same time, which is ` +
	"more than `--storage-calls=%d` allows. At last the file system responds, and they are requested " +
	`again. The delay of healthy videos is the longest of the rounds. The memory limit is %d MiB. The ` +
	`clients and the file system run on the same cores as the server.

| | requests | status 200 | status 504 | status 503 | other | p50 | p99 | maximum |
|---|---|---|---|---|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f stalledFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, stalledText, stalledVideos, healthyRate, f.time, stalledClients, stalledNames,
		stalledLimit, len(stalls), stalledCalls, stalledMemory>>20)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"healthy, alone", slices.Concat(f.alone...)},
		{"healthy, beside stalled storage", slices.Concat(f.beside...)},
		{"stalled", f.stalled},
		{"stalled, more than calls", f.exceeding},
		{"after the storage responds", f.recovered},
	} {
		ok, timeouts := times(row.replies, http.StatusOK), times(row.replies, http.StatusGatewayTimeout)
		refused := times(row.replies, http.StatusServiceUnavailable)
		took := slices.Concat(ok, timeouts, refused)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %s | %s | %s |\n", row.name,
			len(row.replies), len(ok), len(timeouts), len(refused), len(row.replies)-len(took),
			text(stats.Percentile(took, 50)), text(stats.Percentile(took, 99)),
			text(stats.Percentile(took, 100)))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, f.promises())
}

// promises compares the figures with their limits.
func (f stalledFigures) promises() []promise {
	healthy := slices.Concat(slices.Concat(f.alone...), slices.Concat(f.beside...))
	served, ended := len(times(healthy, http.StatusOK)), times(f.stalled, http.StatusGatewayTimeout)
	var slowest time.Duration
	for _, r := range slices.Concat(f.stalled, f.exceeding) {
		slowest = max(slowest, r.took)
	}
	refused := len(times(f.exceeding, http.StatusServiceUnavailable))
	exceeding := len(times(f.exceeding, http.StatusGatewayTimeout)) + refused
	recovered, delay := len(times(f.recovered, http.StatusOK)), f.delay()
	return []promise{
		{
			"every request for a healthy video is served",
			fmt.Sprintf("%d of %d", served, len(healthy)), served == len(healthy) && served > 0,
		},
		{
			fmt.Sprintf("healthy: p99 beside stalled storage at most %s more than alone", maxHealthyDelay),
			fmt.Sprintf("%.1f ms", delay), delay <= stats.Milliseconds(maxHealthyDelay),
		},
		{
			"every request for a stalled video gets status 504, or 503 past the calls",
			fmt.Sprintf("%d of %d", len(ended)+exceeding, len(f.stalled)+len(f.exceeding)),
			len(ended) == len(f.stalled) && exceeding == len(f.exceeding) && len(ended) > 0,
		},
		{
			fmt.Sprintf("each within %s of its limit", maxStalledExcess), "at most " + text(slowest),
			slowest <= stalledLimit+maxStalledExcess && slowest > 0,
		},
		{
			fmt.Sprintf("at most %d calls are stalled", stalledCalls), fmt.Sprintf("%.0f", f.calls),
			f.calls <= stalledCalls && f.calls > 0,
		},
		{
			"/readyz fails when all calls are stalled",
			fmt.Sprintf("status %d with %.0f calls stalled", f.unready, f.full),
			f.unready == http.StatusServiceUnavailable && f.full == stalledCalls,
		},
		{
			fmt.Sprintf("/readyz succeeds within %s of the storage's response", maxReadyTime),
			text(f.recovery),
			f.recovery <= maxReadyTime && f.recovery > 0,
		},
		{
			"then every stalled video is served", fmt.Sprintf("%d of %d", recovered, len(f.recovered)),
			recovered == len(f.recovered) && recovered > 0,
		},
		{
			"memory within its limit", fmt.Sprintf("peak %.0f MiB", float64(f.peak)/(1<<20)),
			f.peak < stalledMemory && f.peak > 0,
		},
	}
}

// delay returns the largest difference in a round of p99 beside stalled storage and p99 alone, in
// milliseconds.
func (f stalledFigures) delay() float64 {
	var delays []float64
	for i := range f.beside {
		beside := stats.Percentile(times(f.beside[i], http.StatusOK), 99)
		alone := stats.Percentile(times(f.alone[i], http.StatusOK), 99)
		delays = append(delays, stats.Milliseconds(beside-alone))
	}
	return stats.SpreadOf(delays).Max
}
