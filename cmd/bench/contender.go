package main

import (
	"context"
	"fmt"
	"time"

	"gop/cmd/internal/stats"
)

// progressFunc receives the fraction of the work that is done, from 0 to 1, and a text about the current
// step.
type progressFunc func(part float64, text string)

// within returns the progressFunc of a step that covers the fractions between from and to.
func (progress progressFunc) within(from, to float64) progressFunc {
	return func(fraction float64, text string) { progress(from+(to-from)*fraction, text) }
}

// share returns the progressFunc of step i of n equal steps.
func (progress progressFunc) share(i, n int) progressFunc {
	return progress.within(float64(i)/float64(n), float64(i+1)/float64(n))
}

// round is the measurement of one contender in one round.
type round struct {
	Requests  int     `json:"requests"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	First     float64 `json:"first_byte_p50_ms,omitempty"` // of the body; 0 if not measured
	PerSecond float64 `json:"requests_per_second"`
	CPU       float64 `json:"cpu_ms"` // per request
	Memory    int64   `json:"peak_memory_bytes"`
	Read      int64   `json:"bytes_read"` // per request, from files and sockets; servers only
	Hits      int     `json:"hits"`       // responses from a cache, by Cache-Status
}

// contender is a program under test: gop or a program it is compared with.
type contender struct {
	name string
	once bool // run in the first round only, because it is slow
	// mayFail is set for other servers. Their errors are reported and do not end the run.
	mayFail bool
	run     func(ctx context.Context) (round, error)
}

// result is the rounds of a contender.
type result struct {
	Contender string  `json:"contender"`
	Rounds    []round `json:"rounds"`
	Error     string  `json:"error,omitempty"` // ends its rounds
}

// runRounds runs the contenders one after another in each round, so that other load on the machine affects
// all of them.
func runRounds(
	ctx context.Context, rounds int, progress progressFunc, what string, contenders []contender,
) ([]result, error) {
	results := make([]result, len(contenders))
	steps := 0
	for n := range rounds {
		for i, c := range contenders {
			text := fmt.Sprintf("%s: %s, round %d of %d", what, c.name, n+1, rounds)
			progress(float64(steps)/float64(rounds*len(contenders)), text)
			steps++
			if c.once && n > 0 || results[i].Error != "" {
				continue
			}
			results[i].Contender = c.name
			r, err := c.run(ctx)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil && c.mayFail {
				results[i].Error = err.Error()
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			results[i].Rounds = append(results[i].Rounds, r)
		}
	}
	return results, nil
}

// values returns one value per round.
func (r result) values(of func(round) float64) []float64 {
	all := make([]float64, len(r.Rounds))
	for i, one := range r.Rounds {
		all[i] = of(one)
	}
	return all
}

// requests returns the number of requests in all rounds.
func (r result) requests() (n int) {
	for _, one := range r.Rounds {
		n += one.Requests
	}
	return n
}

// cpu returns the mean CPU time per request in ms. It averages over all rounds, because a round may be
// shorter than the resolution of the CPU clock.
func (r result) cpu() float64 {
	var total float64
	for _, one := range r.Rounds {
		total += one.CPU * float64(one.Requests)
	}
	return total / float64(max(r.requests(), 1))
}

// Values of a round.
func p50(r round) float64       { return r.P50 }
func p99(r round) float64       { return r.P99 }
func first(r round) float64     { return r.First }
func perSecond(r round) float64 { return r.PerSecond }
func memory(r round) float64    { return float64(r.Memory) }
func read(r round) float64      { return float64(r.Read) }

// ratio divides a value of one contender by that of another, round by round.
func ratio(numerator, denominator result, of func(round) float64) stats.Spread {
	return stats.SpreadOf(stats.Ratios(numerator.values(of), denominator.values(of)))
}

// resultOf returns the result of the named contender, or an empty one.
func resultOf(results []result, name string) result {
	for _, r := range results {
		if r.Contender == name {
			return r
		}
	}
	return result{}
}

// checkUncached fails if a response came from a cache.
func checkUncached(what string, results []result) error {
	for _, r := range results {
		for _, one := range r.Rounds {
			if one.Hits > 0 {
				return fmt.Errorf("%d responses for %s came from the cache of %s",
					one.Hits, what, r.Contender)
			}
		}
	}
	return nil
}

// newRound summarizes sequential requests.
func newRound(elapsed []time.Duration, cpu time.Duration, memory int64) round {
	var total time.Duration
	for _, d := range elapsed {
		total += d
	}
	n := len(elapsed)
	if n == 0 {
		return round{}
	}
	return round{
		Requests:  n,
		P50:       stats.Milliseconds(stats.Percentile(elapsed, 50)),
		P99:       stats.Milliseconds(stats.Percentile(elapsed, 99)),
		PerSecond: float64(n) / total.Seconds(),
		CPU:       stats.Milliseconds(cpu) / float64(n),
		Memory:    memory,
	}
}

// roundOf summarizes responses.
func roundOf(responses []response) round {
	elapsed, first := make([]time.Duration, len(responses)), make([]time.Duration, len(responses))
	hits := 0
	for i, r := range responses {
		elapsed[i], first[i] = r.elapsed, r.first
		if r.cache == hit {
			hits++
		}
	}
	r := newRound(elapsed, 0, 0)
	r.Hits, r.First = hits, stats.Milliseconds(stats.Percentile(first, 50))
	return r
}
