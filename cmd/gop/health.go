package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// health is for the health check of a container, which has no other program to ask with.
type health struct {
	Addr string `default:"127.0.0.1:8080" env:"GOP_ADDR" help:"The address that the server listens at."`
}

// Run fails where the server does not answer that it is well.
func (h health) Run(ctx context.Context) error {
	addr, err := reachable(h.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("the address %s: %w", h.Addr, err)
	}
	// A proxy that the environment names would ask itself, not this machine.
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("no answer from %s: %w", addr, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer from %s is %s", addr, answer.Status)
	}
	return nil
}

// reachable turns an address to listen at into one to ask at: a server that listens at every
// address of the machine, as ":8080" and "0.0.0.0:8080" say, is asked at its loopback.
func reachable(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("the address %s: %w", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
