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

// Contenders take turns in every round, but for those that run once.
func TestContest(t *testing.T) {
	var order []string
	running := func(name string, once bool) contender {
		return contender{name: name, once: once, run: func(context.Context) (round, error) {
			order = append(order, name)
			return round{P50: float64(len(order))}, nil
		}}
	}
	var told []float64
	at := progressFunc(func(part float64, _ string) { told = append(told, part) })
	results, err := contest(t.Context(), 2, at.share(1, 2), "work", []contender{running("gop", false), running("slow", true), running("nginx", false)})
	require.NoError(t, err)
	assert.Equal(t, []string{"gop", "slow", "nginx", "gop", "nginx"}, order)
	assert.Equal(t, []result{
		{"gop", []round{{P50: 1}, {P50: 4}}}, {"slow", []round{{P50: 2}}}, {"nginx", []round{{P50: 3}, {P50: 5}}},
	}, results)
	assert.IsIncreasing(t, told)
	assert.Equal(t, 0.5, told[0])
	assert.Less(t, told[len(told)-1], 1.0)

	assert.Equal(t, stats.Spread{Median: 1.25, Min: 0.5, Max: 2}, ratio(find(results, "slow"), find(results, "gop"), p50))
	assert.Empty(t, find(results, "none").Rounds)
}

// What fails is named, and an interrupted run has no result.
func TestContestFails(t *testing.T) {
	nowhere := func(float64, string) {}
	fails := contender{name: "gop", run: func(context.Context) (round, error) { return round{}, errors.New("broken") }}
	_, err := contest(t.Context(), 5, nowhere, "work", []contender{fails})
	assert.EqualError(t, err, "work: gop, round 1 of 5: broken")

	ctx, cancel := context.WithCancel(t.Context())
	_, err = contest(ctx, 5, nowhere, "work", []contender{{run: func(context.Context) (round, error) {
		cancel()
		return round{}, nil
	}}})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestNewRound(t *testing.T) {
	r := newRound([]time.Duration{3 * time.Millisecond, time.Millisecond, 4 * time.Millisecond, 2 * time.Millisecond}, 8*time.Millisecond, 5)
	assert.Equal(t, round{Requests: 4, P50: 2, P99: 4, PerSecond: 400, CPU: 2, Memory: 5}, r)
}
