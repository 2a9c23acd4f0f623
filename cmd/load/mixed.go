package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gop/cmd/internal/progress"
)

// resources are the resources that a server uses at a time.
type resources struct {
	descriptors, goroutines int
	cMemory                 int64 // bytes
	resident                int64 // bytes
}

// mixedFigures are the results of the mixed requests.
type mixedFigures struct {
	kinds         map[string]int // number of requests by kind
	statuses      map[int]int    // number of responses by status; 0 counts requests without a response
	before, after resources
	errors        int // panics and errors in the log
	time          time.Duration
}

// mixedRequests sends valid, malformed and aborted requests, and compares the server's resources before and
// after.
func mixedRequests(
	ctx context.Context, o options, scratch string, bar *progress.Bar,
) (f mixedFigures, err error) {
	s, err := startServer(ctx, o, scratch, nil, o.Videos)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	m, err := newMixer(ctx, s.host, &f)
	if err != nil {
		return f, err
	}
	// Fill caches and pools first.
	bar.At(0.45, "mixed requests: warming up")
	if err := m.send(ctx, min(o.Requests, 4000), func(int) {}); err != nil {
		return f, err
	}
	sleep(ctx, o.Rest)
	if f.before, err = resourcesOf(ctx, s.admin); err != nil {
		return f, err
	}
	f.kinds, f.statuses = map[string]int{}, map[int]int{}
	start := time.Now()
	err = m.send(ctx, o.Requests, func(done int) {
		part := float64(done) / float64(o.Requests)
		bar.At(0.65+0.1*part, fmt.Sprintf("mixed requests: %d of %d", done, o.Requests))
	})
	if err != nil {
		return f, err
	}
	f.time = time.Since(start)
	bar.At(0.75, "mixed requests: waiting for idle connections to close")
	sleep(ctx, o.Rest)
	if f.after, err = resourcesOf(ctx, s.admin); err != nil {
		return f, err
	}
	output, err := s.Output()
	f.errors = strings.Count(output, "msg=panic") + strings.Count(output, "level=ERROR")
	return f, errors.Join(err, ctx.Err())
}

// resourcesOf reads the resources from a server's metrics.
func resourcesOf(ctx context.Context, admin string) (r resources, err error) {
	values, err := metrics(ctx, admin)
	if err != nil {
		return r, err
	}
	r = resources{
		int(values["process_open_fds"]), int(values["go_goroutines"]),
		int64(values["gop_c_allocated_bytes"]), int64(values["process_resident_memory_bytes"]),
	}
	if r.descriptors == 0 || r.goroutines == 0 || r.resident == 0 {
		return r, errors.New("the metrics of the server's resources are missing")
	}
	return r, nil
}

// mixer sends requests of all kinds.
type mixer struct {
	host  string
	gops  []string // paths of GOPs
	pages []string // paths of videos

	mu sync.Mutex
	f  *mixedFigures
}

var hrefInPage = regexp.MustCompile(`href="(/videos/[^"]*/group-of-pictures)"`)

// newMixer reads the paths of all videos and GOPs.
func newMixer(ctx context.Context, host string, f *mixedFigures) (*mixer, error) {
	m := &mixer{host: host, f: f}
	f.kinds, f.statuses = map[string]int{}, map[int]int{}
	page, err := get(ctx, host+"/")
	if err != nil {
		return nil, err
	}
	for _, found := range hrefInPage.FindAllSubmatch(page, -1) {
		m.pages = append(m.pages, string(found[1]))
		listing, err := get(ctx, host+string(found[1])+".json")
		if err != nil {
			return nil, err
		}
		var entries []struct{ GOP struct{ Href string } }
		if json.Unmarshal(listing, &entries) != nil {
			continue // the video cannot be listed
		}
		for _, e := range entries {
			m.gops = append(m.gops, e.GOP.Href)
		}
	}
	if len(m.gops) == 0 {
		return nil, errors.New("the server has no videos")
	}
	return m, nil
}

// kind is a kind of request. text returns the bytes to send and the number of bytes of the response to read
// before the client disconnects. A negative number reads the whole response.
type kind struct {
	name string
	text func(m *mixer, r *rand.Rand) (text string, read int)
}

