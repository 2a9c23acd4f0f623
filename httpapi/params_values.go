package httpapi

import (
	"strconv"
	"strings"

	"gop/video"
	"gop/video/cut"
)

// The functions below parse values of parameters. They accept decimal digits only: no sign, space, exponent
// or underscore, except as stated.

// parseInt parses a whole number from 0.
func parseInt(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err == nil
}

// parsePositive parses a whole number from 1.
func parsePositive(text string) (int, bool) {
	n, ok := parseInt(text)
	return n, ok && n > 0
}

// trackNumber parses a whole number from 0 to 65535.
func trackNumber(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err == nil
}

// parseDecimal parses a number from 0 with at most three decimals.
func parseDecimal(text string) (video.Thousandths, bool) {
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if whole == "" || hasPoint && fraction == "" || len(fraction) > 3 {
		return 0, false
	}
	n, ok := parseInt(whole + (fraction + "000")[:3])
	return video.Thousandths(n), ok
}

// parseSigned parses a number that a minus may precede.
func parseSigned[T ~int](text string, parse func(string) (T, bool)) (T, bool) {
	text, isNegative := strings.CutPrefix(text, "-")
	n, ok := parse(text)
	if isNegative {
		n = -n
	}
	return n, ok
}

// parseRate parses N/D or a decimal number as a frame rate in lowest terms. D is the denominator in lowest
// terms.
func parseRate(text string) (video.Rational, bool) {
	var rate video.Rational
	if numerator, denominator, ok := strings.Cut(text, "/"); ok {
		num, numOK := parseInt(numerator)
		den, denOK := parsePositive(denominator)
		if !numOK || !denOK {
			return video.Rational{}, false
		}
		rate = video.Rational{Num: num, Den: den}.Reduced()
	} else {
		n, ok := parseDecimal(text)
		if !ok {
			return video.Rational{}, false
		}
		rate = video.Rational{Num: int(n), Den: 1000}.Reduced()
	}
	isInRange := rate.Num >= cut.MinFPS*rate.Den && rate.Num <= cut.MaxFPS*rate.Den
	return rate, isInRange && rate.Den <= cut.MaxFPSDenominator
}

// parseCrop parses W:H or W:H:X:Y in even numbers.
func parseCrop(text string) (c cut.Crop, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 4 {
		return c, false
	}
	var numbers [4]int
	for i, part := range parts {
		if numbers[i], ok = parseInt(part); !ok || numbers[i]%2 != 0 {
			return c, false
		}
	}
	c.Area = video.Area{Width: numbers[0], Height: numbers[1], X: numbers[2], Y: numbers[3]}
	c.Placed = len(parts) == 4
	return c, c.Width >= cut.MinSide && c.Height >= cut.MinSide
}
