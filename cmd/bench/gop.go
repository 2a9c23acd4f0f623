package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gop/cmd/internal/process"
)

// mode is a way in which gop is run. Each server has one from its start to its end.
type mode struct{ flags, env []string }

// Reading ahead would do a request's work before it comes, where no cache is to keep it.
var noReadAhead = []string{"GOP_PREFETCH=0"}

var (
	// Each request opens the file, indexes it, and cuts.
	nothingCached = mode{[]string{"--cache-bytes=1", "--index-cache-bytes=1", "--idle-demuxers=0"}, noReadAhead}
	// The index and open files are kept, and no cut.
	noSegments = mode{[]string{"--cache-bytes=1"}, noReadAhead}
	// As it comes.
	asItComes = mode{}
)

// startGOP starts gop for the benchmark's videos, on a port that is free. Stop it after use.
func (b *bench) startGOP(ctx context.Context, m mode) (web, error) {
	s, host, err := process.StartGOP(ctx, b.scratch, m.env, b.options.GOP, slices.Concat([]string{"--log-level=warn"}, m.flags, []string{b.served})...)
	return web{s, host}, err
}

// entry is what the benchmark reads of an entry of a listing.
type entry struct {
	GOP struct {
		Frames       int    `json:"frames"`
		StartTime    string `json:"start_time"`
		DurationTime string `json:"duration_time"`
		Bytes        int64  `json:"bytes"`
		Href         string `json:"href"`
	} `json:"gop"`
}

// listingPath is where gop lists a video.
func listingPath(file string) string { return "/videos/" + file + "/group-of-pictures.json" }

// list asks gop for the GOPs of a video.
func (w web) list(ctx context.Context, file string) ([]entry, error) {
	var body bytes.Buffer
	c, err := dial(ctx, w.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if _, err := c.get(listingPath(file), &body); err != nil {
		return nil, err
	}
	var entries []entry
	if err := json.Unmarshal(body.Bytes(), &entries); err != nil {
		return nil, fmt.Errorf("read the listing of %s: %w", file, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("the listing of %s is empty", file)
	}
	return entries, nil
}

// hrefs is where the GOPs of some entries lie.
func hrefs(entries []entry) []string {
	paths := make([]string, len(entries))
	for i, e := range entries {
		paths[i] = e.GOP.Href
	}
	return paths
}

// spaced picks n entries, as many as there are at most, at even distances.
func spaced(entries []entry, n int) []entry {
	n = min(n, len(entries))
	picked := make([]entry, n)
	for i := range picked {
		picked[i] = entries[i*len(entries)/n]
	}
	return picked
}

// cacheStatus is what an answer says of the segment cache.
type cacheStatus int

const (
	notTold cacheStatus = iota
	hit
	miss
)

// parseCacheStatus reads a Cache-Status (RFC 9211): gop; hit, or gop; fwd=miss.
func parseCacheStatus(header string) cacheStatus {
	name, parameters, _ := strings.Cut(header, ";")
	if strings.TrimSpace(name) != "gop" {
		return notTold
	}
	for p := range strings.SplitSeq(parameters, ";") {
		key, _, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch key {
		case "hit":
			return hit
		case "fwd":
			return miss
		}
	}
	return notTold
}

// extent is how many pictures some entries' GOPs have, and how many seconds they last.
func extent(entries []entry) (frames int, seconds float64, err error) {
	for _, e := range entries {
		one, err := strconv.ParseFloat(e.GOP.DurationTime, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read a GOP's duration: %w", err)
		}
		frames += e.GOP.Frames
		seconds += one
	}
	return frames, seconds, nil
}
