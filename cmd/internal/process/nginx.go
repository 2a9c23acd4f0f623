package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// nginxConfig keeps nginx's own files in one folder. The arguments are the user directive, nginx's folder,
// the listen address and the other directives of the server.
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
		%[4]s
	}
}
`

// StartNginx runs nginx with the directives of a server on a free port, and returns its host:port once it
// responds. Its files are in dir. The caller stops it.
func StartNginx(ctx context.Context, dir, directives string) (s *Server, host string, err error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // Debian's, which is not in the path of every user
	}
	if host, err = freeAddress(); err != nil {
		return nil, "", err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // the default user may not be able to read the folder
	}
	file := filepath.Join(dir, "nginx.conf")
	config := fmt.Appendf(nil, nginxConfig, user, dir, host, directives)
	if err := os.WriteFile(file, config, 0o644); err != nil {
		return nil, "", err
	}
	s, err = Start(dir, nil, program, "-e", "stderr", "-p", dir, "-c", file)
	if err != nil {
		return nil, "", fmt.Errorf("%w; scripts/setup test installs nginx", err)
	}
	if err := s.Await(ctx, func(string) bool { return responds(ctx, host) }); err != nil {
		return nil, "", errors.Join(err, s.Stop())
	}
	return s, host, nil
}

// responds reports whether a server responds to HTTP requests.
func responds(ctx context.Context, host string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+host+"/", nil)
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
