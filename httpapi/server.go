// Package httpapi serves a library of videos over HTTP: pages, listings, segments and thumbnails. It holds
// all HTTP semantics and no knowledge of video formats.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/cors"
	"golang.org/x/sync/semaphore"

	"gop/video"
	"gop/video/cut"
)

// Library is the library of videos that a Handler serves. The kind of an error (video.KindOf) decides the
// status of the response. After video.ErrChanged, a method may succeed if it is called again.
type Library interface {
	// Catalog returns the list of videos. It waits at most within for videos that are not indexed yet.
	Catalog(ctx context.Context, within time.Duration) (*video.Catalog, error)
	// Resolve returns the index of a video, whose primary track is the video track of c, and the key of a
	// segment of it. The index may lack what keyframes tell.
	Resolve(ctx context.Context, name string, c cut.Cut) (*video.Index, video.SegmentKey, error)
	// ResolveListing is Resolve with an index that has what keyframes tell.
	ResolveListing(ctx context.Context, name string, c cut.Cut) (*video.Index, video.SegmentKey, error)
	// ResolveImage returns the index of a video and the key of an image of it.
	ResolveImage(
		ctx context.Context, name string, image cut.Image,
	) (*video.Index, video.ThumbnailKey, error)
	// Frames lists the frames that GOP.Presented counts of the GOPs first to last, in this order.
	Frames(ctx context.Context, ix *video.Index, first, last int) ([]video.Frame, error)
	// Segment passes send a cached segment or a new one. The segment counts as in flight until send returns.
	Segment(
		ctx context.Context, ix *video.Index, key video.SegmentKey,
		send func(*video.Segment, video.CacheStatus) error,
	) error
	// Stream calls send for each fragment of a new segment. It reports false if the segment is cached.
	Stream(
		ctx context.Context, ix *video.Index, key video.StreamKey, send func(video.Fragment) error,
	) (streamed bool, err error)
	// Thumbnail passes send a cached thumbnail or a new one, like Segment.
	Thumbnail(
		ctx context.Context, ix *video.Index, key video.ThumbnailKey,
		send func(*video.Thumbnail, video.CacheStatus) error,
	) error
	// Ready fails if the library cannot take new work at the moment.
	Ready(ctx context.Context) error
}

// Handler serves all routes.
type Handler struct {
	http.Handler
	server *server
}

// InFlight returns the number of requests without a complete response.
func (h *Handler) InFlight() int64 { return h.server.inFlight.Load() }

// CacheBytes returns the size of the cached listings and pages in bytes.
func (h *Handler) CacheBytes() int64 { return int64(h.server.bodies.byETag.WeightedSize()) }

// Shed empties the cache of listings and pages.
func (h *Handler) Shed() { h.server.bodies.byETag.InvalidateAll() }

// Close stops the handler's background work.
func (h *Handler) Close() { h.server.bodies.close() }

type server struct {
	config  Config
	library Library
	log     *slog.Logger
	bodies  *bodyCache
	proxies []netip.Prefix // trusted

	bodyWorkers *semaphore.Weighted // bodies being made
	largeBodies *semaphore.Weighted // large bodies being sent

	inFlight atomic.Int64 // requests
}

// New returns a handler. config must be valid. The caller closes the handler after use.
func New(config Config, library Library, log *slog.Logger) *Handler {
	s := &server{
		config: config, library: library, log: log,
		bodies:      newBodyCache(config.BodyCacheBytes, config.BodyCacheExpiry),
		bodyWorkers: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
		largeBodies: semaphore.NewWeighted(int64(config.LargeBodies)),
	}
	s.proxies, _ = parseProxies(config.TrustedProxies) // config is valid

	// Paths are matched in their escaped form, so that an escaped slash differs from a separator, and they
	// are not cleaned into other paths.
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, route := range s.routes() {
		handler := s.readOnly(route.handler)
		if !route.public {
			handler = s.requireAccess(handler)
		}
		router.Handle(route.path, s.withRouteName(route.name, handler))
	}
	router.MatcherFunc(hasTrailingSlash).Handler(s.readOnly(s.redirectTrailingSlash))
	router.NotFoundHandler = s.readOnly(func(http.ResponseWriter, *http.Request) error { return notFound() })

	handler := s.limitRequest(s.allowOrigins(ignoreForeignParams(normalizeConditions(router))))
	return &Handler{s.withLogEntry(s.findSite(s.recoverPanics(handler))), s}
}

