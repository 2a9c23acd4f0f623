package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const wrkOutput = `Running 3s test @ http://127.0.0.1:40111/videos/hour.mp4/group-of-pictures/900.mp4
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.50ms    7.61ms  93.07ms   91.99%
    Req/Sec     1.59k   188.57     1.99k    68.33%
  Latency Distribution
     50%  951.00us
     75%    5.79ms
     90%   11.57ms
     99%    1.04s 
  9524 requests in 3.02s, 11.07GB read
Requests/sec:   3151.67
Transfer/sec:      3.66GB
`

func TestParseWrk(t *testing.T) {
	r, err := parseWrk(wrkOutput)
	require.NoError(t, err)
	assert.Equal(t, wrkResult{
		requests: 9524, perSecond: 3151.67, p50: 951 * time.Microsecond, p99: 1040 * time.Millisecond,
	}, r)
}

// Failed requests and unexpected output are errors.
func TestParseWrkErrors(t *testing.T) {
	for _, line := range []string{
		"  Socket errors: connect 0, read 2, write 0, timeout 3\n",
		"  Non-2xx or 3xx responses: 9524\n",
	} {
		_, err := parseWrk(wrkOutput + line)
		assert.ErrorContains(t, err, line[2:len(line)-1])
	}
	const refused = "unable to connect to 127.0.0.1:1 Connection refused\n"
	for _, output := range []string{"", refused, wrkOutput[:300]} {
		_, err := parseWrk(output)
		assert.ErrorContains(t, err, "unexpected output")
	}
}
