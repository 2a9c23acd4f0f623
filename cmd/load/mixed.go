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

// holding is what a server holds at a time.
type holding struct {
	descriptors, goroutines int
	c                       int64 // bytes of C memory
	resident                int64 // bytes
}

// mixedFigures is what the mixed requests find.
type mixedFigures struct {
	kinds         map[string]int // requests of each kind
	statuses      map[int]int    // 0 for those that were not to have an answer
	before, after holding
	panics        int
	time          time.Duration
}

// mixedRequests makes many requests, right ones, wrong ones and ones that are broken off, and compares
// what the server holds before and after.
func mixedRequests(ctx context.Context, o options, scratch string, bar *progress.Bar) (f mixedFigures, err error) {
	s, host, admin, err := startWatched(ctx, o, scratch, nil, o.Videos)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	m, err := newMixer(ctx, host, &f)
	if err != nil {
		return f, err
	}
	// What is made once and kept is made first.
	bar.At(0.45, "mixed requests: warming up")
	if err := m.make(ctx, min(o.Requests, 4000), func(int) {}); err != nil {
		return f, err
	}
	sleep(ctx, o.Rest)
	if f.before, err = held(ctx, admin); err != nil {
		return f, err
	}
	f.kinds, f.statuses = map[string]int{}, map[int]int{}
	began := time.Now()
	err = m.make(ctx, o.Requests, func(done int) {
		bar.At(0.65+0.1*float64(done)/float64(o.Requests), fmt.Sprintf("mixed requests: %d of %d", done, o.Requests))
	})
	if err != nil {
		return f, err
	}
	f.time = time.Since(began)
	bar.At(0.75, "mixed requests: resting")
	sleep(ctx, o.Rest)
	if f.after, err = held(ctx, admin); err != nil {
		return f, err
	}
	output, err := s.Output()
	f.panics = strings.Count(output, "msg=panic") + strings.Count(output, "level=ERROR")
	return f, errors.Join(err, ctx.Err())
}

// held asks a server's metrics.
func held(ctx context.Context, admin string) (h holding, err error) {
	values, err := metrics(ctx, admin)
	if err != nil {
		return h, err
	}
	h = holding{
		int(values["process_open_fds"]), int(values["go_goroutines"]),
		int64(values["gop_c_allocated_bytes"]), int64(values["process_resident_memory_bytes"]),
	}
	if h.descriptors == 0 || h.goroutines == 0 || h.resident == 0 {
		return h, errors.New("the metrics do not tell what the server holds")
	}
	return h, nil
}

// mixer makes requests of all kinds.
type mixer struct {
	host  string
	paths []string // of GOPs
	names []string // paths of videos

	mu sync.Mutex
	f  *mixedFigures
}

var hrefInPage = regexp.MustCompile(`href="(/videos/[^"]*/group-of-pictures)"`)

// newMixer asks which videos there are.
func newMixer(ctx context.Context, host string, f *mixedFigures) (*mixer, error) {
	m := &mixer{host: host, f: f}
	f.kinds, f.statuses = map[string]int{}, map[int]int{}
	page, err := get(ctx, host+"/")
	if err != nil {
		return nil, err
	}
	for _, found := range hrefInPage.FindAllSubmatch(page, -1) {
		m.names = append(m.names, string(found[1]))
		listing, err := get(ctx, host+string(found[1])+".json")
		if err != nil {
			return nil, err
		}
		var entries []struct{ GOP struct{ Href string } }
		if json.Unmarshal(listing, &entries) != nil {
			continue // a refusal
		}
		for _, e := range entries {
			m.paths = append(m.paths, e.GOP.Href)
		}
	}
	if len(m.paths) == 0 {
		return nil, errors.New("the server has no videos")
	}
	return m, nil
}

// kind is a way to ask. It returns what is sent, and after how many bytes of the answer the client goes
// away; below 0 it takes all.
type kind struct {
	name string
	text func(m *mixer, r *rand.Rand) (text string, goAfter int)
}

