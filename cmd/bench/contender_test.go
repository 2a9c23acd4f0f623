package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/cmd/internal/stats"
)

// Contenders take turns in each round. Those with once run in the first round only.
func TestRunRounds(t *testing.T) {
	var order []string
	running := func(name string, once bool) contender {
		return contender{name: name, once: once, run: func(context.Context) (round, error) {
			order = append(order, name)
			return round{P50: float64(len(order))}, nil
		}}
	}
	var fractions []float64
	progress := progressFunc(func(fraction float64, _ string) { fractions = append(fractions, fraction) })
	contenders := []contender{running("gop", false), running("slow", true), running("nginx", false)}
	results, err := runRounds(t.Context(), 2, progress.share(1, 2), "work", contenders)
	require.NoError(t, err)
	assert.Equal(t, []string{"gop", "slow", "nginx", "gop", "nginx"}, order)
	assert.Equal(t, []result{
		{Contender: "gop", Rounds: []round{{P50: 1}, {P50: 4}}},
		{Contender: "slow", Rounds: []round{{P50: 2}}},
		{Contender: "nginx", Rounds: []round{{P50: 3}, {P50: 5}}},
	}, results)
	assert.IsIncreasing(t, fractions)
	assert.Equal(t, 0.5, fractions[0])
	assert.Less(t, fractions[len(fractions)-1], 1.0)

	slowToGOP := ratio(resultOf(results, "slow"), resultOf(results, "gop"), p50)
	assert.Equal(t, stats.Spread{Median: 1.25, Min: 0.5, Max: 2}, slowToGOP)
	assert.Empty(t, resultOf(results, "none").Rounds)
}

// An error names the contender and the round, and a cancelled run has no result.
func TestRunRoundsFails(t *testing.T) {
	noProgress := func(float64, string) {}
	fails := contender{name: "gop", run: func(context.Context) (round, error) {
		return round{}, errors.New("broken")
	}}
	_, err := runRounds(t.Context(), 5, noProgress, "work", []contender{fails})
	assert.EqualError(t, err, "work: gop, round 1 of 5: broken")

	ctx, cancel := context.WithCancel(t.Context())
	_, err = runRounds(ctx, 5, noProgress, "work", []contender{{run: func(context.Context) (round, error) {
		cancel()
		return round{}, nil
	}}})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestNewRound(t *testing.T) {
	const ms = time.Millisecond
	r := newRound([]time.Duration{3 * ms, ms, 4 * ms, 2 * ms}, 8*ms, 5)
	assert.Equal(t, round{Requests: 4, P50: 2, P99: 4, PerSecond: 400, CPU: 2, Memory: 5}, r)
}
