package httpapi

import (
	"context"
	"net"
	"net/http"
	"syscall"
)

// KeepConn is for http.Server.ConnContext: it lets a handler reach the connection that it answers on.
func KeepConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

type connKey struct{}

// cork has the system hold back what does not fill a packet, until uncork is called: a segment's
// header and the pieces of its video then go out, and wake the client, as one. It does nothing for a
// connection that is not known, or encrypted.
func cork(r *http.Request) (uncork func()) {
	conn, ok := r.Context().Value(connKey{}).(*net.TCPConn)
	if !ok {
		return func() {}
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return func() {}
	}
	set := func(on int) {
		_ = raw.Control(func(fd uintptr) { _ = setCork(int(fd), on) }) // else it is only slower
	}
	set(1)
	return func() { set(0) }
}

// setCork sets the socket option of tcp(7).
func setCork(fd, on int) error {
	return syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_CORK, on)
}
