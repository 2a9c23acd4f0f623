package templates

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0:             "0\u00a0B",
		999:           "999\u00a0B",
		1000:          "1.0\u00a0kB",
		99_400:        "99.4\u00a0kB",
		99_960:        "100\u00a0kB",
		999_600:       "1.0\u00a0MB",
		1_900_000_000: "1.9\u00a0GB",
	} {
		assert.Equal(t, want, formatBytes(n), "%d bytes", n)
	}
}

func TestFormatBitRate(t *testing.T) {
	for n, want := range map[int64]string{
		999:               "999\u00a0b/s",
		128_000:           "128\u00a0kb/s",
		4_500_000:         "4.5\u00a0Mb/s",
		20_000_000_000:    "20.0\u00a0Gb/s",
		5_000_000_000_000: "5000\u00a0Gb/s", // there is no larger unit
	} {
		assert.Equal(t, want, formatBitRate(n), "%d bits per second", n)
	}
}

// formatClock rounds before it splits the duration: the result is never 0:60.000 or -0:00.000.
func TestFormatClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                  "0:00.000",
		499 * time.Microsecond:             "0:00.000",
		500 * time.Microsecond:             "0:00.001",
		1500 * time.Millisecond:            "0:01.500",
		59999600 * time.Microsecond:        "1:00.000",
		time.Minute - time.Microsecond:     "1:00.000",
		time.Hour - 400*time.Microsecond:   "1:00:00.000",
		time.Hour + 123*time.Second:        "1:02:03.000",
		25*time.Hour + time.Millisecond:    "25:00:00.001",
		-time.Second:                       "-0:01.000",
		-time.Minute + 100*time.Nanosecond: "-1:00.000",
		-100 * time.Microsecond:            "0:00.000",
	} {
		assert.Equal(t, want, formatClock(d), "%v", d)
	}
}
