package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"gop/av"
	"gop/httpapi"
	"gop/library"
)

// serve is the flags of gop serve. Their defaults are those of the packages that they configure.
type serve struct {
	Dir string `arg:"" optional:"" default:"." env:"GOP_DIR" help:"The folder of videos."`

	Addr      string `default:"127.0.0.1:8080" env:"GOP_ADDR" help:"The address to listen at."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" env:"GOP_LOG_LEVEL" help:"The least level that is logged: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" env:"GOP_LOG_FORMAT" help:"How the log is written: ${enum}."`

	MaxAge          time.Duration `default:"${max_age}" env:"GOP_MAX_AGE" help:"How long clients may reuse an answer without asking."`
	CacheBytes      int64         `default:"${cache_bytes}" env:"GOP_CACHE_BYTES" help:"Bytes of segments kept in memory: by default a quarter of what the machine or the control group has."`
	IndexCacheBytes int64         `default:"${index_cache_bytes}" env:"GOP_INDEX_CACHE_BYTES" help:"Bytes of indexes kept in memory."`
	CacheExpiry     time.Duration `default:"${cache_expiry}" env:"GOP_CACHE_EXPIRY" help:"How long anything is kept that nobody asks for."`
	RefusalTime     time.Duration `default:"${refusal_time}" env:"GOP_REFUSAL_TIME" help:"How long a file that cannot be read is not tried again."`
	ReadAhead       int           `default:"${read_ahead}" env:"GOP_READ_AHEAD" help:"Segments that may be made at a time before they are asked for; 0 for none."`
	DocumentBytes   int64         `name:"document-cache-bytes" default:"${document_bytes}" env:"GOP_DOCUMENT_CACHE_BYTES" help:"Bytes of listings and pages kept in memory."`
	Jobs            int           `default:"${jobs}" env:"GOP_JOBS" help:"Files that are indexed or cut at a time."`
	Queue           int           `default:"${queue}" env:"GOP_QUEUE" help:"Requests that may wait for that."`
	QueueTime       time.Duration `default:"${queue_time}" env:"GOP_QUEUE_TIME" help:"How long each may wait."`
	LoadTime        time.Duration `default:"${load_time}" env:"GOP_LOAD_TIME" help:"How long one index or one cut may take."`
	MaxVideos       int           `default:"${max_videos}" env:"GOP_MAX_VIDEOS" help:"Videos that the first page shows."`
	MaxPackets      int           `default:"${max_packets}" env:"GOP_MAX_PACKETS" help:"Packets that a video track may have."`
	MaxGOPs         int           `name:"max-gops" default:"${max_gops}" env:"GOP_MAX_GOPS" help:"GOPs that a video may have."`
	MaxSegmentBytes int64         `default:"${max_segment_bytes}" env:"GOP_MAX_SEGMENT_BYTES" help:"Bytes that one GOP may have."`
	IdleDemuxers    int           `default:"${idle_demuxers}" env:"GOP_IDLE_DEMUXERS" help:"Files kept open between requests."`
	DrainTime       time.Duration `default:"30s" env:"GOP_DRAIN_TIME" help:"How long requests under way may go on after SIGTERM."`
	NoSandbox       bool          `env:"GOP_NO_SANDBOX" help:"Serve without the sandbox, in which the process can only read the folder of videos."`
}

// defaults is what the flags' tags call the packages' own defaults.
func defaults() kong.Vars {
	l, a, h := library.NewDefaultConfig(), av.NewDefaultConfig(), httpapi.NewDefaultConfig()
	if limit := memoryLimit(os.DirFS("/")); limit > 0 {
		l.CacheBytes = limit / 4
	}
	return kong.Vars{
		"max_age":           h.MaxAge.String(),
		"cache_bytes":       strconv.FormatInt(l.CacheBytes, 10),
		"index_cache_bytes": strconv.FormatInt(l.IndexCacheBytes, 10),
		"cache_expiry":      l.CacheExpiry.String(),
		"document_bytes":    strconv.FormatInt(h.DocumentCacheBytes, 10),
		"refusal_time":      l.RefusalTime.String(),
		"read_ahead":        strconv.Itoa(l.ReadAhead),
		"jobs":              strconv.Itoa(l.Jobs),
		"queue":             strconv.Itoa(l.Queue),
		"queue_time":        l.QueueTime.String(),
		"load_time":         l.LoadTime.String(),
		"max_videos":        strconv.Itoa(l.MaxVideos),
		"max_packets":       strconv.Itoa(a.MaxPackets),
		"max_gops":          strconv.Itoa(a.MaxGOPs),
		"max_segment_bytes": strconv.FormatInt(a.MaxSegmentBytes, 10),
		"idle_demuxers":     strconv.Itoa(a.IdleDemuxers),
	}
}

// configs turns the flags into the packages' configurations. The error names all that is wrong.
func (s *serve) configs() (library.Config, av.Config, httpapi.Config, error) {
	l, a, h := library.NewDefaultConfig(), av.NewDefaultConfig(), httpapi.NewDefaultConfig()
	l.CacheBytes, l.IndexCacheBytes = s.CacheBytes, s.IndexCacheBytes
	l.CacheExpiry, l.RefusalTime, l.ReadAhead = s.CacheExpiry, s.RefusalTime, s.ReadAhead
	l.Jobs, l.Queue, l.QueueTime, l.LoadTime = s.Jobs, s.Queue, s.QueueTime, s.LoadTime
	l.MaxVideos = s.MaxVideos
	a.MaxPackets, a.MaxGOPs, a.MaxSegmentBytes = s.MaxPackets, s.MaxGOPs, s.MaxSegmentBytes
	a.IdleDemuxers = s.IdleDemuxers
	h.MaxAge = s.MaxAge
	h.DocumentCacheBytes, h.DocumentCacheExpiry = s.DocumentBytes, s.CacheExpiry
	h.Build = gopVersion() + " " + av.FFmpegVersion()
	err := errors.Join(l.Validate(), a.Validate(), h.Validate())
	if s.DrainTime <= 0 {
		err = errors.Join(err, errors.New("the time to drain must be positive"))
	}
	return l, a, h, err
}

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
	if s.NoSandbox {
		log.Info("sandbox off")
	} else if err := sandbox(s.Dir, log); err != nil {
		_ = listener.Close()
		return err
	}
	handler := httpapi.New(httpConfig, videos, log)
	defer handler.Close()
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
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