// request returns the text of an HTTP request. fields are header lines.
func request(method, path string, fields ...string) string {
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: gop", "Connection: close"}, fields...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// pick returns a random element.
func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

var kinds = []kind{
	{"a GOP", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.gops)), -1
	}},
	{"a GOP with parameters", func(m *mixer, r *rand.Rand) (string, int) {
		query := pick(r, []string{"?audio=0", "?leading=0", "?audio=1&leading=0"})
		path, _, _ := strings.Cut(pick(r, m.gops), "?")
		return request("GET", path+query), -1
	}},
	{"a listing", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.pages)+".json"), -1
	}},
	{"a page", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.pages), "Accept-Encoding: gzip"), -1
	}},
	{"HEAD", func(m *mixer, r *rand.Rand) (string, int) {
		return request("HEAD", pick(r, m.gops)), -1
	}},
	{"a range", func(m *mixer, r *rand.Rand) (string, int) {
		field := fmt.Sprintf("Range: bytes=%d-%d", r.IntN(1000), r.IntN(100_000))
		return request("GET", pick(r, m.gops), field), -1
	}},
	{"a conditional GET", func(m *mixer, r *rand.Rand) (string, int) {
		field := "If-None-Match: " + pick(r, []string{"*", `"x"`, `W/"y", "z"`})
		return request("GET", pick(r, m.gops), field), -1
	}},
	{"not found", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, []string{
			"/videos/none.mp4/group-of-pictures.json", "/none",
			"/videos/../etc/passwd/group-of-pictures", "/videos/.hidden.mp4/group-of-pictures",
			pick(r, m.pages) + "/99999.mp4",
		})), -1
	}},
	{"an invalid parameter or number", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.pages)+pick(r, []string{
			"?a=b", "?video=0", "?audio=x", "?audio=%zz", "/x.mp4", "/-1.mp4", "/1.5.mp4",
		})), -1
	}},
	{"a wrong method with a body", func(m *mixer, r *rand.Rand) (string, int) {
		return request("POST", pick(r, m.gops), "Content-Length: 100000") + "only the beginning", -1
	}},
	{"a path that is too long", func(*mixer, *rand.Rand) (string, int) {
		return request("GET", "/"+strings.Repeat("a", 9000)), -1
	}},
	{"not HTTP", func(_ *mixer, r *rand.Rand) (string, int) {
		noise := make([]byte, 100)
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		return string(noise) + "\r\n\r\n", -1
	}},
	{"half a request", func(m *mixer, r *rand.Rand) (string, int) {
		text := request("GET", pick(r, m.gops))
		return text[:1+r.IntN(len(text)-2)], 0
	}},
	{"disconnect before the response", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.gops)), 0
	}},
	{"disconnect during the response", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", pick(r, m.gops)), 1 + r.IntN(20_000)
	}},
}

// send sends n requests, 16 at a time, each over its own connection. It calls progress now and then.
func (m *mixer) send(ctx context.Context, n int, progress func(done int)) error {
	var workers sync.WaitGroup
	const concurrent = 16
	failed := make([]error, concurrent)
	for k := range concurrent {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(k), uint64(n)))
			for i := k; i < n && failed[k] == nil && ctx.Err() == nil; i += concurrent {
				failed[k] = m.sendOne(ctx, pick(random, kinds), random)
				if k == 0 {
					progress(i)
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(append(failed, ctx.Err())...)
}

// sendOne sends one request. It returns an error unless the response is valid HTTP with a status other than
// 500.
func (m *mixer) sendOne(ctx context.Context, k kind, random *rand.Rand) error {
	text, read := k.text(m, random)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.host)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // an error shows in the reads
	// The server may respond and close the connection before it has read everything.
	_, _ = io.WriteString(conn, text)
	status := 0
	switch {
	case read > 0:
		_, _ = io.CopyN(io.Discard, conn, int64(read))
	case read < 0:
		method, _, _ := strings.Cut(text, " ")
		response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		var begin bytes.Buffer
		_, err = io.Copy(&prefixWriter{&begin}, io.LimitReader(response.Body, 1<<30))
		_ = response.Body.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if status = response.StatusCode; status == http.StatusInternalServerError {
			return fmt.Errorf("%s: %s", k.name, begin.String())
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.f.kinds[k.name]++
	m.f.statuses[status]++
	return nil
}

// prefixWriter keeps the first 1000 bytes that are written to it.
type prefixWriter struct{ begin *bytes.Buffer }

func (w *prefixWriter) Write(p []byte) (int, error) {
	w.begin.Write(p[:min(len(p), max(0, 1000-w.begin.Len()))])
	return len(p), nil
}

const mixedText = `## Mixed requests

%d valid, malformed and aborted requests in %.1f s, each over its own connection, 16 at a time, without ` +
	`the access log. The server's resources are read before and after, each time more than a minute ` +
	`after the last request, when idle connections and files are closed.

| kind | requests |
|---|---|
`

const resourcesText = `
| | before | after |
|---|---|---|
| file descriptors | %d | %d |
| goroutines | %d | %d |
| C memory, KiB | %d | %d |
| resident memory, MiB | %d | %d |

`

// write writes the figures. Its error lists the promises that were broken.
func (f mixedFigures) write(w io.Writer) error {
	total := 0
	for _, n := range f.kinds {
		total += n
	}
	_, _ = fmt.Fprintf(w, mixedText, total, f.time.Seconds())
	for _, name := range slices.Sorted(maps.Keys(f.kinds)) {
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, f.kinds[name])
	}
	_, _ = fmt.Fprintf(w, "\n| status | responses |\n|---|---|\n")
	for _, status := range slices.Sorted(maps.Keys(f.statuses)) {
		name := strconv.Itoa(status)
		if status == 0 {
			name = "client disconnected"
		}
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, f.statuses[status])
	}
	before, after := f.before, f.after
	_, _ = fmt.Fprintf(w, resourcesText,
		before.descriptors, after.descriptors, before.goroutines, after.goroutines,
		before.cMemory>>10, after.cMemory>>10, before.resident>>20, after.resident>>20)
	const slack = 512 << 10 // bytes that the arenas of the C library's threads keep
	moreC := after.cMemory - before.cMemory
	return writePromises(w, []promise{
		{
			"no more file descriptors than before", fmt.Sprint(after.descriptors - before.descriptors),
			after.descriptors <= before.descriptors,
		},
		{
			"no more goroutines than before", fmt.Sprint(after.goroutines - before.goroutines),
			after.goroutines <= before.goroutines,
		},
		{
			"at most 512 KiB more C memory than before, kept by the C library's threads",
			fmt.Sprintf("%d bytes", moreC), moreC <= slack,
		},
		{"no panic and no error in the log", fmt.Sprint(f.errors), f.errors == 0},
	})
}
