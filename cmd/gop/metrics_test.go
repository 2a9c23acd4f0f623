package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// adminOf returns a process whose url is the --admin-addr that the program logs.
func adminOf(t *testing.T, p *process) *process {
	t.Helper()
	p.waitForLog(t, `msg="metrics and profiles" address=`)
	line := regexp.MustCompile(`msg="metrics and profiles" address=(\S+)`)
	found := line.FindStringSubmatch(p.stderr.String())
	require.NotNil(t, found)
	return &process{url: "http://" + found[1], client: p.client}
}

// value returns the value of a metric, given with its labels as printed, in the Prometheus text format.
func value(t *testing.T, text, metric string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, metric+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	assert.Fail(t, "no metric "+metric)
	return ""
}

func TestMetrics(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"), "--admin-addr", "127.0.0.1:0")
	admin := adminOf(t, p)
	const path = "/videos/h264-bframes-aac.mp4/group-of-pictures"
	p.get(t, path+".json")
	p.get(t, path+"/0.mp4")
	p.get(t, path+"/0.mp4")
	p.get(t, path+"/9.mp4")
	p.get(t, "/videos/none.mp4/group-of-pictures.json")

	response, body := admin.get(t, "/metrics")
	require.Equal(t, http.StatusOK, response.StatusCode)
	text := string(body)
	for metric, want := range map[string]string{
		`gop_http_requests_total{method="GET",route="segment",status="200"}`: "2",
		`gop_http_requests_total{method="GET",route="segment",status="404"}`: "1",
		`gop_http_requests_total{method="GET",route="listing",status="404"}`: "1",
		`gop_http_request_duration_seconds_count{route="segment"}`:           "3",
		`gop_http_stage_duration_seconds_count{stage="index"}`:               "1",
		`gop_http_stage_duration_seconds_count{stage="cut"}`:                 "1",
		`gop_http_cache_total{result="hit",route="segment"}`:                 "1",
		`gop_http_cache_total{result="miss",route="segment"}`:                "1",
		`gop_cache_hits_total{cache="index"}`:                                "3",
		`gop_cache_misses_total{cache="index"}`:                              "1",
		`gop_cache_hits_total{cache="segment"}`:                              "1",
		`gop_cache_entries{cache="segment"}`:                                 "1",
		`gop_engine_duration_seconds_count{call="index"}`:                    "1",
		`gop_engine_duration_seconds_count{call="segment"}`:                  "1",
		`gop_engine_errors_total{call="index",kind="internal"}`:              "0",
		`gop_http_requests_in_flight`:                                        "0",
		`gop_limiter_running{limiter="indexes"}`:                             "0",
		`gop_limiter_waiting{limiter="indexes"}`:                             "0",
		`gop_limiter_refused_total{limiter="indexes"}`:                       "0",
		`gop_limiter_running{limiter="segments"}`:                            "0",
		`gop_limiter_waiting{limiter="segments"}`:                            "0",
		`gop_limiter_refused_total{limiter="segments"}`:                      "0",
		`gop_limiter_running{limiter="thumbnails"}`:                          "0",
		`gop_limiter_waiting{limiter="thumbnails"}`:                          "0",
		`gop_limiter_refused_total{limiter="thumbnails"}`:                    "0",
		`gop_limiter_running{limiter="transcodes"}`:                          "0",
		`gop_limiter_waiting{limiter="transcodes"}`:                          "0",
		`gop_limiter_refused_total{limiter="transcodes"}`:                    "0",
		"gop_in_flight_bytes":                                                "0",
		"gop_in_flight_waiting":                                              "0",
		"gop_in_flight_refused_total":                                        "0",
		`gop_engine_errors_total{call="transcode",kind="internal"}`:          "0",
	} {
		assert.Equal(t, want, value(t, text, metric), metric)
	}
	for _, metric := range []string{
		`gop_cache_bytes{cache="index"}`, `gop_cache_bytes{cache="segment"}`,
		`gop_cache_bytes{cache="body"}`,
		`gop_engine_read_bytes_total`, `gop_c_allocated_bytes`, `process_resident_memory_bytes`,
		`go_goroutines`, `process_open_fds`,
		`gop_http_response_bytes_total{route="segment"}`,
		`gop_http_stage_duration_seconds_count{stage="open"}`,
		`gop_http_stage_duration_seconds_count{stage="wait"}`,
	} {
		assert.NotEqual(t, "0", value(t, text, metric), metric)
	}

	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(text)
	output, err := check.CombinedOutput()
	assert.NoError(t, err, string(output))

	// The dashboard and the alerts use metrics that exist.
	named := regexp.MustCompile(`\b(gop|process|go)_[a-z_]+`)
	for _, file := range []string{"grafana.json", "alerts.yaml"} {
		content, err := os.ReadFile("../../docs/monitoring/" + file)
		require.NoError(t, err)
		names := named.FindAllString(string(content), -1)
		require.NotEmpty(t, names, file)
		for _, name := range names {
			// This counter has no line before its first increment.
			if name == "gop_http_responses_cut_total" {
				continue
			}
			assert.Regexp(t, `(?m)^`+name+`[ {]`, text, file)
		}
	}
	p.terminate(t)
	p.wait(t)
}

