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

// nginxConfig has nginx serve a folder of files as well as it can, and write nothing outside of its
// own folder. Its arguments are the line that names its user, its folder, its address and the files.
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

// startNginx starts an nginx that serves the files of a folder. Stop it after use.
func (b *bench) startNginx(ctx context.Context, files string) (web, error) {
	dir := filepath.Join(b.scratch, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return web{}, err
	}
	host, err := freeAddress()
	if err != nil {
		return web{}, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // another one may not be let into the folder
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, user, dir, host, files), 0o644); err != nil {
		return web{}, err
	}
	s, err := process.Start(b.scratch, nil, "nginx", "-e", "stderr", "-p", dir, "-c", config)
	if err != nil {
		return web{}, err
	}
	w := web{Server: s, host: host}
	if err := s.Await(ctx, func(string) bool { return w.answers(ctx) }); err != nil {
		return web{}, errors.Join(err, s.Stop())
	}
	return w, nil
}

// answers tells whether the server answers at all.
func (w web) answers(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+w.host+"/", nil)
	if err != nil {
		return false
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// freeAddress is a loopback address that nobody listens at now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
