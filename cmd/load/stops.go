package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Encodes whose clients go away.
const (
	stopsOfEach    = 12
	encodeStarting = 10 * time.Second // after which an encode that was asked for has begun, or ended
)

// stopSizes is the videos of a single GOP that takes seconds to encode, and how long one may go on. What an
// encoder has begun is done to its end, so that the size of a picture decides.
var stopSizes = []struct {
	name, size string
	longest    time.Duration
}{
	{"720p", "1280x720", 100 * time.Millisecond},
	{"1080p", "1920x1080", 100 * time.Millisecond},
	{"2160p", "3840x2160", 100 * time.Millisecond},
}

func longVideo(size string) string { return "long-" + size + ".mp4" }

// measureStops has one client after the other ask for a long encode and go away, and tells how long the
// server goes on with each.
func measureStops(ctx context.Context, host, admin string) (all [][]time.Duration, err error) {
	for _, s := range stopSizes {
		var stops []time.Duration
		for i := range stopsOfEach {
			// Each another, so that none can be cached or joined.
			path := fmt.Sprintf("/videos/%s/group-of-pictures/0.mp4?quality=%d", longVideo(s.name), 18+i)
			// It is in the midst of it, at one place or another.
			took, err := measureStop(ctx, host, admin, path, time.Duration(300+100*i)*time.Millisecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			stops = append(stops, took)
		}
		all = append(all, stops)
	}
	return all, nil
}

// measureStop asks for an encode, goes away after a while, and tells how long it takes from there to the
// encode's end.
func measureStop(ctx context.Context, host, admin, path string, after time.Duration) (time.Duration, error) {
	isRunning := func(running, _ int) bool { return running > 0 }
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request("GET", path)); err != nil {
		return 0, err
	}
	if err := awaitEncodes(ctx, admin, isRunning); err != nil {
		return 0, err
	}
	sleep(ctx, after)
	if still, err := encodesAre(ctx, admin, isRunning); err != nil || !still {
		return 0, errors.Join(err, errors.New("the encode ended before its client went away"))
	}
	gone := time.Now()
	if err := conn.Close(); err != nil {
		return 0, err
	}
	err = awaitEncodes(ctx, admin, isIdle)
	return time.Since(gone), err
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
	return is(int(values[`gop_limiter_running{limiter="transcodes"}`]), int(values[`gop_limiter_waiting{limiter="transcodes"}`])), nil
}
