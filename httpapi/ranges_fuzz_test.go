package httpapi_test

import (
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

var rangeSpec = regexp.MustCompile(`^(?:([0-9]+)-([0-9]*)|-([0-9]+))$`)

// rangesIn returns the satisfiable ranges of a Range field in content of a size, as RFC 9110, section 14.1,
// defines them; ok is false if the field is to be ignored.
func rangesIn(field string, size int64) (ranges [][2]int64, ok bool) {
	if len(field) < 6 || !strings.EqualFold(field[:6], "bytes=") {
		return nil, false
	}
	n := 0
	for spec := range strings.SplitSeq(field[6:], ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue
		}
		n++
		match := rangeSpec.FindStringSubmatch(spec)
		if match == nil || n > 16 {
			return nil, false
		}
		number := func(i int, other int64) *big.Int {
			if match[i] == "" {
				return big.NewInt(other)
			}
			value, _ := new(big.Int).SetString(match[i], 10)
			return value
		}
		end := big.NewInt(size)
		first, last := number(1, 0), number(2, size-1)
		if match[3] != "" {
			if first.Sub(end, number(3, 0)); first.Sign() < 0 {
				first.SetInt64(0)
			}
		} else if match[2] != "" && last.Cmp(first) < 0 && last.IsInt64() { // larger positions are equal
			return nil, false
		}
		if first.Cmp(end) >= 0 {
			continue
		}
		if last.Cmp(end) >= 0 {
			last.SetInt64(size - 1)
		}
		ranges = append(ranges, [2]int64{first.Int64(), last.Int64()})
	}
	return ranges, n > 0
}

// The response to every Range is that of RFC 9110.
func FuzzRange(f *testing.F) {
	handler := newHandlerWith(f, httpapi.NewDefaultConfig(), newFakeLibrary(), slog.New(slog.DiscardHandler))
	for _, field := range []string{
		"bytes=0-", "bytes=1-2", "bytes=-3", "bytes=-0", "BYTES=1-99999999999999999999", "bytes=0-1,3-4,-1",
		"bytes=99999999999999999999-", "bytes=-99999999999999999999", "lines=1-2", "bytes=2-1", "bytes=,",
		"bytes=1-1,,\t 2-2", "bytes=007-008", "bytes=0-,0-", "bytes", "bytes =1-2", "bytes=+1-2",
	} {
		f.Add(field)
	}
	const size = int64(len(segmentText))
	f.Fuzz(func(t *testing.T, field string) {
		r := httptest.NewRequest(http.MethodGet, gopPath, nil)
		r.Header.Set("Range", field)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		ranges, ok := rangesIn(field, size)
		sum := int64(0)
		for _, r := range ranges {
			sum += r[1] - r[0] + 1
		}
		switch {
		case !ok || sum > size:
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, segmentText, w.Body.String())
		case len(ranges) == 0:
			require.Equal(t, http.StatusRequestedRangeNotSatisfiable, w.Code)
			require.Equal(t, "bytes */10", w.Header().Get("Content-Range"))
		case len(ranges) == 1:
			require.Equal(t, http.StatusPartialContent, w.Code)
			require.Equal(t, fmt.Sprintf("bytes %d-%d/10", ranges[0][0], ranges[0][1]),
				w.Header().Get("Content-Range"))
			require.Equal(t, segmentText[ranges[0][0]:ranges[0][1]+1], w.Body.String())
		default:
			require.Equal(t, http.StatusPartialContent, w.Code)
			parts := partsOf(t, w)
			require.Len(t, parts, len(ranges))
			for i, r := range ranges {
				require.Equal(t, fmt.Sprintf("bytes %d-%d/10", r[0], r[1]), parts[i].contentRange)
				require.Equal(t, segmentText[r[0]:r[1]+1], parts[i].content)
			}
		}
	})
}
