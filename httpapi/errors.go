package httpapi

import (
	"encoding/json"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"gop/templates"
	"gop/video"
)

// statusOf maps the kinds of errors to statuses.
var statusOf = map[video.Kind]int{
	video.Internal:    http.StatusInternalServerError,
	video.Invalid:     http.StatusBadRequest,
	video.NotFound:    http.StatusNotFound,
	video.TooLarge:    http.StatusRequestEntityTooLarge,
	video.Unreadable:  http.StatusUnprocessableEntity,
	video.Unavailable: http.StatusServiceUnavailable,
	video.Timeout:     http.StatusGatewayTimeout,
	video.Canceled:    499, // nginx's status for a client that disconnected
}

// sendError sends the status and the message of err, and logs err: an internal error as an error, the others
// at debug level. The response to an internal error has only the id of the request.
func (s *server) sendError(w http.ResponseWriter, r *http.Request, err error) {
	kind := video.KindOf(err)
	detail := video.Message(err)
	switch kind {
	case video.Internal:
		id := logEntryOf(r).ID
		s.log.Error("request failed", "id", id, "path", logEntryOf(r).Path, "error", err)
		detail = internalError + id
	case video.Timeout:
		detail = "the request took too long"
	case video.Unavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.config.RetryAfter.Seconds()))))
	}
	if kind != video.Internal {
		s.log.Debug("request refused", "id", logEntryOf(r).ID, "path", logEntryOf(r).Path, "error", err)
	}
	s.sendProblem(w, r, statusOf[kind], detail)
}

func notFound() error { return video.Errorf(video.NotFound, "not found") }

const internalError = "internal server error; the log has the cause under id "

// problem is an error response (RFC 9457) with the request's id.
type problem struct {
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	ID       string `json:"id"`
}

// sendProblem sends an error status with a message: as a page if the client accepts HTML, otherwise as JSON.
func (s *server) sendProblem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	title := http.StatusText(status)
	if title == "" {
		title = "Client Closed Request"
	}
	h := w.Header()
	h.Del("ETag")
	h.Del("Last-Modified")
	h.Del("Content-Encoding")
	addVary(w, "Accept")
	if acceptsHTML(r) {
		writePage(w, status, templates.ErrorPage{
			Site:        templates.Site{Prefix: siteOf(r).prefix},
			Breadcrumbs: s.breadcrumbs(r, ""), Status: status, Title: title, Detail: detail,
		})
		return
	}
	instance := siteOf(r).prefix + r.URL.EscapedPath()
	body, err := json.Marshal(problem{title, status, detail, instance, logEntryOf(r).ID})
	if err != nil {
		s.log.Error("encode a problem", "error", err)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// acceptsHTML reports whether the client accepts text/html by name. Browsers do when they navigate, but not
// for scripts and media elements.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// recoverPanics logs a panic and sends an error response. http.ErrAbortHandler passes through to net/http.
func (s *server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			id := logEntryOf(r).ID
			s.log.Error("panic", "id", id, "path", logEntryOf(r).Path, "cause", cause,
				"stack", string(debug.Stack()))
			if rw, ok := w.(*responseWriter); ok && rw.status != 0 {
				panic(http.ErrAbortHandler) // the response has started
			}
			s.sendProblem(w, r, http.StatusInternalServerError, internalError+id)
		}()
		next.ServeHTTP(w, r)
	})
}
