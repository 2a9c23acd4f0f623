package httpapi

import (
	"context"
	"fmt"
	"io"
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
		ReadHeaderTimeout: config.HeaderTime,
		IdleTimeout:       config.IdleTime,
		MaxHeaderBytes:    config.MaxHeaderBytes,
		// The handler sets a nearer one with each piece that it sends.
		WriteTimeout: config.RequestTime + config.WriteTime,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// bounded holds each request to the Config: the length of its URL, the time for its answer to be
// made, and the time for each piece of that to be taken.
func (s *server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		if r.ContentLength != 0 {
			// Nothing here takes a body: it is not waited for. An error says that nobody can send one.
			w.Header().Set("Connection", "close")
			_ = connection.SetReadDeadline(time.Now())
		}
		if len(r.RequestURI) > s.config.MaxURLBytes {
			w.Header().Set("Connection", "close")
			s.problem(w, r, http.StatusRequestURITooLong, fmt.Sprintf("an address has at most %d bytes", s.config.MaxURLBytes))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.config.RequestTime)
		defer cancel()
		next.ServeHTTP(&paced{w, connection, s.config.WriteTime}, r.WithContext(ctx))
	})
}

// paced is an answer that has to be taken piece by piece, each within a time: who reads too slowly,
// or not at all, is cut off.
type paced struct {
	http.ResponseWriter
	connection *http.ResponseController
	time       time.Duration // for each piece
}

// pieceBytes is how much of an answer has to be taken at a time.
const pieceBytes = 256 << 10

// begin gives the next piece its time. An error says that the connection knows no deadlines, as
// those of tests.
func (p *paced) begin() { _ = p.connection.SetWriteDeadline(time.Now().Add(p.time)) }

// Write sends b piece by piece.
func (p *paced) Write(b []byte) (sent int, err error) {
	for first := true; first || sent < len(b) && err == nil; first = false {
		p.begin()
		var n int
		n, err = p.ResponseWriter.Write(b[sent:min(sent+pieceBytes, len(b))])
		sent += n
	}
	return sent, err
}

// ReadFrom sends what r has piece by piece; a file as it is, where the connection can (sendfile).
func (p *paced) ReadFrom(r io.Reader) (sent int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{p}, r)
	}
	for limited.N > 0 && err == nil {
		p.begin()
		piece := &io.LimitedReader{R: limited.R, N: min(pieceBytes, limited.N)}
		var n int64
		n, err = io.Copy(p.ResponseWriter, piece)
		sent += n
		limited.N -= n
		if n == 0 {
			break
		}
	}
	return sent, err
}

// Unwrap leads http.ResponseController to the connection.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// LimitConnections accepts at most so many connections at a time; who comes later waits in the
// system's queue. Unlike golang.org/x/net/netutil, it leaves connections what they are, so that files
// go out by sendfile.
func LimitConnections(listener net.Listener, most int) net.Listener {
	l := &limitedListener{Listener: listener, places: semaphore.NewWeighted(int64(most))}
	l.closed, l.close = context.WithCancel(context.Background())
	return l
}

type limitedListener struct {
	net.Listener
	places *semaphore.Weighted
	closed context.Context // ends with the listener
	close  context.CancelFunc
}

// Accept waits for a place and for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	if l.places.Acquire(l.closed, 1) != nil {
		return nil, net.ErrClosed
	}
	leave := sync.OnceFunc(func() { l.places.Release(1) })
	conn, err := l.Listener.Accept()
	if err != nil {
		leave()
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &limitedTCP{tcp, leave}, nil
	}
	return &limitedConn{conn, leave}, nil
}

// Close lets nobody in any more.
func (l *limitedListener) Close() error {
	l.close()
	return l.Listener.Close()
}

// limitedTCP gives its place back when it is closed.
type limitedTCP struct {
	*net.TCPConn
	leave func()
}

// Close is net.Conn's.
func (c *limitedTCP) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}

// limitedConn is the same for what is no TCP.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close is net.Conn's.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
