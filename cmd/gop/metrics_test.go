package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// adminOf is the address for operators that the program writes into its log, soon after the one that it serves at.
func adminOf(t *testing.T, p *process) *process {
	t.Helper()
	var found []string
	require.Eventually(t, func() bool {
		found = regexp.MustCompile(`msg="metrics and profiles" address=(\S+)`).FindStringSubmatch(p.stderr.String())
		return found != nil
	}, 10*time.Second, time.Millisecond)
	return &process{url: "http://" + found[1], client: p.client}
}

// value is a metric's in a text that Prometheus reads; labels stand as they are printed.
func value(t *testing.T, text, metric string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, metric+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	assert.Fail(t, "there is no metric "+metric)
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

	answer, body := admin.get(t, "/metrics")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	text := string(body)
	for metric, want := range map[string]string{
		`gop_http_requests_total{method="GET",route="segment",status="200"}`: "2",
		`gop_http_requests_total{method="GET",route="segment",status="404"}`: "1",
		`gop_http_requests_total{method="GET",route="listing",status="404"}`: "1",
		`gop_http_request_duration_seconds_count{route="segment"}`:           "3",
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
		`gop_limiter_running{limiter="workers"}`:                             "0",
		`gop_limiter_waiting{limiter="workers"}`:                             "0",
		`gop_limiter_refused_total{limiter="workers"}`:                       "0",
		`gop_limiter_running{limiter="thumbnails"}`:                          "0",
		`gop_limiter_waiting{limiter="thumbnails"}`:                          "0",
		`gop_limiter_refused_total{limiter="thumbnails"}`:                    "0",
		`gop_limiter_running{limiter="transcodes"}`:                          "0",
		`gop_limiter_waiting{limiter="transcodes"}`:                          "0",
		`gop_limiter_refused_total{limiter="transcodes"}`:                    "0",
		`gop_engine_errors_total{call="transcode",kind="internal"}`:          "0",
	} {
		assert.Equal(t, want, value(t, text, metric), metric)
	}
	for _, metric := range []string{
		`gop_cache_bytes{cache="index"}`, `gop_cache_bytes{cache="segment"}`, `gop_cache_bytes{cache="body"}`,
		`gop_engine_read_bytes_total`, `gop_c_allocated_bytes`, `process_resident_memory_bytes`, `go_goroutines`, `process_open_fds`,
		`gop_http_response_bytes_total{route="segment"}`,
	} {
		assert.NotEqual(t, "0", value(t, text, metric), metric)
	}

	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(text)
	output, err := check.CombinedOutput()
	assert.NoError(t, err, string(output))

	// What operators look at is made of what there is.
	named := regexp.MustCompile(`\b(gop|process|go)_[a-z_]+`)
	for _, file := range []string{"grafana.json", "alerts.yaml"} {
		content, err := os.ReadFile("../../docs/monitoring/" + file)
		require.NoError(t, err)
		names := named.FindAllString(string(content), -1)
		require.NotEmpty(t, names, file)
		for _, name := range names {
			// What counts misfortunes has no line before the first one.
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
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
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
		"/metrics": 200, "/healthz": 200, "/readyz": 200, "/debug/pprof/": 200, "/debug/pprof/goroutine?debug=1": 200,
		"/debug/pprof/cmdline": 200, "/": 404, "/videos/h264-aac.mp4/group-of-pictures.json": 404,
	} {
		answer, _ := admin.get(t, path)
		assert.Equal(t, want, answer.StatusCode, path)
	}
	// Clients see nothing of it.
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline"} {
		answer, _ := p.get(t, path)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
	answer, _ := p.get(t, "/readyz")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
}

func TestAccessLogIsJSONWhereAsked(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--log-format", "json")
	answer, _ := p.get(t, "/videos/h264-aac.mp4/group-of-pictures/0.mp4")
	var entry struct {
		Msg, ID, Method, Path, Video, Cache string
		GOP, Status, Bytes                  int
		Duration                            int64 // nanoseconds
	}
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), `"msg":"request"`) }, patience, patience/1000)
	for line := range strings.Lines(p.stderr.String()) {
		if strings.Contains(line, `"msg":"request"`) {
			require.NoError(t, json.Unmarshal([]byte(line), &entry))
		}
	}
	assert.Equal(t, answer.Header.Get("X-Request-Id"), entry.ID)
	assert.EqualValues(t, answer.ContentLength, entry.Bytes)
	assert.Equal(t, "h264-aac.mp4", entry.Video)
	assert.Equal(t, "miss", entry.Cache)
	assert.Equal(t, 200, entry.Status)
	assert.Positive(t, entry.Duration)

	quiet := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--no-access-log")
	quiet.get(t, "/videos/h264-aac.mp4/group-of-pictures/0.mp4")
	quiet.terminate(t)
	quiet.wait(t)
	assert.NotContains(t, quiet.stderr.String(), "msg=request")
}

// Encodes never hold all of Go's processors.
func TestProcessorsBesideEncodes(t *testing.T) {
	p := serveFolder(t, folderOf(t, "h264-bframes-aac.mp4"), "--admin-addr", "127.0.0.1:0", "--transcodes", "100")
	_, body := adminOf(t, p).get(t, "/metrics")
	assert.Equal(t, "200", value(t, string(body), "go_sched_gomaxprocs_threads"))
}