func TestAlertRules(t *testing.T) {
	for _, args := range [][]string{
		{"check", "rules", "alerts.yaml"},
		{"test", "rules", "alerts_test.yaml"},
	} {
		check := exec.Command("promtool", args...)
		check.Dir = "../../docs/monitoring"
		output, err := check.CombinedOutput()
		assert.NoError(t, err, string(output))
	}
}

func TestAdminAddress(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--admin-addr", "127.0.0.1:0")
	admin := adminOf(t, p)
	for path, want := range map[string]int{
		"/metrics": 200, "/healthz": 200, "/readyz": 200,
		"/debug/pprof/": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 200,
		"/": 404, "/videos/h264-aac.mp4/group-of-pictures.json": 404,
	} {
		response, _ := admin.get(t, path)
		assert.Equal(t, want, response.StatusCode, path)
	}
	// The address for clients serves none of these.
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline"} {
		response, _ := p.get(t, path)
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
	response, _ := p.get(t, "/readyz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestAccessLogAsJSON(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--log-format", "json")
	response, _ := p.get(t, "/videos/h264-aac.mp4/group-of-pictures/0.mp4")
	var entry struct {
		Msg, ID, Method, Path, Video, Cache string
		GOP, Status, Bytes                  int
		Duration, Open, Index, Cut, Wait    int64 // nanoseconds
	}
	p.waitForLog(t, `"msg":"request"`)
	for line := range strings.Lines(p.stderr.String()) {
		if strings.Contains(line, `"msg":"request"`) {
			require.NoError(t, json.Unmarshal([]byte(line), &entry))
		}
	}
	assert.Equal(t, response.Header.Get("X-Request-Id"), entry.ID)
	assert.EqualValues(t, response.ContentLength, entry.Bytes)
	assert.Equal(t, "h264-aac.mp4", entry.Video)
	assert.Equal(t, "miss", entry.Cache)
	assert.Equal(t, 200, entry.Status)
	assert.Positive(t, entry.Duration)
	stages := []int64{entry.Open, entry.Index, entry.Cut, entry.Wait}
	sum := int64(0)
	for _, stage := range stages {
		assert.Positive(t, stage)
		sum += stage
	}
	assert.LessOrEqual(t, sum, entry.Duration)

	quiet := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--no-access-log")
	quiet.get(t, "/videos/h264-aac.mp4/group-of-pictures/0.mp4")
	quiet.terminate(t)
	quiet.wait(t)
	assert.NotContains(t, quiet.stderr.String(), "msg=request")
}
