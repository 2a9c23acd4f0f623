package video

import (
	"math/bits"
	"strconv"
)

// Ticks is a time or a duration in units of a track's time base. It is converted to seconds only for output.
type Ticks int64

// Rational is a fraction, such as a time base (seconds per tick) or a sample aspect ratio. A zero Den means
// unknown.
type Rational struct {
	Num, Den int
}

// Known reports whether both parts are positive.
func (r Rational) Known() bool { return r.Num > 0 && r.Den > 0 }

// Reduced returns r in lowest terms. It returns r unchanged if r is not Known.
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

// String returns "num:den", as ffprobe prints ratios.
func (r Rational) String() string {
	return strconv.Itoa(r.Num) + ":" + strconv.Itoa(r.Den)
}

// Rescale converts t from one time base to another, rounded to the nearest tick and halves away from zero, as
// av_rescale_q does. Both time bases must be Known. A result that does not fit saturates.
func (t Ticks) Rescale(from, to Rational) Ticks {
	if from == to {
		return t
	}
	// The products of 31-bit numbers fit into 64 bits, and MulDiv computes with 128 bits.
	return Ticks(MulDiv(int64(t), uint64(from.Num)*uint64(to.Den), uint64(from.Den)*uint64(to.Num)))
}

// Micros returns t in microseconds, rounded to the nearest.
func (t Ticks) Micros(base Rational) int64 {
	return int64(t.Rescale(base, Rational{1, 1_000_000}))
}

// Seconds formats t in seconds with six decimals, as ffprobe does.
func (t Ticks) Seconds(base Rational) string {
	return FormatMicros(t.Micros(base))
}

// FormatMicros formats microseconds as seconds with six decimals.
func FormatMicros(us int64) string {
	sign := ""
	magnitude := uint64(us)
	if us < 0 {
		sign, magnitude = "-", -magnitude
	}
	fraction := strconv.FormatUint(magnitude%1_000_000+1_000_000, 10)[1:]
	return sign + strconv.FormatUint(magnitude/1_000_000, 10) + "." + fraction
}

// MulDiv returns n*num/den, rounded to the nearest integer and halves away from zero. A result that does not
// fit saturates.
func MulDiv(n int64, num, den uint64) int64 {
	const limit = 1<<63 - 1
	magnitude := uint64(n)
	if n < 0 {
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
	if n < 0 {
		return -int64(quotient)
	}
	return int64(quotient)
}
