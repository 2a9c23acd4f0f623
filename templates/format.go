package templates

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// formatSeconds formats d as a decimal number of seconds, rounded to microseconds.
func formatSeconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1e6, 'f', -1, 64)
}

// formatCount formats n with the noun in the singular or plural.
func formatCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// formatBytes formats a size with a decimal unit.
func formatBytes(n int64) string {
	return formatUnit(float64(n), "B", "kB", "MB", "GB", "TB")
}

// formatBitRate formats bits per second with a decimal unit.
func formatBitRate(n int64) string {
	return formatUnit(float64(n), "b/s", "kb/s", "Mb/s", "Gb/s")
}

// formatUnit rounds half up, like format.js.
func formatUnit(value float64, units ...string) string {
	unit := 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 99.5 {
		return fmt.Sprintf("%.0f\u00a0%s", math.Round(value), units[unit])
	}
	return fmt.Sprintf("%.1f\u00a0%s", math.Round(value*10)/10, units[unit])
}

// formatClock formats d as h:mm:ss.mmm, or as m:ss.mmm if it is shorter than an hour.
func formatClock(d time.Duration) string {
	sign := ""
	if d = d.Round(time.Millisecond); d < 0 {
		sign, d = "-", -d
	}
	hours, minutes := d/time.Hour, d/time.Minute%60
	seconds, millis := d/time.Second%60, d/time.Millisecond%1000
	if hours > 0 {
		return fmt.Sprintf("%s%d:%02d:%02d.%03d", sign, hours, minutes, seconds, millis)
	}
	return fmt.Sprintf("%s%d:%02d.%03d", sign, minutes, seconds, millis)
}
