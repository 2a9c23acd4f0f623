package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gop/cmd/internal/process"
)

// mode is the flags and environment of a gop server.
type mode struct {
	flags, env []string
	stateDir   string // --state-dir; "" keeps no indexes
}

// String returns the flags.
func (m mode) String() string { return strings.Join(m.flags, " ") }

// noPrefetch disables the prefetch, since the benchmark measures the work of each request.
var noPrefetch = []string{"GOP_PREFETCH=0"}

var (
	// noSegments caches the index and open files, but no segments and thumbnails.
	noSegments = mode{flags: []string{"--cache-bytes=1", "--thumbnail-cache-bytes=1"}, env: noPrefetch}
	// defaults has the default options.
	defaults = mode{}
)

// startGOP starts gop on a free port with the benchmark's videos. The caller stops it.
func (b *bench) startGOP(ctx context.Context, m mode) (server, error) {
	args := append([]string{"--log-level=warn", "--state-dir=" + m.stateDir}, m.flags...)
	args = append(args, b.served)
	s, host, err := process.StartGOP(ctx, b.scratch, m.env, b.options.GOP, args...)
	return server{s, host}, err
}

// entry is the part of a listing's entry that the benchmark uses.
type entry struct {
	GOP struct {
		Index        int    `json:"index"`
		Frames       int    `json:"frames"`
		StartTime    string `json:"start_time"`
		DurationTime string `json:"duration_time"`
		Bytes        int64  `json:"bytes"`
		Href         string `json:"href"`
	} `json:"gop"`
}

// listingPath returns the path of a video's listing.
func listingPath(file string) string { return "/videos/" + file + "/group-of-pictures.json" }

// list requests the listing of a video. Its links have no query, so that they are also the names of files
// that another server serves.
func (s server) list(ctx context.Context, file string) ([]entry, error) {
	var body bytes.Buffer
	c, err := dial(ctx, s.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if _, err := c.get(listingPath(file), &body); err != nil {
		return nil, err
	}
	var entries []entry
	if err := json.Unmarshal(body.Bytes(), &entries); err != nil {
		return nil, fmt.Errorf("parse the listing of %s: %w", file, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("the listing of %s is empty", file)
	}
	for i := range entries {
		entries[i].GOP.Href, _, _ = strings.Cut(entries[i].GOP.Href, "?")
	}
	return entries, nil
}

// hrefs returns the paths of the GOPs of entries.
func hrefs(entries []entry) []string {
	paths := make([]string, len(entries))
	for i, e := range entries {
		paths[i] = e.GOP.Href
	}
	return paths
}

// spaced returns n entries at even distances, or all entries if there are fewer.
func spaced(entries []entry, n int) []entry {
	n = min(n, len(entries))
	picked := make([]entry, n)
	for i := range picked {
		picked[i] = entries[i*len(entries)/n]
	}
	return picked
}

// cacheStatus says whether a response came from the segment cache.
type cacheStatus int

const (
	unknown cacheStatus = iota
	hit
	miss
)

// parseCacheStatus parses the Cache-Status header (RFC 9211) of gop, such as "gop; hit" or "gop; fwd=miss".
func parseCacheStatus(header string) cacheStatus {
	name, parameters, _ := strings.Cut(header, ";")
	if strings.TrimSpace(name) != "gop" {
		return unknown
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
	return unknown
}

// totals returns the number of frames and the duration in seconds of all entries.
func totals(entries []entry) (frames int, seconds float64, err error) {
	for _, e := range entries {
		one, err := strconv.ParseFloat(e.GOP.DurationTime, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("parse the duration of a GOP: %w", err)
		}
		frames += e.GOP.Frames
		seconds += one
	}
	return frames, seconds, nil
}
