package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// measureStops has one client after the other ask for a long encode and go away, and tells how long the server goes
// on with each.
func measureStops(ctx context.Context, host, admin string) (stops []time.Duration, err error) {
	isRunning := func(running, _ int) bool { return running > 0 }
	for i := range stopsMeasured {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
		if err != nil {
			return nil, err
		}
		// Each another, so that none is cached.
		path := fmt.Sprintf("/videos/long.mp4/group-of-pictures/0.mp4?quality=%d", i+1)
		_, err = io.WriteString(conn, request("GET", path))
		err = errors.Join(err, awaitEncodes(ctx, admin, isRunning))
		sleep(ctx, time.Duration(200+10*i)*time.Millisecond) // it is in the midst of it, at one place or another
		still, stillErr := encodesAre(ctx, admin, isRunning)
		gone := time.Now()
		err = errors.Join(err, stillErr, conn.Close(), awaitEncodes(ctx, admin, isIdle))
		stops = append(stops, time.Since(gone))
		if err == nil && !still {
			err = errors.New("an encode ended before its client went away")
		}
		if err != nil {
			return nil, err
		}
	}
	return stops, nil
}

func isIdle(running, waiting int) bool { return running == 0 && waiting == 0 }

// awaitEncodes waits until the server's encodes are as is says.
func awaitEncodes(ctx context.Context, admin string, is func(running, waiting int) bool) error {
	for began := time.Now(); time.Since(began) < encodeStarting; {
		ok, err := encodesAre(ctx, admin, is)
		if ok || err != nil {
			return err
		}
		sleep(ctx, time.Millisecond)
	}
	return errors.New("the server's encodes are not what was waited for")
}

func encodesAre(ctx context.Context, admin string, is func(running, waiting int) bool) (bool, error) {
	values, err := metrics(ctx, admin)
	if err != nil {
		return false, err
	}
	return is(int(values["gop_encodes_running"]), int(values["gop_encodes_waiting"])), nil
}

// metrics is what a server's metrics say, those without labels.
func metrics(ctx context.Context, admin string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		values[name], _ = strconv.ParseFloat(value, 64)
	}
	return values, lines.Err()
}
