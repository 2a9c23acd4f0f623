package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumber(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 0.29: "0.29", 0.2945: "0.294", 0.00012: "0.0001", 1: "1", 1.234: "1.23", 9.999: "10",
		12.34: "12.3", 99.96: "100", 1234.5: "1234", 180000: "180000", -2.5: "-2.5",
	} {
		assert.Equal(t, want, number(f), f)
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0 bytes", 10239: "10239 bytes", 20 << 10: "20 KiB", 2613 << 10: "2613 KiB", 24 << 20: "24 MiB",
	} {
		assert.Equal(t, want, bytesText(n))
	}
}

// testReport has every kind of result that a part may have.
func testReport() *report {
	return &report{
		Date: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), Rounds: 3, Seconds: 61,
		Machine: machine{
			Processor: "Some | Thing", Cores: 2, Memory: 16 << 30, GOP: "0.1.0", LibFFmpeg: "7.1.5",
		},
		Sections: []section{
			{
				Part: "b", Title: "One GOP", About: "How it is measured.",
				Comparisons: []comparison{{
					What: "hour.mp4", About: "1 h", Note: "A GOP has 1 MiB.",
					Results: []result{
						{Contender: "gop", Rounds: []round{
							{10, 1, 2, 0, 900, 0.1, 3 << 20, 1, 0},
							{5, 2, 4, 0, 500, 0.7, 2 << 20, 1, 0},
							{5, 3, 6, 0, 300, 0.6, 1 << 20, 1, 0},
						}},
						{Contender: "ffmpeg", Rounds: []round{
							{Requests: 1, P50: 100, P99: 200, PerSecond: 10, CPU: 90, Memory: 50 << 20},
						}},
					},
				}},
				Targets: []target{
					atMost("gop / nginx", 2.6, 2.5, "times"),
					atLeast("speedup over ffmpeg", 50, 50, "times"),
				},
			},
			{
				Part: "e", Title: "Memory", About: "Many.",
				Tables: []table{{[]string{"after"}, [][]string{{"20 requests"}}}},
			},
		},
	}
}

func TestComparisonTable(t *testing.T) {
	assert.Equal(t, table{
		Head: []string{
			"hour.mp4", "p50 ms", "p99 ms", "p50 vs. gop", "p99 vs. gop", "requests per second",
			"CPU ms", "peak MiB", "requests", "rounds",
		},
		Rows: [][]string{
			{"gop", "2 (1–3)", "4 (2–6)", "1×", "1×", "500 (300–900)", "0.375", "3.0", "20", "3"},
			// Its one round is the numerator of each ratio: 100/1, 100/2 and 100/3.
			{"ffmpeg", "100", "200", "50×", "50×", "10", "90", "50.0", "1", "1"},
		},
	}, testReport().Sections[0].Comparisons[0].table())
}

func TestTargets(t *testing.T) {
	assert.True(t, atMost("", 2.5, 2.5, "").met())
	assert.False(t, atMost("", 2.51, 2.5, "").met())
	assert.True(t, atLeast("", 1000, 1000, "").met())
	assert.False(t, atLeast("", 999, 1000, "").met())
	assert.Equal(t, [][]string{
		{"gop / nginx", "at most 2.5 times", "2.6 times", "no"},
		{"speedup over ffmpeg", "at least 50 times", "50 times", "yes"},
	}, targetTable(testReport().targets()).Rows)
}

func TestText(t *testing.T) {
	var out strings.Builder
	require.NoError(t, testReport().writeText(&out))
	for _, want := range []string{
		"b: One GOP\n\nhour.mp4  p50 ms   p99 ms   p50 vs. gop",
		"\ngop       2 (1–3)  4 (2–6)  1×",
		"\nhour.mp4: A GOP has 1 MiB.\n",
		"\ne: Memory\n\nafter\n20 requests\n",
		"\ngop / nginx          at most 2.5 times  2.6 times  no\n",
	} {
		assert.Contains(t, out.String(), want)
	}
}

func TestDoc(t *testing.T) {
	var out strings.Builder
	r := testReport()
	require.NoError(t, r.writeDoc(&out))
	for _, want := range []string{
		"on 4 May 2026; the run took 1m1s. Each contender runs once in each of 3 rounds",
		"| processor | Some \\| Thing, 2 cores |\n",
		"| gop | 0.1.0 with FFmpeg 7.1.5 |\n",
		"\n## Targets\n| target | bound | measured | met |\n|---|---|---|---|\n| gop / nginx | at " +
			"most 2.5 times | 2.6 times | no |\n",
		"\n## One GOP\nHow it is measured.\n\n**hour.mp4** 1 h. A GOP has 1 MiB.\n\n| hour.mp4 | p50 ms |",
		"| ffmpeg | 100 | 200 | 50× | 50× |",
		"\n## Memory\nMany.\n\n| after |\n|---|\n| 20 requests |\n",
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.NotContains(t, out.String(), "quick")
	r.Quick = true
	require.NoError(t, r.writeDoc(&out))
	assert.Contains(t, out.String(), "This was a quick run")
}

// The JSON has all measurements, not only the medians.
func TestJSON(t *testing.T) {
	var out strings.Builder
	r := testReport()
	require.NoError(t, r.writeJSON(&out))
	var back report
	require.NoError(t, json.Unmarshal([]byte(out.String()), &back))
	r.Sections[1].Tables = nil
	assert.Equal(t, r, &back)
}

func TestManySection(t *testing.T) {
	const mib = 1 << 20
	f := manyFigures{
		Requests: 60, Seconds: 2, P50: 1.5, P99: 9, Hits: 30, Misses: 10, CacheBytes: 1000,
		Samples: []memorySample{{20, 40 * mib, 50 * mib}, {40, 41 * mib, 52 * mib}, {60, 42 * mib, 55 * mib}},
		Before:  memorySample{0, 20 * mib, 30 * mib}, After: memorySample{1800, 35 * mib, 46 * mib},
	}
	s := f.section()
	assert.Equal(t, [][]string{{"30", "1.5", "9", "75.0 %"}}, s.Tables[0].Rows)
	assert.Equal(t, []string{"20 requests", "40.0", "50.0"}, s.Tables[1].Rows[0])
	assert.Equal(t, []string{"all 1800 GOPs once", "35.0", "46.0"}, s.Tables[1].Rows[4])
	assert.Equal(t, 16.0, s.Targets[0].Figure)
	assert.True(t, s.Targets[0].met())
	assert.InDelta(t, 1.1, s.Targets[1].Figure, 1e-9)
	assert.False(t, s.Targets[1].met())

	f.Hits, f.Misses = 0, 0
	assert.Equal(t, "unknown", f.section().Tables[0].Rows[0][3])
}
