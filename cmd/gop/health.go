package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// health is the command for a container's health check; the image has no other HTTP client.
type health struct {
	Addr string `default:"127.0.0.1:8080" env:"GOP_ADDR" help:"Address that the server listens on."`
}

// Run returns an error unless the server responds to /healthz with status 200.
func (h health) Run(ctx context.Context) error {
	addr, err := reachable(h.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("--addr %s: %w", h.Addr, err)
	}
	// A transport of its own ignores HTTP_PROXY: a proxy could not reach this machine's loopback.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("no response from %s: %w", addr, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s responded with status %s", addr, response.Status)
	}
	return nil
}

// reachable returns the address at which this machine reaches a server that listens on addr. It replaces an
// unspecified host, as in ":8080" and "0.0.0.0:8080", by the loopback address.
func reachable(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("--addr %s: %w", addr, err)
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