// handlerFunc handles GET and HEAD. If it returns an error, it has not written anything.
type handlerFunc func(http.ResponseWriter, *http.Request) error

// route is a path and its handler.
type route struct {
	name, path string
	handler    handlerFunc
	public     bool // needs no token or signature
}

func (s *server) routes() []route {
	// Only names of videos, so that a video in a folder can be called clip.mp4.
	named := "{name:.+\\.(?i:" + strings.Join(video.Extensions, "|") + ")}"
	const image = ".{format:jpg|png|webp}"
	return []route{
		{"segment", "/videos/{name:.+}/group-of-pictures/{gop:[^/]*}.mp4", s.segment, false}, // most requests
		{"thumbnail", "/videos/{name:.+}/group-of-pictures/{gop:[^/]*}" + image, s.thumbnail, false},
		{"clip", "/videos/" + named + clipSuffix, s.clip, false},
		{"frame", "/videos/" + named + "/frame" + image, s.frame, false},
		{"frameList", "/videos/" + named + frameListSuffix, s.frameList, false},
		{"storyboard", "/videos/" + named + storyboardSuffix, s.storyboard, false},
		{"sheet", "/videos/" + named + "/storyboard/{sheet:[^/]*}" + image, s.sheet, false},
		{"contactSheet", "/videos/" + named + "/contact" + image, s.contactSheet, false},
		{"libraryPage", "/", s.libraryPage, false},
		{"asset", "/assets/{file:[^/]+}", s.asset, true},
		{"health", "/healthz", s.health, true},
		{"ready", "/readyz", s.ready, true},
		{"openAPI", "/openapi.yaml", s.openAPIDocument, false},
		{"listing", "/videos/{name:.+}/group-of-pictures.json", s.listing, false},
		{"gridPage", "/videos/{name:.+}/group-of-pictures", s.gridPage, false},
		{"description", "/videos/{name:.+}" + descriptionSuffix, s.description, false},
		{"redirect", "/videos/{name:.*[^/]}", s.redirectToPage, false}, // last: it matches the others too
	}
}

// allowOrigins lets scripts of the configured origins read the responses (CORS).
func (s *server) allowOrigins(next http.Handler) http.Handler {
	if len(s.config.CORSOrigins) == 0 {
		return next
	}
	exposed := cors.New(cors.Options{
		AllowedOrigins: s.config.CORSOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{
			"Accept-Ranges", "Cache-Status", "Content-Length", "Content-Range", "ETag", "Last-Modified",
			"Retry-After", timingHeader, requestIDHeader, audioLeftOutHeader, rangeHeader,
		},
		MaxAge: 86400,
	}).Handler(next)
	timingOrigins := strings.Join(s.config.CORSOrigins, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Media elements and images send no Origin, so it names all origins.
		w.Header().Set("Timing-Allow-Origin", timingOrigins)
		exposed.ServeHTTP(w, r)
	})
}

// withRouteName stores the name of the route in the log entry.
func (s *server) withRouteName(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logEntryOf(r).Route = route
		next.ServeHTTP(w, r)
	})
}

const allowedMethods = "GET, HEAD, OPTIONS"

// readOnly returns a handler that calls handler for GET and HEAD, describes the allowed methods for OPTIONS,
// and refuses others (RFC 9110, sections 9.3.7 and 15.5.6).
func (s *server) readOnly(handler handlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			if err := retryChanged(handler, w, r); err != nil {
				s.sendError(w, r, err)
			}
		case http.MethodOptions:
			w.Header().Set("Allow", allowedMethods)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allowedMethods)
			s.sendProblem(w, r, http.StatusMethodNotAllowed, "only GET and HEAD are allowed")
		}
	})
}

// retryChanged calls handler, and once more with the original header if it returns video.ErrChanged.
func retryChanged(handler handlerFunc, w http.ResponseWriter, r *http.Request) error {
	header := w.Header().Clone()
	err := handler(w, r)
	if errors.Is(err, video.ErrChanged) {
		clear(w.Header())
		maps.Copy(w.Header(), header)
		err = handler(w, r)
	}
	return err
}
