package cut

import (
	"strconv"
	"strings"

	"gop/video"
)

// maxTime is the latest time that a request can give, in seconds.
const maxTime = 1_000_000_000

// ParseTime parses a time in seconds (83.5), as m:ss (1:23.5) or as h:mm:ss (0:01:23.5), with at most six
// decimals, and returns it in microseconds. Minutes and seconds after a colon have two digits.
func ParseTime(text string) (micros int64, ok bool) {
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if hasPoint && fraction == "" || len(fraction) > 6 {
		return 0, false
	}
	micros, ok = parseDigits((fraction + "000000")[:6])
	numbers, seconds := strings.Split(whole, ":"), int64(0)
	if !ok || len(numbers) > 3 {
		return 0, false
	}
	for i, number := range numbers {
		n, ok := parseDigits(number)
		if !ok || i > 0 && (len(number) != 2 || n >= 60) || n >= maxTime {
			return 0, false
		}
		seconds = seconds*60 + n
	}
	return seconds*1_000_000 + micros, seconds < maxTime
}

// parseDigits parses decimal digits.
func parseDigits(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int64(n), err == nil
}

// FormatTime returns microseconds as the shortest number of seconds that ParseTime accepts.
func FormatTime(micros int64) string {
	return strings.TrimSuffix(strings.TrimRight(video.FormatMicros(micros), "0"), ".")
}
