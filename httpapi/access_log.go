package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"gop/video"
)

// LogEntry describes a request and its response.
type LogEntry struct {
	ID        string // from the request, or generated
	Client    string // address of the client, with the port of the peer
	Method    string
	Path      string // in printable form, without the query, which may contain a signature
	Route     string // name of the route, such as segment or listing; "none" if no route matches
	Status    int    // 0 if no response was sent
	Bytes     int64  // of the response body
	Duration  time.Duration
	Truncated bool // the client did not receive the whole body: it disconnected or was too slow

	Video string // printable name of the video; "" if the route has none
	GOP   int    // number of the GOP; -1 if the route has none
	Cache string // hit, miss or collapsed; "" if no cache was used

	Stages video.StageTimes // until the response was complete
}

type logEntryKey struct{}

// logEntryOf returns the entry that withLogEntry made for a request. Handlers complete it.
func logEntryOf(r *http.Request) *LogEntry {
	return r.Context().Value(logEntryKey{}).(*LogEntry)
}

// withLogEntry gives each request an id, and logs the request after its response.
func (s *server) withLogEntry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		entry := &LogEntry{
			ID: requestID(r), Client: s.clientOf(r), Method: methodOf(r),
			Path: video.PrintableName(r.URL.Path), Route: "none", GOP: -1,
		}
		timings := new(video.Timings)
		rw := newResponseWriter(w, s.config.WriteTimeout, timings)
		w.Header().Set(requestIDHeader, entry.ID)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.inFlight.Add(1)
		defer func() {
			s.inFlight.Add(-1)
			entry.Status, entry.Bytes, entry.Truncated = rw.status, rw.bytes, rw.isTruncated
			if r.Method == http.MethodHead {
				entry.Bytes = 0 // net/http discards the body
			}
			entry.Duration, entry.Stages = time.Since(start), timings.Spent()
			s.writeLogEntry(entry)
		}()
		ctx := video.WithTimings(context.WithValue(r.Context(), logEntryKey{}, entry), timings)
		next.ServeHTTP(rw, r.WithContext(ctx))
		rw.finish(r)
	})
}

// writeLogEntry passes an entry to the observer and writes it to the log.
func (s *server) writeLogEntry(entry *LogEntry) {
	if s.config.Observe != nil {
		s.config.Observe(*entry)
	}
	if !s.config.AccessLog || !s.log.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("id", entry.ID), slog.String("client", entry.Client),
		slog.String("method", entry.Method), slog.String("path", entry.Path),
		slog.Int("status", entry.Status), slog.Int64("bytes", entry.Bytes),
		slog.Duration("duration", entry.Duration))
	if entry.Video != "" {
		attrs = append(attrs, slog.String("video", entry.Video))
	}
	if entry.GOP >= 0 {
		attrs = append(attrs, slog.Int("gop", entry.GOP))
	}
	if entry.Cache != "" {
		attrs = append(attrs, slog.String("cache", entry.Cache))
	}
	for _, stage := range video.Stages {
		if spent := entry.Stages[stage]; spent > 0 {
			attrs = append(attrs, slog.Duration(stage.String(), spent))
		}
	}
	if entry.Truncated {
		attrs = append(attrs, slog.Bool("truncated", true))
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
}

const requestIDHeader = "X-Request-Id"

// requestID returns the id that a proxy has given the request, if it is short and plain; otherwise a random
// one.
func requestID(r *http.Request) string {
	given := r.Header.Get(requestIDHeader)
	if given == "" || len(given) > 64 {
		return rand.Text()
	}
	for _, c := range []byte(given) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return rand.Text()
		}
	}
	return given
}

// methodOf returns the request's method, or OTHER for unknown ones, which must not become labels of metrics.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions,
		http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return r.Method
	}
	return "OTHER"
}
