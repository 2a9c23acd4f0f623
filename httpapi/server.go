// Package httpapi serves a library over HTTP: the pages, the listings and the segments. All that
// is particular to HTTP is here, and nothing that is particular to video.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/cors"

	"gop/video"
)

// Library is what is served. Its errors have kinds (video.KindOf), which decide the status.
type Library interface {
	// Entries is the videos in the order of their names, and whether there are more of them.
	Entries(ctx context.Context, within time.Duration) (entries []video.Entry, more bool, err error)
	// Index and Segment may return video.ErrChanged, and do better when asked again.
	// n is the number of the video track, from 1.
	Index(ctx context.Context, name string, n int) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, of video.Cut) (*video.Segment, video.CacheStatus, error)
	// Stream returns a segment that is at hand; one that has to be made is sent piece by piece, and is not returned.
	Stream(ctx context.Context, ix *video.Index, of video.Cut, send func(piece []byte) error) (*video.Segment, error)
	// Ready is an error where nothing new can be answered for now.
	Ready(ctx context.Context) error
}

// Handler answers on all routes.
type Handler struct {
	http.Handler
	server *server
}

// UnderWay is how many requests are.
func (h *Handler) UnderWay() int64 { return h.server.underWay.Load() }

// CacheBytes is how much the kept listings and pages take.
func (h *Handler) CacheBytes() int64 { return int64(h.server.documents.byTag.WeightedSize()) }

// Shed frees the memory of what can be made again.
func (h *Handler) Shed() { h.server.documents.byTag.InvalidateAll() }

// Close stops what the handler does in the background.
func (h *Handler) Close() { h.server.documents.close() }

type server struct {
	config    Config
	library   Library
	log       *slog.Logger
	documents *documents
	underWay  atomic.Int64 // requests
}

// New makes a handler by a valid Config; Close it after use.
func New(config Config, library Library, log *slog.Logger) *Handler {
	s := &server{
		config: config, library: library, log: log,
		documents: newDocuments(config.DocumentCacheBytes, config.DocumentCacheExpiry),
	}

	// Names are matched as they were escaped, so that a slash in one is told from one between
	// segments, and no path is cleaned into another one.
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, route := range s.routes() {
		handler := s.readOnly(route.handler)
		if !route.free {
			handler = s.admitted(handler)
		}
		router.Handle(route.path, s.named(route.name, handler))
	}
	// The path with one slash too many leads to the one without.
	router.MatcherFunc(hasTrailingSlash).Handler(s.readOnly(redirectTrailingSlash))
	router.NotFoundHandler = s.readOnly(func(http.ResponseWriter, *http.Request) error {
		return video.Errorf(video.NotFound, "there is nothing at this address")
	})

	return &Handler{s.recorded(s.recoverPanics(s.bounded(s.shared(router)))), s}
}

// route is an address, and what answers there.
type route struct {
	name, path string
	handler    func(http.ResponseWriter, *http.Request) error
	free       bool // for all, whoever else may be admitted
}

func (s *server) routes() []route {
	return []route{
		{"segment", "/videos/{name:.+}/group-of-pictures/{gop:[^/]*}.mp4", s.segment, false}, // first, as it is asked for most
		{"still", "/videos/{name:.+}/group-of-pictures/{gop:[^/]*}.{format:jpg|png}", s.still, false},
		{"videosPage", "/", s.videosPage, false},
		{"asset", "/assets/{file:[^/]+}", s.asset, true},
		{"health", "/healthz", s.health, true},
		{"ready", "/readyz", s.ready, true},
		{"openAPI", "/openapi.yaml", s.openAPIDocument, false},
		{"listing", "/videos/{name:.+}/group-of-pictures.json", s.listing, false},
		{"gridPage", "/videos/{name:.+}/group-of-pictures", s.gridPage, false},
		{"redirect", "/videos/{name:.*[^/]}", redirectToPage, false}, // last: what is none of the others
	}
}

// shared has the scripts of the configured origins read the answers (CORS).
func (s *server) shared(next http.Handler) http.Handler {
	if len(s.config.CORSOrigins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.config.CORSOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"Accept-Ranges", "Cache-Status", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After", requestIDHeader, leftOut},
		MaxAge:         86400,
	}).Handler(next)
}

// named notes what answers a request.
func (s *server) named(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recordOf(r).Route = route
		next.ServeHTTP(w, r)
	})
}

const allowed = "GET, HEAD, OPTIONS"

// readOnly answers what is neither GET nor HEAD (RFC 9110, sections 9.3.7 and 15.5.6), and turns a
// handler's error into the answer for it. A handler that returns an error has written nothing yet.
func (s *server) readOnly(handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			err := handler(w, r)
			if errors.Is(err, video.ErrChanged) {
				err = handler(w, r)
			}
			if err != nil {
				s.refuse(w, r, err)
			}
		case http.MethodOptions:
			w.Header().Set("Allow", allowed)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allowed)
			s.problem(w, r, http.StatusMethodNotAllowed, "only GET and HEAD are understood here")
		}
	})
}

// health answers GET /healthz: that there is an answer says that the process lives.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	return sayOK(w)
}

// ready answers GET /readyz: whether new work should be sent here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	if err := s.library.Ready(r.Context()); err != nil {
		return err
	}
	return sayOK(w)
}

func sayOK(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
