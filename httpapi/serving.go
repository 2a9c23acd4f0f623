package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// NewServer is a server for a handler, with the Config's bounds on what a connection may cost. It
// speaks HTTP/1.1; what terminates TLS stands in front of it.
func NewServer(config Config, handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: config.HeaderTimeout,
		IdleTimeout:       config.IdleTimeout,
		MaxHeaderBytes:    config.MaxHeaderBytes,
		// The handler sets a nearer one with each piece that it sends.
		WriteTimeout: config.RequestTimeout + config.WriteTimeout,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// bounded holds each request to the Config: the length of its URL, and the time for its answer to be
// made. An answer itself sees to the time for it to be taken.
func (s *server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// Nothing here takes a body: it is not waited for. An error says that nobody can send one.
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		}
		if len(r.RequestURI) > s.config.MaxURLBytes {
			w.Header().Set("Connection", "close")
			s.problem(w, r, http.StatusRequestURITooLong, fmt.Sprintf("an address has at most %d bytes", s.config.MaxURLBytes))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.config.RequestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// LimitConnections accepts at most so many connections at a time; who comes later waits in the
// system's queue. Unlike golang.org/x/net/netutil, it leaves connections what they are, so that files
// go out by sendfile.
func LimitConnections(listener *net.TCPListener, most int) net.Listener {
	l := &limitedListener{TCPListener: listener, places: semaphore.NewWeighted(int64(most))}
	l.closed, l.close = context.WithCancel(context.Background())
	return l
}

type limitedListener struct {
	*net.TCPListener
	places *semaphore.Weighted
	closed context.Context // ends with the listener
	close  context.CancelFunc
}

// Accept waits for a place and for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	if l.places.Acquire(l.closed, 1) != nil {
		return nil, net.ErrClosed
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		l.places.Release(1)
		return nil, err
	}
	return &limitedConn{conn, sync.OnceFunc(func() { l.places.Release(1) })}, nil
}

// Close lets nobody in any more.
func (l *limitedListener) Close() error {
	l.close()
	return l.TCPListener.Close()
}

// limitedConn gives its place back when it is closed.
type limitedConn struct {
	*net.TCPConn
	leave func()
}

// Close is net.Conn's.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
