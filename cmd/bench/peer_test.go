package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entryOf returns an entry of a listing.
func entryOf(index int, start, duration string) (e entry) {
	e.GOP.Index, e.GOP.StartTime, e.GOP.DurationTime = index, start, duration
	return e
}

func TestPeerTarget(t *testing.T) {
	p, err := parsePeer("vod=http://127.0.0.1:81/{name}/from/{from_ms}/to/{to_ms}?gop={gop}&name={name}")
	require.NoError(t, err)
	host, path, err := p.target("a b.mp4", entryOf(7, "14.0004", "1.9995"))
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:81", host)
	assert.Equal(t, "/a%20b.mp4/from/14000/to/16000?gop=7&name=a%20b.mp4", path)
	_, _, err = p.target("a.mp4", entryOf(7, "x", "2"))
	assert.ErrorContains(t, err, "parse the start of a GOP")
	for _, bad := range []string{"", "vod", "=http://a/", "vod=https://a/", "vod=/a", "vod=http://a b/"} {
		_, err := parsePeer(bad)
		assert.ErrorContains(t, err, "--peer must be NAME=http://", bad)
	}
}

// A peer is measured like gop. Its errors are in the table and do not end the run.
func TestPeers(t *testing.T) {
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/bad") {
			http.Error(w, "no such\nvideo", http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprint(w, "mp4")
	}))
	defer server.Close()
	b := &bench{peerServers: []peer{
		{"good", server.URL + "/good/{name}/{gop}"}, {"bad", server.URL + "/bad/{gop}"},
	}}
	touched := 0
	entries := []entry{entryOf(0, "0", "2"), entryOf(3, "6", "2")}
	contenders := append([]contender{{name: "gop", run: noWork}}, b.peers("a.mp4", entries, func() error {
		touched++
		return nil
	})...)
	results, err := runRounds(t.Context(), 2, func(float64, string) {}, "one GOP", contenders)
	require.NoError(t, err)
	assert.Equal(t, []string{"/good/a.mp4/0", "/good/a.mp4/3", "/bad/0", "/good/a.mp4/0", "/good/a.mp4/3"},
		requests, "a peer that failed is not asked again")
	assert.Equal(t, 5, touched)
	assert.Equal(t, 4, resultOf(results, "good").requests())
	rows := comparison{What: "one GOP", Results: results}.table().Rows
	assert.Len(t, rows, 3)
	assert.Equal(t, []string{"bad", "error: GET /bad/0: 404 Not Found no such video"}, rows[2][:2])
	assert.Len(t, rows[2], len(rows[0]))
	assert.Equal(t, "a bc…", firstWords("a\n bcd", 4))
}
