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

	"gop/video"
)

// NewServer returns a server for a handler, with the limits of the Config on connections. It speaks HTTP/1.1
// and, with clients that begin with it, HTTP/2 over cleartext (RFC 9113, section 3.3). TLS is left to a
// proxy.
func NewServer(config Config, handler http.Handler, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           limitStreams(config.MaxConnections, handler),
		Protocols:         &protocols,
		HTTP2:             newHTTP2Config(config),
		ReadHeaderTimeout: config.HeaderTimeout,
		IdleTimeout:       config.IdleTimeout,
		MaxHeaderBytes:    config.MaxHeaderBytes,
		// responseWriter sets an earlier deadline for each chunk.
		WriteTimeout: config.RequestTimeout + config.WriteTimeout,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// limitRequest limits the length of the URL and the time until the first byte of the response, and tells the
// library which client sent the request. responseWriter limits the time to send the response.
func (s *server) limitRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.ProtoMajor == 1 {
			// No route accepts a body, so it is not read; HTTP/2 bounds what it receives. An error means
			// that the connection has no deadlines.
			closeConnection(w, r)
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		}
		if len(r.RequestURI) > s.config.MaxURLBytes {
			closeConnection(w, r)
			s.sendProblem(w, r, http.StatusRequestURITooLong,
				fmt.Sprintf("the URL is longer than %d bytes", s.config.MaxURLBytes))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.config.RequestTimeout)
		defer cancel()
		ctx = video.WithClient(ctx, clientName(logEntryOf(r).Client))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// LimitConnections returns a listener with at most limit open connections; others wait in the backlog of the
// system. Its connections are TCP connections, so that files are sent by sendfile; those of
// golang.org/x/net/netutil are not.
func LimitConnections(listener *net.TCPListener, limit int) net.Listener {
	l := &limitedListener{TCPListener: listener, slots: semaphore.NewWeighted(int64(limit))}
	l.closed, l.close = context.WithCancel(context.Background())
	return l
}

type limitedListener struct {
	*net.TCPListener
	slots  *semaphore.Weighted
	closed context.Context // done when the listener is closed
	close  context.CancelFunc
}

// Accept waits until fewer than limit connections are open, and for the next connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	if l.slots.Acquire(l.closed, 1) != nil {
		return nil, net.ErrClosed
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		l.slots.Release(1)
		return nil, err
	}
	return &limitedConn{conn, sync.OnceFunc(func() { l.slots.Release(1) })}, nil
}

// Close stops listening. Open connections stay open.
func (l *limitedListener) Close() error {
	l.close()
	return l.TCPListener.Close()
}

// limitedConn releases its slot when it is closed.
type limitedConn struct {
	*net.TCPConn
	release func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.TCPConn.Close()
}
