package main

import (
	"context"
	"fmt"
	"time"

	"gop/cmd/internal/stats"
)

// progressFunc is told how far a piece of work is, from 0 to 1, and what is under way.
type progressFunc func(part float64, text string)

// within is the progress of a piece that goes from one part of the whole to another.
func (at progressFunc) within(from, to float64) progressFunc {
	return func(part float64, text string) { at(from+(to-from)*part, text) }
}

// share is the progress of the i-th of n pieces that take about as long as each other.
func (at progressFunc) share(i, n int) progressFunc {
	return at.within(float64(i)/float64(n), float64(i+1)/float64(n))
}

// round is what one contender did in one round.
type round struct {
	Requests  int     `json:"requests"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	First     float64 `json:"first_byte_p50_ms,omitempty"` // of the body, where one client asks a server
	PerSecond float64 `json:"requests_per_second"`
	CPU       float64 `json:"cpu_ms"` // a request
	Memory    int64   `json:"peak_memory_bytes"`
	Read      int64   `json:"bytes_read"` // a request, of files and sockets; of servers alone
	Hits      int     `json:"hits"`       // answers that say that they come from a cache
}

// contender does the work that is measured: gop, or one of its peers.
type contender struct {
	name string
	once bool // it takes so long that one round has to do
	run  func(ctx context.Context) (round, error)
}

// result is how a contender fared.
type result struct {
	Contender string  `json:"contender"`
	Rounds    []round `json:"rounds"`
}

// contest lets all contenders run in turn, round after round, so that what else the machine does
// falls on each of them.
func contest(ctx context.Context, rounds int, at progressFunc, what string, contenders []contender) ([]result, error) {
	results := make([]result, len(contenders))
	steps := 0
	for n := range rounds {
		for i, c := range contenders {
			text := fmt.Sprintf("%s: %s, round %d of %d", what, c.name, n+1, rounds)
			at(float64(steps)/float64(rounds*len(contenders)), text)
			steps++
			if c.once && n > 0 {
				continue
			}
			r, err := c.run(ctx)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			results[i].Contender = c.name
			results[i].Rounds = append(results[i].Rounds, r)
		}
	}
	return results, nil
}

// values is one value of each round.
func (r result) values(of func(round) float64) []float64 {
	all := make([]float64, len(r.Rounds))
	for i, one := range r.Rounds {
		all[i] = of(one)
	}
	return all
}

// requests is how many there were in all rounds.
func (r result) requests() (all int) {
	for _, one := range r.Rounds {
		all += one.Requests
	}
	return all
}

// cpu is the mean of all requests, in ms: one round may be too short for the clock that it is
// taken by.
func (r result) cpu() float64 {
	var all float64
	for _, one := range r.Rounds {
		all += one.CPU * float64(one.Requests)
	}
	return all / float64(max(r.requests(), 1))
}

// What of a round is told.
func p50(r round) float64       { return r.P50 }
func p99(r round) float64       { return r.P99 }
func first(r round) float64     { return r.First }
func perSecond(r round) float64 { return r.PerSecond }
func memory(r round) float64    { return float64(r.Memory) }
func read(r round) float64      { return float64(r.Read) }

// ratio is how a value of one contender stands to that of another, round by round.
func ratio(over, under result, of func(round) float64) stats.Spread {
	return stats.SpreadOf(stats.Ratios(over.values(of), under.values(of)))
}

// find is the contender of that name; a part asks for what it ran itself.
func find(results []result, name string) result {
	for _, r := range results {
		if r.Contender == name {
			return r
		}
	}
	return result{}
}

// uncached is an error where an answer came from a cache, in a part that measures what is made anew.
func uncached(what string, results []result) error {
	for _, r := range results {
		for _, one := range r.Rounds {
			if one.Hits > 0 {
				return fmt.Errorf("%d answers for %s came from %s's cache", one.Hits, what, r.Contender)
			}
		}
	}
	return nil
}

// newRound sums up what was done one request after the other.
func newRound(took []time.Duration, cpu time.Duration, memory int64) round {
	var all time.Duration
	for _, d := range took {
		all += d
	}
	n := len(took)
	return round{
		Requests: n, P50: stats.Milliseconds(stats.Percentile(took, 50)), P99: stats.Milliseconds(stats.Percentile(took, 99)),
		PerSecond: float64(n) / all.Seconds(), CPU: stats.Milliseconds(cpu) / float64(n), Memory: memory,
	}
}
