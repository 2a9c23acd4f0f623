package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	cancelsPerSize = 12
	stateTimeout   = 10 * time.Second // longest wait for a state of the transcode limiter
)

// cancelSizes lists the videos of one long GOP and the longest time that its transcode may continue after its
// client has disconnected. An encoder finishes the frame it has started, so the time depends on the frame
// size.
var cancelSizes = []struct {
	name, size string
	longest    time.Duration
}{
	{"720p", "1280x720", 100 * time.Millisecond},
	{"1080p", "1920x1080", 100 * time.Millisecond},
	{"2160p", "3840x2160", 100 * time.Millisecond},
}

func longVideo(size string) string { return "long-" + size + ".mp4" }

// measureCancels returns, for each of cancelSizes, how long transcodes continued after their client had
// disconnected.
func measureCancels(ctx context.Context, host, admin string) (all [][]time.Duration, err error) {
	for _, s := range cancelSizes {
		var times []time.Duration
		for i := range cancelsPerSize {
			// The quality differs, so that no request joins another or finds its segment in the cache.
			path := fmt.Sprintf("/videos/%s/group-of-pictures/0.mp4?quality=%d", longVideo(s.name), 18+i)
			// The client disconnects at different stages of the transcode.
			took, err := measureCancel(ctx, host, admin, path, time.Duration(300+100*i)*time.Millisecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			times = append(times, took)
		}
		all = append(all, times)
	}
	return all, nil
}

// measureCancel requests a transcode, disconnects some time after it has started, and returns how long it
// continues.
func measureCancel(
	ctx context.Context, host, admin, path string, after time.Duration,
) (time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request("GET", path)); err != nil {
		return 0, err
	}
	if err := waitForTranscodes(ctx, admin, isRunning); err != nil {
		return 0, err
	}
	sleep(ctx, after)
	if running, err := checkTranscodes(ctx, admin, isRunning); err != nil || !running {
		return 0, errors.Join(err, errors.New("the transcode ended before its client disconnected"))
	}
	disconnected := time.Now()
	if err := conn.Close(); err != nil {
		return 0, err
	}
	err = waitForTranscodes(ctx, admin, isIdle)
	return time.Since(disconnected), err
}

// limiterState is a condition on the transcode limiter: the numbers of running and waiting calls.
type limiterState func(running, waiting int) bool

func isRunning(running, _ int) bool      { return running > 0 }
func isQueued(running, waiting int) bool { return running > 0 && waiting > 0 }
func isIdle(running, waiting int) bool   { return running == 0 && waiting == 0 }

// waitForTranscodes polls the metrics until the transcode limiter is in a state.
func waitForTranscodes(ctx context.Context, admin string, state limiterState) error {
	for start := time.Now(); time.Since(start) < stateTimeout; {
		ok, err := checkTranscodes(ctx, admin, state)
		if ok || err != nil {
			return err
		}
		sleep(ctx, time.Millisecond)
	}
	return fmt.Errorf("the transcode limiter did not reach the expected state within %s", stateTimeout)
}

// checkTranscodes reports whether the transcode limiter is in a state.
func checkTranscodes(ctx context.Context, admin string, state limiterState) (bool, error) {
	values, err := metrics(ctx, admin)
	if err != nil {
		return false, err
	}
	running := values[`gop_limiter_running{limiter="transcodes"}`]
	waiting := values[`gop_limiter_waiting{limiter="transcodes"}`]
	return state(int(running), int(waiting)), nil
}
