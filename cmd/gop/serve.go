package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"syscall"

	"gop/av"
	"gop/httpapi"
	"gop/library"
)

// Run serves until ctx ends, and then lets the requests under way finish.
func (s *serve) Run(ctx context.Context, to streams) error {
	libraryConfig, avConfig, httpConfig, err := s.configs()
	if err != nil {
		return err
	}
	log := s.logger(to)
	folder, err := openFolder(s.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	engine := av.New(avConfig, log)
	defer engine.Close()
	videos, err := library.New(libraryConfig, folder, engine)
	if err != nil {
		return err
	}
	defer videos.Close()

	listener, err := listen(ctx, s.Addr)
	if err != nil {
		return err
	}
	listener = httpapi.LimitConnections(listener, httpConfig.MaxConnections)
	handler := httpapi.New(httpConfig, videos, log)
	defer handler.Close()
	server := httpapi.NewServer(httpConfig, handler, log)
	stopWatching := s.watchMemory(log, videos, videos, engine, handler)
	defer stopWatching()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	_, _ = fmt.Fprintf(to.out, "gop serves %s at http://%s\n", s.Dir, listener.Addr())

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("finishing the requests under way")
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTime)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		_ = server.Close()
		return fmt.Errorf("some requests took longer than %s to finish", s.DrainTime)
	}
	return nil
}

func (s *serve) logger(to streams) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong has checked it
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(to.err, options))
	}
	return slog.New(slog.NewTextHandler(to.err, options))
}

// openFolder opens the folder of videos, or says what is wrong with it.
func openFolder(dir string) (*library.Folder, error) {
	folder, err := library.OpenFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", dir)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s is no folder", dir)
	case err != nil:
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	return folder, nil
}

// listen takes the address, or says why it cannot.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens at %s already; choose another address with --addr", addr)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("not allowed to listen at %s", addr)
	case err != nil:
		return nil, fmt.Errorf("listen at %s: %w", addr, err)
	}
	return listener, nil
}
