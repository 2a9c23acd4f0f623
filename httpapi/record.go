package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"
)

// Record is what there is to say of an answered request.
type Record struct {
	ID       string // the request's own, or one made for it
	Client   string // address and port of who is at the other end of the connection
	Method   string
	Path     string // without the query, which may hold secrets
	Route    string // the name of what answered: segment, listing, gridPage…; "none" where nothing is
	Status   int    // 0 where the client got none
	Bytes    int64  // of the answer's body
	Duration time.Duration
	Cut      bool // the client went away, or was too slow, before it had all

	Video string // the name of the video; "" where none is asked for
	GOP   int    // its number; -1 where none is asked for
	Cache string // hit, miss or collapsed; "" where no cache was asked
}

type recordKey struct{}

// recordOf is the record of a request that recorded has let through, for what answers to fill in.
func recordOf(r *http.Request) *Record {
	return r.Context().Value(recordKey{}).(*Record)
}

// recorded gives each request an id, and tells of it when it is answered.
func (s *server) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		record := &Record{
			ID: requestID(r), Client: r.RemoteAddr, Method: methodOf(r), Path: r.URL.Path, Route: "none", GOP: -1,
		}
		a := newAnswer(w, s.config.WriteTimeout)
		w.Header().Set(requestIDHeader, record.ID)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.underWay.Add(1)
		defer func() {
			s.underWay.Add(-1)
			record.Status, record.Bytes, record.Cut = a.status, a.bytes, a.cut
			if r.Method == http.MethodHead {
				record.Bytes = 0 // net/http takes a body, and sends none
			}
			record.Duration = time.Since(begin)
			s.tell(record)
		}()
		next.ServeHTTP(a, r.WithContext(context.WithValue(r.Context(), recordKey{}, record)))
	})
}

// tell hands the record on, and writes it into the log.
func (s *server) tell(record *Record) {
	if s.config.Observe != nil {
		s.config.Observe(*record)
	}
	if !s.config.AccessLog || !s.log.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	about := make([]slog.Attr, 0, 12)
	about = append(about,
		slog.String("id", record.ID), slog.String("client", record.Client),
		slog.String("method", record.Method), slog.String("path", record.Path),
		slog.Int("status", record.Status), slog.Int64("bytes", record.Bytes), slog.Duration("duration", record.Duration))
	if record.Video != "" {
		about = append(about, slog.String("video", record.Video))
	}
	if record.GOP >= 0 {
		about = append(about, slog.Int("gop", record.GOP))
	}
	if record.Cache != "" {
		about = append(about, slog.String("cache", record.Cache))
	}
	if record.Cut {
		about = append(about, slog.Bool("cut", true))
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "request", about...)
}

const requestIDHeader = "X-Request-Id"

// requestID is the id that what stands in front has given the request, where it is a decent one, or
// a new one.
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

// methodOf is the request's method, or OTHER for those that a client has made up, of which there may
// be any number.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return r.Method
	}
	return "OTHER"
}
