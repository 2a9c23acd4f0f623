package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"gop/cmd/internal/process"
)

// nginxConfig makes nginx serve a folder of files with sendfile and keep its own files in one folder. The
// arguments are the user directive, nginx's folder, the listen address and the folder to serve.
const nginxConfig = `%s
daemon off;
worker_processes auto;
pid %[2]s/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	default_type video/mp4;
	server {
		listen %[3]s;
		root %[4]s;
	}
}
`

// startNginx starts nginx on a free port with a folder of files. The caller stops it.
func (b *bench) startNginx(ctx context.Context, files string) (server, error) {
	dir := filepath.Join(b.scratch, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return server{}, err
	}
	host, err := freeAddress()
	if err != nil {
		return server{}, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // the default user may not be able to read the folder
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, user, dir, host, files), 0o644); err != nil {
		return server{}, err
	}
	s, err := process.Start(b.scratch, nil, "nginx", "-e", "stderr", "-p", dir, "-c", config)
	if err != nil {
		return server{}, err
	}
	n := server{Server: s, host: host}
	if err := s.Await(ctx, func(string) bool { return n.responds(ctx) }); err != nil {
		return server{}, errors.Join(err, s.Stop())
	}
	return n, nil
}

// responds reports whether the server responds to HTTP requests.
func (s server) responds(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+s.host+"/", nil)
	if err != nil {
		return false
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// freeAddress returns a loopback host:port that is free now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
