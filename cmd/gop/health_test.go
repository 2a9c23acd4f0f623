package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/healthz", r.URL.Path)
		w.WriteHeader(status)
	}))
	addr := server.Listener.Addr().String()
	port := addr[strings.LastIndex(addr, ":"):]
	// The command must not use these proxies.
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")

	for _, at := range []string{addr, "0.0.0.0" + port, port} {
		code, stdout, stderr := ran(t, "health", "--addr", at)
		assert.Zero(t, code, at)
		assert.Empty(t, stdout+stderr, at)
	}
	t.Run("address from GOP_ADDR", func(t *testing.T) {
		t.Setenv("GOP_ADDR", "0.0.0.0"+port)
		code, _, stderr := ran(t, "health")
		assert.Zero(t, code, stderr)
	})

	status = http.StatusServiceUnavailable
	code, _, stderr := ran(t, "health", "--addr", addr)
	assert.Equal(t, 1, code)
	assert.Equal(t, "gop: "+addr+" responded with status 503 Service Unavailable\n", stderr)

	server.Close()
	code, _, stderr = ran(t, "health", "--addr", addr)
	assert.Equal(t, 1, code)
	assert.Regexp(t, `\Agop: no response from `+addr+`: .*\n\z`, stderr)
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{
		":8080":            "127.0.0.1:8080",
		"0.0.0.0:8080":     "127.0.0.1:8080",
		"[::]:8080":        "[::1]:8080",
		"127.0.0.1:8080":   "127.0.0.1:8080",
		"192.0.2.7:80":     "192.0.2.7:80",
		"[2001:db8::1]:80": "[2001:db8::1]:80",
		"localhost:8080":   "localhost:8080",
	} {
		got, err := reachable(addr)
		assert.NoError(t, err, addr)
		assert.Equal(t, want, got, addr)
	}
	for _, addr := range []string{"", "8080", "::1:8080"} {
		_, err := reachable(addr)
		assert.Error(t, err, addr)
	}
}
