package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/progress"
	"gop/cmd/internal/stats"
)

// Parameters of the slow readers.
const (
	slowReaders    = 50 // each reads a GOP of its own
	slowRate       = 10 << 10
	slowReads      = 10 // per second
	slowBuffer     = 16 << 10
	slowLimit      = 512 << 20 // memory limit of the server
	largeGOPBytes  = 9 << 20
	otherClients   = 4
	otherPause     = 50 * time.Millisecond
	slowStart      = 3 * time.Second // until the slow readers have filled the memory in flight
	largeVideo     = "large.ts"
	zeroCopyVideo  = "other.mp4"
	copiedVideo    = "other.ts"
	otherVideoGOPs = 300
)

// slowFigures are the results of the slow readers and of the requests beside them.
type slowFigures struct {
	time     time.Duration
	admitted int // slow readers whose response has started
	refused  int // slow readers with status 503
	zeroCopy []reply
	copied   []reply
	images   []reply
	listings []reply
	peak     int64 // peak resident memory of the server, in bytes
}

// besideSlowReaders requests GOPs, thumbnails and listings while slow clients read large GOPs that are held
// in memory.
func besideSlowReaders(
	ctx context.Context, o options, scratch string, bar *progress.Bar,
) (f slowFigures, err error) {
	f.time = o.Time
	bar.At(0.21, "slow readers: making videos")
	dir := filepath.Join(scratch, "slow")
	if err := slowVideos(ctx, dir); err != nil {
		return f, err
	}
	s, host, err := process.StartGOP(ctx, scratch, nil, o.GOP,
		"--no-access-log", fmt.Sprintf("--memory-limit=%d", slowLimit), dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(host)
	defer c.close()
	for _, name := range []string{largeVideo, zeroCopyVideo, copiedVideo} {
		if r := c.get(ctx, listingPath(name), time.Now()); r.status != http.StatusOK {
			return f, fmt.Errorf("request the listing of %s: status %d", name, r.status)
		}
	}
	if err := s.ResetPeak(); err != nil {
		return f, err
	}
	bar.At(0.22, fmt.Sprintf("slow readers: %d of them for %s", slowReaders, o.Time))
	slow, stop := context.WithTimeout(ctx, slowStart+o.Time)
	defer stop()
	var readers sync.WaitGroup
	statuses := make([]int, slowReaders)
	for i := range slowReaders {
		readers.Go(func() { statuses[i] = readSlowly(slow, host, gopPath(largeVideo, i)) })
	}
	sleep(ctx, slowStart)
	f.requestOthers(slow, c)
	readers.Wait()
	for _, status := range statuses {
		switch status {
		case http.StatusOK:
			f.admitted++
		case http.StatusServiceUnavailable:
			f.refused++
		}
	}
	f.peak, err = s.Memory("VmHWM")
	return f, errors.Join(err, ctx.Err())
}

// requestOthers requests other GOPs, thumbnails and listings until ctx ends, most of them for the first time.
func (f *slowFigures) requestOthers(ctx context.Context, c *client) {
	var clients sync.WaitGroup
	for _, kind := range []struct {
		replies *[]reply
		path    func(i int) string
	}{
		{&f.zeroCopy, func(i int) string { return gopPath(zeroCopyVideo, i*7%otherVideoGOPs) }},
		{&f.copied, func(i int) string { return gopPath(copiedVideo, i*7%otherVideoGOPs) }},
		{&f.images, func(i int) string {
			return fmt.Sprintf("/videos/%s/group-of-pictures/%d.jpg", copiedVideo, i*7%otherVideoGOPs)
		}},
		{&f.listings, func(i int) string { return listingPath([]string{largeVideo, copiedVideo}[i%2]) }},
	} {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				r := c.get(ctx, kind.path(i), time.Now())
				if ctx.Err() == nil {
					*kind.replies = append(*kind.replies, r)
				}
				sleep(ctx, otherPause)
			}
		})
	}
	clients.Wait()
}

