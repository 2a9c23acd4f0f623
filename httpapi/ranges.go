package httpapi

import (
	"math"
	"strconv"
	"strings"
)

const (
	// wholeRange is the normal form of a range from the first byte to the end.
	wholeRange = "bytes=0-"
	// maxRanges limits the ranges of a request. Each costs a part of multipart/byteranges.
	maxRanges = 16
)

// normalRange returns the value of a Range field in the form that http.ServeContent understands: the unit
// bytes, and positions of at most 64 bits, to which larger ones are clamped. A suffix of no bytes becomes a
// range past the end, which is not satisfiable either.
//
// It reports false if the field is to be ignored: it has another unit, more than maxRanges ranges, or is
// malformed (RFC 9110, sections 14.1 and 14.2). Lines of Range that each have a unit are malformed when they
// are joined.
func normalRange(field string) (normal string, ok bool) {
	unit, set, _ := strings.Cut(field, "=")
	if !strings.EqualFold(unit, "bytes") {
		return "", false
	}
	var ranges []string
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue // lists may have empty elements (section 5.6.1.2)
		}
		spec, ok := normalRangeSpec(spec)
		if !ok || len(ranges) == maxRanges {
			return "", false
		}
		ranges = append(ranges, spec)
	}
	return "bytes=" + strings.Join(ranges, ","), len(ranges) > 0
}

// normalRangeSpec is normalRange for one range.
func normalRangeSpec(spec string) (normal string, ok bool) {
	first, last, ok := strings.Cut(spec, "-")
	if !ok || first+last == "" || strings.Trim(first+last, "0123456789") != "" {
		return "", false
	}
	// ParseInt returns the largest integer for a number of more than 64 bits.
	from, _ := strconv.ParseInt(first, 10, 64)
	to, _ := strconv.ParseInt(last, 10, 64)
	switch {
	case first == "" && to == 0:
		return strconv.Itoa(math.MaxInt64) + "-", true
	case first == "":
		return "-" + strconv.FormatInt(to, 10), true
	case last == "":
		return strconv.FormatInt(from, 10) + "-", true
	}
	return strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(to, 10), from <= to
}
