package templates

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFormatBitRate(t *testing.T) {
	for n, want := range map[int64]string{
		999:               "999\u00a0b/s",
		128_000:           "128\u00a0kb/s",
		4_500_000:         "4.5\u00a0Mb/s",
		20_000_000_000:    "20.0\u00a0Gb/s",
		5_000_000_000_000: "5000\u00a0Gb/s", // the last unit takes all
	} {
		assert.Equal(t, want, formatBitRate(n), "%d bits a second", n)
	}
}

// A time is rounded before it is taken apart: no 0:60.000, and no negative zero.
func TestFormatClockRoundsFirst(t *testing.T) {
	for d, want := range map[time.Duration]string{
		499 * time.Microsecond:             "0:00.000",
		500 * time.Microsecond:             "0:00.001",
		time.Minute - time.Microsecond:     "1:00.000",
		time.Hour - 400*time.Microsecond:   "1:00:00.000",
		25*time.Hour + time.Millisecond:    "25:00:00.001",
		-time.Minute + 100*time.Nanosecond: "-1:00.000",
		-100 * time.Microsecond:            "0:00.000",
	} {
		assert.Equal(t, want, formatClock(d), "%v", d)
	}
}
