package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/progress"
)

// The giant video: two hours in which each frame is a GOP.
const (
	giantSeconds = 7200
	giantRate    = 30 // GOPs per second
	giantPath    = "/videos/giant.mp4/group-of-pictures"
)

// Limits of the promises.
const (
	maxGiantTime   = 60 * time.Second
	maxGiantMemory = 400 << 20 // bytes
)

// giantQueries are those of the listings and of the pages that are requested at the same time. They differ,
// so that no response is made for two of them.
var giantQueries = struct{ listings, pages []string }{
	[]string{"", "?audio=0", "?leading=0", "?metadata=1", "?audio=0&metadata=1"},
	[]string{"", "?page=2", "?page=100", "?page=432", "?audio=0"},
}

// giantFigures are the results of the requests for the giant video.
type giantFigures struct {
	listings, pages []giantReply
	peak            int64 // peak resident memory of the server, in bytes
}

// giantReply is a reply with the size of its body.
type giantReply struct {
	reply
	bytes int64 // as sent
}

// giantListings requests listings and pages of a video with many GOPs at the same time from a server without
// its index.
func giantListings(
	ctx context.Context, o options, dir string, bar *progress.Bar,
) (f giantFigures, err error) {
	bar.At(0.2, "giant listing")
	if err := giantVideo(ctx, dir); err != nil {
		return f, err
	}
	s, host, err := process.StartGOP(ctx, filepath.Dir(dir), nil, o.GOP,
		"--no-access-log", "--log-level=warn", fmt.Sprintf("--memory-limit=%d", memoryLimit), dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	client := &http.Client{Transport: &http.Transport{}, Timeout: 2 * maxGiantTime}
	defer client.CloseIdleConnections()

	f.listings = make([]giantReply, len(giantQueries.listings))
	f.pages = make([]giantReply, len(giantQueries.pages))
	var all sync.WaitGroup
	for i, query := range giantQueries.listings {
		all.Go(func() { f.listings[i] = getGiant(ctx, client, "http://"+host+giantPath+".json"+query) })
	}
	for i, query := range giantQueries.pages {
		all.Go(func() { f.pages[i] = getGiant(ctx, client, "http://"+host+giantPath+query) })
	}
	all.Wait()
	if f.peak, err = s.Memory("VmHWM"); err != nil {
		return f, err
	}
	return f, ctx.Err()
}

// giantVideo makes the giant video, which has a few megabytes.
func giantVideo(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	source := fmt.Sprintf("color=gray:size=16x16:rate=%d:duration=%d", giantRate, giantSeconds)
	return runFFmpeg(ctx, "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-g", "1",
		filepath.Join(dir, "giant.mp4"))
}

// getGiant requests a URL with gzip. It leaves the body compressed, because the clients share the server's
// cores.
func getGiant(ctx context.Context, client *http.Client, url string) (r giantReply) {
	start := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return r
	}
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := client.Do(request)
	if err == nil {
		r.bytes, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	if r.took = time.Since(start); err == nil {
		r.status = response.StatusCode
	}
	return r
}

const giantText = `## Giant listing

An mp4 of %d hours in which each frame is a GOP has %d GOPs. %d listings and %d pages of it are ` +
	`requested at the same time, with different parameters, from a server without its index, under a limit ` +
	`of 1 GiB. ` +
	`The clients run on the same cores as the server, and do not decompress.

| | requests | status 200 | slowest | largest, with gzip |
|---|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f giantFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, giantText,
		giantSeconds/3600, giantSeconds*giantRate, len(f.listings), len(f.pages))
	for _, row := range []struct {
		name    string
		replies []giantReply
	}{{"listings", f.listings}, {"pages", f.pages}} {
		ok, slowest, largest := summarizeGiant(row.replies)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %d KiB |\n",
			row.name, len(row.replies), ok, text(slowest), largest>>10)
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, f.promises())
}

// summarizeGiant returns the number of replies with status 200, and the longest time and the largest body of
// all replies.
func summarizeGiant(replies []giantReply) (ok int, slowest time.Duration, largest int64) {
	for _, r := range replies {
		if r.status == http.StatusOK {
			ok++
		}
		slowest, largest = max(slowest, r.took), max(largest, r.bytes)
	}
	return ok, slowest, largest
}

// promises compares the figures with their limits.
func (f giantFigures) promises() []promise {
	all := append(append([]giantReply{}, f.listings...), f.pages...)
	ok, slowest, _ := summarizeGiant(all)
	return []promise{
		{"every request served", fmt.Sprintf("%d of %d", ok, len(all)), ok == len(all) && ok > 0},
		{"each within 60 s", text(slowest), slowest <= maxGiantTime},
		{
			"resident memory at most 400 MiB", fmt.Sprintf("peak %.0f MiB", float64(f.peak)/(1<<20)),
			f.peak <= maxGiantMemory,
		},
	}
}
