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

// startWatched starts gop for a folder, with an address for operators. Stop it after use.
func startWatched(ctx context.Context, o options, scratch string, env []string, dir string) (s *process.Server, host, admin string, err error) {
	s, host, err = process.StartGOP(ctx, scratch, env, o.GOP, "--no-access-log", "--admin-addr=127.0.0.1:0", dir)
	if err != nil {
		return nil, "", "", err
	}
	if admin, err = adminAddress(s); err != nil {
		return nil, "", "", errors.Join(err, s.Stop())
	}
	return s, host, admin, nil
}

var printedAdmin = regexp.MustCompile(`msg="metrics and profiles" address=(\S+)`)

func adminAddress(s *process.Server) (string, error) {
	output, err := s.Output()
	if err != nil {
		return "", err
	}
	found := printedAdmin.FindStringSubmatch(output)
	if found == nil {
		return "", errors.New("gop does not tell its address for operators")
	}
	return found[1], nil
}

// get asks once, over a connection of its own.
func get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}

// metrics returns a server's metrics by name and labels, as they are printed.
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
