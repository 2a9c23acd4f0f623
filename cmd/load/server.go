package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"gop/cmd/internal/process"
)

// server is a running gop serve.
type server struct {
	*process.Server
	host  string // address for clients
	admin string // address of the metrics
}

// startServer starts gop serve for a folder, with metrics. env is added to its environment. The caller stops
// it.
func startServer(ctx context.Context, o options, scratch string, env []string, dir string) (*server, error) {
	s, host, err := process.StartGOP(ctx, scratch, env, o.GOP,
		"--no-access-log", "--admin-addr=127.0.0.1:0", dir)
	if err != nil {
		return nil, err
	}
	admin, err := adminAddress(s)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return &server{s, host, admin}, nil
}

var adminLine = regexp.MustCompile(`msg="metrics and profiles" address=(\S+)`)

// adminAddress returns the address of the metrics, which the server logs.
func adminAddress(s *process.Server) (string, error) {
	output, err := s.Output()
	if err != nil {
		return "", err
	}
	found := adminLine.FindStringSubmatch(output)
	if found == nil {
		return "", errors.New("gop does not log its --admin-addr")
	}
	return found[1], nil
}

// get requests a URL, given without its scheme, over a new connection.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+url, nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

// metrics returns a server's metrics. The keys are names with labels, as printed.
func metrics(ctx context.Context, admin string) (map[string]float64, error) {
	body, err := get(ctx, admin+"/metrics")
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		values[name], _ = strconv.ParseFloat(value, 64)
	}
	return values, lines.Err()
}
