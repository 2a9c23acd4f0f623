package video_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

var (
	millis = video.Rational{Num: 1, Den: 1000}
	micros = video.Rational{Num: 1, Den: 1_000_000}
	mpegTS = video.Rational{Num: 1, Den: 90_000}
	ntsc   = video.Rational{Num: 1001, Den: 30_000}
	second = video.Rational{Num: 1, Den: 1}
)

func TestRescale(t *testing.T) {
	for name, c := range map[string]struct {
		ticks    video.Ticks
		from, to video.Rational
		want     video.Ticks
	}{
		"zero":                      {0, mpegTS, micros, 0},
		"the same base":             {math.MinInt64, ntsc, ntsc, math.MinInt64},
		"to a finer base":           {90_000, mpegTS, micros, 1_000_000},
		"to a coarser base":         {90_000, mpegTS, millis, 1000},
		"numerator above 1":         {30_000, ntsc, second, 1001},
		"below a half goes down":    {1499, millis, second, 1},
		"a half goes away from 0":   {1500, millis, second, 2},
		"a negative half goes down": {-1500, millis, second, -2},
		"above a negative half":     {-1499, millis, second, -1},
		"an odd denominator":        {1, video.Rational{Num: 2, Den: 3}, second, 1},
		"a product above 64 bits": {
			1 << 62,
			video.Rational{Num: 1 << 30, Den: 1},
			video.Rational{Num: 1 << 30, Den: 3},
			math.MaxInt64,
		},
		"a product above 64 bits that fits": {
			1 << 60, video.Rational{Num: 1 << 30, Den: 1}, video.Rational{Num: 1 << 30, Den: 3}, 3 << 60,
		},
		"it saturates":       {math.MaxInt64, second, micros, math.MaxInt64},
		"it saturates below": {math.MinInt64, second, micros, -math.MaxInt64},
		"far beyond 128 bits": {
			math.MaxInt64,
			video.Rational{Num: math.MaxInt32, Den: 1},
			video.Rational{Num: 1, Den: math.MaxInt32},
			math.MaxInt64,
		},
		"a huge time to a coarser base": {math.MaxInt64, micros, second, 9_223_372_036_855},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, c.ticks.Rescale(c.from, c.to))
		})
	}
}

func TestRescaleIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	part := func() int { return 1 + random.IntN(1<<(1+random.IntN(31))-1) }
	for range 10_000 {
		ticks := video.Ticks(random.Int64() >> random.IntN(63))
		if random.IntN(2) == 0 {
			ticks = -ticks
		}
		from, to := video.Rational{Num: part(), Den: part()}, video.Rational{Num: part(), Den: part()}
		want := rescaleBig(ticks, from, to)
		require.Equal(t, want, ticks.Rescale(from, to), "%d from %v to %v", ticks, from, to)
	}
}

// rescaleBig computes Rescale with big integers.
func rescaleBig(t video.Ticks, from, to video.Rational) video.Ticks {
	product := func(factors ...int64) *big.Int {
		p := big.NewInt(1)
		for _, f := range factors {
			p.Mul(p, big.NewInt(f))
		}
		return p
	}
	num := product(int64(t), int64(from.Num), int64(to.Den), 2)
	den := product(int64(from.Den), int64(to.Num))
	sign := int64(num.Sign())
	// floor((2x+1)/2) of the magnitude x rounds to the nearest, halves up.
	num.Abs(num).Add(num, den).Quo(num, den.Mul(den, big.NewInt(2)))
	if !num.IsInt64() {
		num.SetInt64(math.MaxInt64)
	}
	return video.Ticks(sign * num.Int64())
}

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		ticks video.Ticks
		base  video.Rational
		want  string
	}{
		{0, mpegTS, "0.000000"},
		{1, mpegTS, "0.000011"},
		{-1, millis, "-0.001000"},
		{1001, ntsc, "33.400033"},
		{126_000, mpegTS, "1.400000"},
		{-126_000, mpegTS, "-1.400000"},
		{86_400_000, millis, "86400.000000"},
		{math.MaxInt64, second, "9223372036854.775807"},
	} {
		require.Equal(t, c.want, c.ticks.Seconds(c.base), "%d ticks of %v", c.ticks, c.base)
	}
}

func TestFormatMicros(t *testing.T) {
	for us, want := range map[int64]string{
		0:             "0.000000",
		7:             "0.000007",
		-7:            "-0.000007",
		999_999:       "0.999999",
		1_000_000:     "1.000000",
		-1_050_000:    "-1.050000",
		math.MaxInt64: "9223372036854.775807",
		math.MinInt64: "-9223372036854.775808",
	} {
		require.Equal(t, want, video.FormatMicros(us))
	}
}

func TestRationalKnown(t *testing.T) {
	for r, want := range map[video.Rational]bool{
		{Num: 4, Den: 3}:  true,
		{Num: 0, Den: 1}:  false,
		{Num: 1, Den: 0}:  false,
		{Num: -1, Den: 1}: false,
		{}:                false,
	} {
		require.Equal(t, want, r.Known(), "%v", r)
	}
	require.Equal(t, "4:3", video.Rational{Num: 4, Den: 3}.String())
}

func TestLowestTerms(t *testing.T) {
	for given, want := range map[video.Rational]video.Rational{
		{Num: 25_000, Den: 1000}: {Num: 25, Den: 1},
		{Num: 2997, Den: 125}:    {Num: 2997, Den: 125},
		{Num: 4, Den: 6}:         {Num: 2, Den: 3},
		{}:                       {},
		{Num: 0, Den: 4}:         {Num: 0, Den: 4},
		{Num: 4, Den: 0}:         {Num: 4, Den: 0},
	} {
		require.Equal(t, want, given.Reduced())
	}
}
