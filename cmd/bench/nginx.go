package main

import (
	"context"
	"os"
	"path/filepath"

	"gop/cmd/internal/process"
)

// startNginx starts nginx on a free port with a folder of files. The caller stops it.
func (b *bench) startNginx(ctx context.Context, files string) (server, error) {
	dir := filepath.Join(b.scratch, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return server{}, err
	}
	s, host, err := process.StartNginx(ctx, dir, "root "+files+";")
	return server{Server: s, host: host}, err
}
