package video

import (
	"math/bits"
	"strconv"
)

// Ticks is a time or a duration in a track's time base. There is no float in between: a time is
// turned into seconds where it is printed, and nowhere else.
type Ticks int64

// Rational is a fraction, such as a time base (seconds a tick) or a sample aspect ratio. A zero
// Den means that it is not known.
type Rational struct {
	Num, Den int
}

// Known tells whether r says anything: both parts are positive.
func (r Rational) Known() bool { return r.Num > 0 && r.Den > 0 }

// Reduced is r in lowest terms; one that is not Known stays as it is.
func (r Rational) Reduced() Rational {
	if !r.Known() {
		return r
	}
	divisor, rest := r.Num, r.Den
	for rest != 0 {
		divisor, rest = rest, divisor%rest
	}
	return Rational{r.Num / divisor, r.Den / divisor}
}

// String is "num:den", as ffprobe prints ratios.
func (r Rational) String() string {
	return strconv.Itoa(r.Num) + ":" + strconv.Itoa(r.Den)
}

// Rescale turns t from one time base into another, to the nearest tick and halves away from zero,
// as av_rescale_q does. Both time bases must be Known. A result that does not fit saturates.
func (t Ticks) Rescale(from, to Rational) Ticks {
	if from == to {
		return t
	}
	// The product of two 31-bit numbers fits; the 128-bit intermediate keeps the rest exact.
	return t.mulDiv(uint64(from.Num)*uint64(to.Den), uint64(from.Den)*uint64(to.Num))
}

// Micros is t in microseconds, to the nearest.
func (t Ticks) Micros(base Rational) int64 {
	return int64(t.Rescale(base, Rational{1, 1_000_000}))
}

// Seconds prints t in seconds with six decimals, as ffprobe does.
func (t Ticks) Seconds(base Rational) string {
	return FormatMicros(t.Micros(base))
}

// FormatMicros prints microseconds as seconds with six decimals.
func FormatMicros(us int64) string {
	sign := ""
	magnitude := uint64(us)
	if us < 0 {
		sign, magnitude = "-", -magnitude
	}
	fraction := strconv.FormatUint(magnitude%1_000_000+1_000_000, 10)[1:]
	return sign + strconv.FormatUint(magnitude/1_000_000, 10) + "." + fraction
}

// mulDiv is t*num/den, rounded to the nearest, halves away from zero.
func (t Ticks) mulDiv(num, den uint64) Ticks {
	const limit = 1<<63 - 1
	magnitude := uint64(t)
	if t < 0 {
		magnitude = -magnitude
	}
	hi, lo := bits.Mul64(magnitude, num)
	lo, carry := bits.Add64(lo, den/2, 0)
	hi += carry
	quotient := uint64(limit)
	if hi < den {
		quotient, _ = bits.Div64(hi, lo, den)
		quotient = min(quotient, limit)
	}
	if t < 0 {
		return -Ticks(quotient)
	}
	return Ticks(quotient)
}
