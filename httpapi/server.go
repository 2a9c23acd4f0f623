// Package httpapi serves a library over HTTP: the pages, the listings and the segments. All that
// is particular to HTTP is here, and nothing that is particular to video.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/cors"

	"gop/video"
)

// Library is what is served. Its errors have kinds (video.KindOf), which decide the status.
type Library interface {
	Entries(ctx context.Context, within time.Duration) ([]video.Entry, error)
	// Index and Segment may return video.ErrChanged, and do better when asked again.
	// n is the number of the video track, from 1.
	Index(ctx context.Context, name string, n int) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, of video.Cut) (*video.Segment, video.Origin, error)
}

// Handler answers on all routes.
type Handler struct {
	http.Handler
	server *server
}

// Shed frees the memory of what can be made again.
func (h *Handler) Shed() { h.server.documents.byTag.InvalidateAll() }

// Close stops what the handler does in the background.
func (h *Handler) Close() { h.server.documents.close() }

type server struct {
	config    Config
	library   Library
	log       *slog.Logger
	documents *documents
}

// New makes a handler by a valid Config; Close it after use.
func New(config Config, library Library, log *slog.Logger) *Handler {
	s := &server{config, library, log, newDocuments(config.DocumentCacheBytes, config.DocumentCacheExpiry)}

	// Names are matched as they were escaped, so that a slash in one is told from one between
	// segments, and no path is cleaned into another one.
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, route := range []struct {
		path    string
		handler func(http.ResponseWriter, *http.Request) error
	}{
		{"/videos/{name:.+}/group-of-pictures/{gop:[^/]*}.mp4", s.segment}, // first, as it is asked for most
		{"/", s.videosPage},
		{"/healthz", s.health},
		{"/openapi.yaml", s.openAPIDocument},
		{"/videos/{name:.+}/group-of-pictures.json", s.listing},
		{"/videos/{name:.+}/group-of-pictures", s.gridPage},
	} {
		router.Handle(route.path, s.readOnly(route.handler))
	}
	// The path with one slash too many leads to the one without.
	router.MatcherFunc(hasTrailingSlash).Handler(s.readOnly(redirectTrailingSlash))
	router.NotFoundHandler = s.readOnly(func(http.ResponseWriter, *http.Request) error {
		return video.Refuse(video.NotFound, "there is nothing at this address", nil)
	})

	anyOrigin := cors.New(cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodHead},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"Accept-Ranges", "Cache-Status", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After", leftOut},
		MaxAge:         86400,
	})
	return &Handler{s.recoverPanics(s.bounded(anyOrigin.Handler(router))), s}
}

const allowed = "GET, HEAD, OPTIONS"

// readOnly answers what is neither GET nor HEAD (RFC 9110, sections 9.3.7 and 15.5.6), and turns a
// handler's error into the answer for it. A handler that returns an error has written nothing yet.
func (s *server) readOnly(handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
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

func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
