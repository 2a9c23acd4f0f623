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

// listeners is the addresses that the program listens at, each with its server. The first is the
// one that clients know.
type listeners []listening

type listening struct {
	net.Listener
	server *http.Server
}

// add takes an address, or says why it cannot; flag is what chose it.
func (l *listeners) add(ctx context.Context, addr, flag string, config httpapi.Config, server *http.Server) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens at %s already; choose another address with %s", addr, flag)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("not allowed to listen at %s", addr)
	case err != nil:
		return fmt.Errorf("listen at %s: %w", addr, err)
	}
	*l = append(*l, listening{httpapi.LimitConnections(listener.(*net.TCPListener), config.MaxConnections), server})
	return nil
}

// serve begins to serve at all of them; what ends first tells why.
func (l listeners) serve() <-chan error {
	served := make(chan error, len(l))
	for _, each := range l {
		go func() { served <- each.server.Serve(each) }()
	}
	return served
}

// shutdown takes no new clients, and waits for the requests under way until ctx ends; then it cuts
// them off, and returns why. Metrics can be read until the last of the clients' requests is done.
func (l listeners) shutdown(ctx context.Context) error {
	var errs []error
	for _, each := range l {
		if err := each.server.Shutdown(ctx); err != nil {
			errs = append(errs, err, each.server.Close())
		}
	}
	return errors.Join(errs...)
}

// close gives up all addresses.
func (l listeners) close() {
	for _, each := range l {
		_ = each.server.Close()
		_ = each.Listener.Close() // the server's, too, once it serves
	}
}
