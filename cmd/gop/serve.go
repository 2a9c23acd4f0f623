package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"syscall"

	"gop/av"
	"gop/httpapi"
	"gop/library"
)

// Run serves until ctx ends, and then waits at most --drain-timeout for the requests in progress.
func (s *serve) Run(ctx context.Context, to streams) error {
	libraryConfig, avConfig, httpConfig, err := s.configs()
	if err != nil {
		return err
	}
	log := s.logger(to)
	folder, err := s.openFolder(libraryConfig.StorageCalls, log)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	measured := newMetrics()
	engine := av.New(avConfig, log)
	defer engine.Close()
	var store library.Store // stays nil without a store
	writable := ""
	if state := s.openState(log); state != nil {
		defer func() { _ = state.Close() }()
		store, writable = state, s.writable()
	}
	videos, err := library.New(libraryConfig, folder, meteredEngine{engine, measured}, store)
	if err != nil {
		return err
	}
	defer videos.Close()
	httpConfig.Observe = measured.observe
	handler := httpapi.New(httpConfig, videos, log)
	defer handler.Close()
	measured.watch(folder, videos, engine, handler)

	var listeners listeners
	defer listeners.close()
	server := httpapi.NewServer(httpConfig, handler, log)
	if err := listeners.add(ctx, s.Addr, "--addr", httpConfig, server); err != nil {
		return err
	}
	if s.AdminAddr != "" {
		admin := adminServer(httpConfig, adminHandler(measured, handler, log), log)
		if err := listeners.add(ctx, s.AdminAddr, "--admin-addr", httpConfig, admin); err != nil {
			return err
		}
	}
	stopWatching := s.watchMemory(log, videos, videos, engine, handler)
	defer stopWatching()
	if s.NoSandbox {
		log.Info("sandbox off")
	} else if err := sandbox(s.readable(), writable, log); err != nil {
		return err
	}
	return s.serveUntil(ctx, listeners, to, log)
}

// serveUntil serves on all listeners until ctx ends, and then shuts them down.
func (s *serve) serveUntil(ctx context.Context, listeners listeners, to streams, log *slog.Logger) error {
	served := listeners.serve()
	if s.AdminAddr != "" {
		log.Info("metrics and profiles", "address", listeners[1].Addr().String())
	}
	_, _ = fmt.Fprintf(to.out, "gop serves %s at http://%s%s\n", s.Dir, listeners[0].Addr(), s.HTTP.BasePath)

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("shutting down", "timeout", s.DrainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTimeout)
	defer cancel()
	if err := listeners.shutdown(drain); err != nil {
		return fmt.Errorf("shut down: some requests took longer than --drain-timeout %s", s.DrainTimeout)
	}
	return nil
}

// readable returns the folder that the process may read in the sandbox: the root of the file system if links
// may lead outside of the folder of videos, because the links of the future are not known.
func (s *serve) readable() string {
	if s.FollowLinks {
		return "/"
	}
	return s.Dir
}

func (s *serve) logger(to streams) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong checks the value
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(to.err, options))
	}
	return slog.New(slog.NewTextHandler(to.err, options))
}

// openFolder opens the folder of videos, with the given number of calls to the file system at a time.
func (s *serve) openFolder(calls int, log *slog.Logger) (*library.Folder, error) {
	dir := s.Dir
	folder, err := library.OpenFolder(dir, library.FolderConfig{
		FollowLinks: s.FollowLinks, Calls: calls, Log: log,
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("folder %s does not exist", dir)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s is not a folder", dir)
	case err != nil:
		return nil, fmt.Errorf("open folder %s: %w", dir, err)
	}
	return folder, nil
}
