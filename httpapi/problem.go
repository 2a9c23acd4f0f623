package httpapi

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"gop/templates"
	"gop/video"
)

// statusOf is the one place that says which status an error's kind has.
var statusOf = map[video.Kind]int{
	video.Internal:    http.StatusInternalServerError,
	video.Invalid:     http.StatusBadRequest,
	video.NotFound:    http.StatusNotFound,
	video.TooLarge:    http.StatusRequestEntityTooLarge,
	video.Unreadable:  http.StatusUnprocessableEntity,
	video.Unavailable: http.StatusServiceUnavailable,
	video.Timeout:     http.StatusGatewayTimeout,
	video.Canceled:    499, // nginx's: the client has gone, and nobody reads the answer
}

// refuse answers with what err means. What is the server's fault is logged with the request's id,
// which is all that the client gets to see of it.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := video.KindOf(err)
	detail := video.Message(err)
	switch kind {
	case video.Internal:
		id := recordOf(r).ID
		s.log.Error("request failed", "id", id, "path", r.URL.Path, "error", err)
		detail = failed + id
	case video.Timeout:
		detail = "it took longer than allowed"
	case video.Unavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.config.RetryAfter.Seconds()))))
	default:
		s.log.Debug("request refused", "id", recordOf(r).ID, "path", r.URL.Path, "error", err)
	}
	s.problem(w, r, statusOf[kind], detail)
}

const failed = "the server failed; its log knows more under the id "

// problem is a refusal as RFC 9457 has it, and the request's id.
type problem struct {
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	ID       string `json:"id"`
}

// problem answers with a status and a reason: as a page where a browser navigates, else as JSON.
func (s *server) problem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	title := http.StatusText(status)
	if title == "" {
		title = "Client Closed Request"
	}
	h := w.Header()
	h.Del("ETag")
	h.Del("Last-Modified")
	h.Del("Content-Encoding")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	if wantsPage(r) {
		writePage(w, status, templates.ErrorPage{Breadcrumbs: s.pathTo(r, ""), Status: status, Title: title, Detail: detail})
		return
	}
	body, err := json.Marshal(problem{title, status, detail, r.URL.EscapedPath(), recordOf(r).ID})
	if err != nil {
		s.log.Error("encode a problem", "error", err)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// wantsPage tells whether a person will read the answer: browsers that navigate accept text/html,
// and neither scripts nor media elements do.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// recoverPanics makes a panic a failure of one request. http.ErrAbortHandler is let through.
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
			id := recordOf(r).ID
			s.log.Error("panic", "id", id, "path", r.URL.Path, "cause", cause, slog.String("stack", string(debug.Stack())))
			if a, ok := w.(*answer); ok && a.status != 0 {
				panic(http.ErrAbortHandler) // what has begun cannot become another answer
			}
			s.problem(w, r, http.StatusInternalServerError, failed+id)
		}()
		next.ServeHTTP(w, r)
	})
}