// request is a request's text.
func request(method, path string, fields ...string) string {
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: gop", "Connection: close"}, fields...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func one[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

var kinds = []kind{
	{"a GOP", func(m *mixer, r *rand.Rand) (string, int) { return request("GET", one(r, m.paths)), -1 }},
	{"a GOP with a choice", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, m.paths)+one(r, []string{"?audio=0", "?leading=0", "?audio=1&leading=0"})), -1
	}},
	{"a listing", func(m *mixer, r *rand.Rand) (string, int) { return request("GET", one(r, m.names)+".json"), -1 }},
	{"a page", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, m.names), "Accept-Encoding: gzip"), -1
	}},
	{"HEAD", func(m *mixer, r *rand.Rand) (string, int) { return request("HEAD", one(r, m.paths)), -1 }},
	{"a range", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, m.paths), fmt.Sprintf("Range: bytes=%d-%d", r.IntN(1000), r.IntN(100_000))), -1
	}},
	{"a condition", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, m.paths), "If-None-Match: "+one(r, []string{"*", `"x"`, `W/"y", "z"`})), -1
	}},
	{"no such thing", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, []string{"/videos/none.mp4/group-of-pictures.json", "/none", "/videos/../etc/passwd/group-of-pictures", "/videos/.hidden.mp4/group-of-pictures", one(r, m.names) + "/99999.mp4"})), -1
	}},
	{"a wrong query or number", func(m *mixer, r *rand.Rand) (string, int) {
		return request("GET", one(r, m.names)+one(r, []string{"?a=b", "?video=0", "?audio=x", "/x.mp4", "/-1.mp4", "/1.5.mp4", "?audio=%zz"})), -1
	}},
	{"a wrong method, with a body", func(m *mixer, r *rand.Rand) (string, int) {
		return request("POST", one(r, m.paths), "Content-Length: 100000") + "the rest never comes", -1
	}},
	{"too long an address", func(*mixer, *rand.Rand) (string, int) { return request("GET", "/"+strings.Repeat("a", 9000)), -1 }},
	{"no HTTP", func(_ *mixer, r *rand.Rand) (string, int) {
		noise := make([]byte, 100)
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		return string(noise) + "\r\n\r\n", -1
	}},
	{"half a request, and gone", func(m *mixer, r *rand.Rand) (string, int) {
		text := request("GET", one(r, m.paths))
		return text[:1+r.IntN(len(text)-2)], 0
	}},
	{"gone before the answer", func(m *mixer, r *rand.Rand) (string, int) { return request("GET", one(r, m.paths)), 0 }},
	{"gone in mid-answer", func(m *mixer, r *rand.Rand) (string, int) { return request("GET", one(r, m.paths)), 1 + r.IntN(20_000) }},
}

// make makes n requests, over 16 connections at a time; each has its own.
func (m *mixer) make(ctx context.Context, n int, at func(done int)) error {
	var workers sync.WaitGroup
	const many = 16
	failed := make([]error, many)
	for k := range many {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(k), uint64(n)))
			for i := k; i < n && failed[k] == nil && ctx.Err() == nil; i += many {
				failed[k] = m.ask(ctx, one(random, kinds), random)
				if k == 0 {
					at(i)
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(append(failed, ctx.Err())...)
}

// ask makes one request. Its error is that of a server that does not answer as one should.
func (m *mixer) ask(ctx context.Context, k kind, random *rand.Rand) error {
	text, goAfter := k.text(m, random)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.host)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // one that fails shows below
	// A server may have answered, and closed, before it has all.
	_, _ = io.WriteString(conn, text)
	status := 0
	switch {
	case goAfter > 0:
		_, _ = io.CopyN(io.Discard, conn, int64(goAfter))
	case goAfter < 0:
		method, _, _ := strings.Cut(text, " ")
		answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		var begin bytes.Buffer
		_, err = io.Copy(io.Discard, io.TeeReader(io.LimitReader(answer.Body, 1<<30), &limited{&begin}))
		_ = answer.Body.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if status = answer.StatusCode; status == http.StatusInternalServerError {
			return fmt.Errorf("%s: %s", k.name, begin.String())
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.f.kinds[k.name]++
	m.f.statuses[status]++
	return nil
}

// limited keeps the beginning of what is written.
type limited struct{ begin *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.begin.Write(p[:min(len(p), max(0, 1000-l.begin.Len()))])
	return len(p), nil
}

// write writes the figures, and returns which promises were broken.
func (f mixedFigures) write(w io.Writer) error {
	total := 0
	for _, n := range f.kinds {
		total += n
	}
	_, _ = fmt.Fprintf(w, `## Mixed requests
%d requests over connections of their own, 16 at a time, in %.1f s (no access log): right ones, wrong ones, and ones that are broken off. What the server holds is looked at before and after, each time a good minute after the last
request, when what it keeps open for the next one is closed.

| kind | requests |
|---|---|
`, total, f.time.Seconds())
	for _, name := range slices.Sorted(maps.Keys(f.kinds)) {
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, f.kinds[name])
	}
	_, _ = fmt.Fprintf(w, "\n| status | answers |\n|---|---|\n")
	for _, status := range slices.Sorted(maps.Keys(f.statuses)) {
		name := strconv.Itoa(status)
		if status == 0 {
			name = "none was waited for"
		}
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, f.statuses[status])
	}
	_, _ = fmt.Fprintf(w, "\n| | before | after |\n|---|---|---|\n| file descriptors | %d | %d |\n| goroutines | %d | %d |\n| C memory, KiB | %d | %d |\n| resident memory, MiB | %d | %d |\n\n",
		f.before.descriptors, f.after.descriptors, f.before.goroutines, f.after.goroutines, f.before.c>>10, f.after.c>>10, f.before.resident>>20, f.after.resident>>20)
	const slack = 512 << 10 // what the C library's threads keep for themselves
	more := f.after.c - f.before.c
	return writePromises(w, []promise{
		{"no more descriptors than before", fmt.Sprint(f.after.descriptors - f.before.descriptors), f.after.descriptors <= f.before.descriptors},
		{"no more goroutines than before", fmt.Sprint(f.after.goroutines - f.before.goroutines), f.after.goroutines <= f.before.goroutines},
		{"no more C memory than before, but for 512 KiB that its threads keep", fmt.Sprintf("%d bytes", more), more <= slack},
		{"no failure in the log", fmt.Sprint(f.panics), f.panics == 0},
	})
}
