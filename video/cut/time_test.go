package cut_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video/cut"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "12": 12e6, "0.000001": 1, "83.5": 83_500_000, "090": 90e6,
		"007": 7e6, "999999999.999999": 999_999_999_999_999,
		"1:23.5": 83_500_000, "0:01:23.5": 83_500_000, "100:00:00": 360_000e6, "90:00": 5400e6,
	} {
		got, ok := cut.ParseTime(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"", ".", ".5", "5.", "-1", "+1", " 1", "1e3", "0x1", "1,5", "1.0000001", "1:2", "1:60", "1:00:60",
		"1:2:3:4", "1:-1", "1:1.", "1::2", "1:60:00", "99999999:00:00", ":01", "1000000000", "99999999999",
		"400000:00:00", "1.٣", "1_0", "nan",
	} {
		_, ok := cut.ParseTime(text)
		assert.False(t, ok, text)
	}
}

func TestFormatTime(t *testing.T) {
	for micros, want := range map[int64]string{0: "0", 1: "0.000001", 83_500_000: "83.5", 100e6: "100"} {
		assert.Equal(t, want, cut.FormatTime(micros))
		parsed, ok := cut.ParseTime(want)
		assert.True(t, ok)
		assert.Equal(t, micros, parsed)
	}
}

// A time is printed so that it is parsed as the same time again.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"0", "12:03.5", "1:02:03.25", "999999999.999999", "1.", "0:60"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		micros, ok := cut.ParseTime(text)
		if !ok {
			return
		}
		require.GreaterOrEqual(t, micros, int64(0), text)
		again, ok := cut.ParseTime(cut.FormatTime(micros))
		require.True(t, ok, text)
		require.Equal(t, micros, again, text)
	})
}