// readSlowly requests a path and reads slowRate bytes of the response per second until ctx ends. It returns
// the status, or 0 if there was no response.
func readSlowly(ctx context.Context, host, path string) (status int) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return 0
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	// The system must not receive the response in place of the client.
	if err := conn.(*net.TCPConn).SetReadBuffer(slowBuffer); err != nil {
		return 0
	}
	if _, err := io.WriteString(conn, request("GET", path)); err != nil {
		return 0
	}
	b := make([]byte, slowRate/slowReads)
	n, err := io.ReadFull(conn, b[:len("HTTP/1.1 200")])
	if err != nil {
		return 0
	}
	_, _ = fmt.Sscanf(string(b[:n]), "HTTP/1.1 %d", &status)
	for status == http.StatusOK && sleep(ctx, time.Second/slowReads) {
		if _, err := conn.Read(b); err != nil {
			break
		}
	}
	return status
}

func gopPath(name string, n int) string {
	return fmt.Sprintf("/videos/%s/group-of-pictures/%d.mp4", name, n)
}

func listingPath(name string) string { return fmt.Sprintf("/videos/%s/group-of-pictures.json", name) }

// slowVideos makes an MPEG-TS video of large GOPs, which are held in memory, and one of small GOPs as MPEG-TS
// and as mp4.
func slowVideos(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	large, small := at("large-gop.mp4"), at("small.mp4")
	for _, args := range [][]string{
		{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=2", "-vf", "noise=alls=100:allf=t",
			"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "36M", "-maxrate", "36M", "-bufsize", "18M",
			"-g", "50", "-keyint_min", "50", "-sc_threshold", "0", large,
		},
		{"-stream_loop", fmt.Sprint(slowReaders), "-i", large, "-c", "copy", at(largeVideo)},
		{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10",
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M",
			"-g", "25", "-keyint_min", "25", "-sc_threshold", "0", small,
		},
		{"-stream_loop", fmt.Sprint(otherVideoGOPs/10 - 1), "-i", small, "-c", "copy", at(copiedVideo)},
		{"-i", at(copiedVideo), "-c", "copy", at(zeroCopyVideo)},
	} {
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(large), os.Remove(small))
}

const slowText = `## Beside slow readers

%d clients each read a GOP of %d MiB of an MPEG-TS video, which the server holds in memory, at %d KiB per ` +
	`second. The memory limit is %d MiB. Beside them, for %s, %d clients request one thing after another, ` +
	`with pauses of %s.

| | requests | status 200 | p50 | p99 | status 503 | other |
|---|---|---|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f slowFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, slowText, slowReaders, largeGOPBytes>>20, slowRate>>10, slowLimit>>20, f.time,
		otherClients, otherPause)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"zero-copy GOPs", f.zeroCopy},
		{"GOPs held in memory", f.copied},
		{"thumbnails", f.images},
		{"listings", f.listings},
	} {
		ok := times(row.replies, http.StatusOK)
		refused := times(row.replies, http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %d | %d |\n", row.name, len(row.replies), len(ok),
			text(stats.Percentile(ok, 50)), text(stats.Percentile(ok, 99)),
			len(refused), len(row.replies)-len(ok)-len(refused))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, f.promises())
}

// promises compares the figures with their limits.
func (f slowFigures) promises() []promise {
	others := slices.Concat(f.copied, f.images, f.listings)
	served, zeroCopies := len(times(others, http.StatusOK)), len(times(f.zeroCopy, http.StatusOK))
	return []promise{
		{
			"every zero-copy GOP is served", fmt.Sprintf("%d of %d", zeroCopies, len(f.zeroCopy)),
			zeroCopies == len(f.zeroCopy) && zeroCopies > 0,
		},
		{
			"every other small request is served", fmt.Sprintf("%d of %d", served, len(others)),
			served == len(others) && served > 0,
		},
		{
			"each slow reader is served or gets status 503",
			fmt.Sprintf("%d served, %d with 503, of %d", f.admitted, f.refused, slowReaders),
			f.admitted > 0 && f.admitted+f.refused == slowReaders,
		},
		{
			"memory within its limit", fmt.Sprintf("peak %.0f MiB", float64(f.peak)/(1<<20)),
			f.peak < slowLimit && f.peak > 0,
		},
	}
}
