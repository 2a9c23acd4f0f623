package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"

	"gop/httpapi"
)

// listeners holds the listening sockets, each with its server. The first is the one for clients.
type listeners []listening

type listening struct {
	net.Listener
	server *http.Server
}

// add listens at addr. Its errors name flag, the option that set addr.
func (l *listeners) add(
	ctx context.Context, addr, flag string, config httpapi.Config, server *http.Server,
) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens at %s already; choose another address with %s", addr, flag)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s: not allowed to listen at %s", flag, addr)
	case err != nil:
		return fmt.Errorf("%s: listen at %s: %w", flag, addr, err)
	}
	limited := httpapi.LimitConnections(listener.(*net.TCPListener), config.MaxConnections)
	*l = append(*l, listening{limited, server})
	return nil
}

// serve starts all servers. The returned channel receives the error of each server that ends.
func (l listeners) serve() <-chan error {
	served := make(chan error, len(l))
	for _, each := range l {
		go func() { served <- each.server.Serve(each) }()
	}
	return served
}

// shutdown accepts no more connections and waits for the requests in progress. When ctx ends, it closes their
// connections and returns an error. The servers shut down in order, so metrics stay available until the last
// request of a client is complete.
func (l listeners) shutdown(ctx context.Context) error {
	var errs []error
	for _, each := range l {
		if err := each.server.Shutdown(ctx); err != nil {
			errs = append(errs, err, each.server.Close())
		}
	}
	return errors.Join(errs...)
}

// close closes all servers and sockets.
func (l listeners) close() {
	for _, each := range l {
		_ = each.server.Close()
		_ = each.Listener.Close() // a server that has not served does not close it
	}
}
