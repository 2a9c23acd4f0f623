package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// peer is another server that can make a GOP of the clips. It serves the folder of clips itself.
type peer struct{ name, url string }

// parsePeer parses NAME=URL. The URL may have placeholders.
func parsePeer(text string) (peer, error) {
	name, address, ok := strings.Cut(text, "=")
	u, err := url.Parse(placeholders("x", 0, 0, 0).Replace(address))
	if !ok || name == "" || err != nil || u.Scheme != "http" || u.Host == "" {
		return peer{}, fmt.Errorf("--peer must be NAME=http://HOST:PORT/PATH, not %q", text)
	}
	return peer{name, address}, nil
}

// placeholders replaces the placeholders of a peer's URL: the file name of a clip, the number of a GOP, and
// its times in milliseconds.
func placeholders(file string, gop int, from, to int64) *strings.Replacer {
	return strings.NewReplacer("{name}", url.PathEscape(file), "{gop}", strconv.Itoa(gop),
		"{from_ms}", strconv.FormatInt(from, 10), "{to_ms}", strconv.FormatInt(to, 10))
}

// target returns the host and the path of the URL for a GOP.
func (p peer) target(file string, e entry) (host, path string, err error) {
	start, err := strconv.ParseFloat(e.GOP.StartTime, 64)
	if err != nil {
		return "", "", fmt.Errorf("parse the start of a GOP: %w", err)
	}
	duration, err := strconv.ParseFloat(e.GOP.DurationTime, 64)
	if err != nil {
		return "", "", fmt.Errorf("parse the duration of a GOP: %w", err)
	}
	from, to := int64(start*1000+0.5), int64((start+duration)*1000+0.5)
	u, err := url.Parse(placeholders(file, e.GOP.Index, from, to).Replace(p.url))
	if err != nil {
		return "", "", err
	}
	return u.Host, u.RequestURI(), nil
}

// peers returns a contender for each peer. before is called before each request, if it is not nil.
func (b *bench) peers(file string, entries []entry, before func() error) []contender {
	var all []contender
	for _, p := range b.peerServers {
		run := func(ctx context.Context) (round, error) { return p.get(ctx, file, entries, before) }
		all = append(all, contender{name: p.name, mayFail: true, run: run})
	}
	return all
}

// get requests the GOPs of entries.
func (p peer) get(ctx context.Context, file string, entries []entry, before func() error) (round, error) {
	var paths []string
	var host string
	for _, e := range entries {
		h, path, err := p.target(file, e)
		if err != nil {
			return round{}, err
		}
		host, paths = h, append(paths, path)
	}
	c, err := dial(ctx, host)
	if err != nil {
		return round{}, err
	}
	defer c.close()
	responses, err := c.getAll(paths, before)
	return roundOf(responses), err
}
