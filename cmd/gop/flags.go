package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"gop/av"
	"gop/httpapi"
	"gop/library"
)

// serve holds the options of gop serve. Those of the packages are defined by the tags of their Config.
type serve struct {
	Dir string `arg:"" optional:"" default:"." env:"GOP_DIR" help:"Folder of videos."`

	Addr string `default:"127.0.0.1:8080" help:"Address to listen on."`

	AdminAddr string `help:"Address to listen on for metrics, health checks and profiles."`

	LogLevel string `default:"info" enum:"debug,info,warn,error" help:"Log level: debug, info, warn, error."`

	LogFormat string `default:"text" enum:"text,json" help:"Format of the log: text or json."`

	URLKeys []string `name:"url-keys" sep:"," help:"Keys of signed URLs in hexadecimal; prefer GOP_URL_KEYS."`

	FollowLinks bool `help:"Follow symbolic links that lead outside of the folder."`

	NoSandbox bool `help:"Do not restrict the process with Landlock."`

	MemoryLimit int64 `default:"${memory_limit}" help:"Memory limit of the process in bytes; 0 is no limit."`

	StateDir string `default:"${state_dir}" help:"Folder that keeps indexes for a restart; empty is none."`

	StateBytes int64 `default:"268435456" help:"Bytes of the files in --state-dir."`

	DrainTimeout time.Duration `default:"30s" help:"Time for requests in progress to finish after SIGTERM."`

	HTTP    httpOptions    `embed:"" group:"HTTP"`
	Library libraryOptions `embed:"" group:"Load and caches"`
	Engine  engineOptions  `embed:"" group:"Videos and transcoding"`
}

// The Config structs without their methods. kong calls a Validate method itself and stops at the first error.
// configs validates them, and reports all errors.
type (
	httpOptions    httpapi.Config
	libraryOptions library.Config
	engineOptions  av.Config
)

// newCommands returns the commands before parsing. Config fields without an option have their defaults.
func newCommands() commands {
	return commands{Serve: serve{
		HTTP:    httpOptions(httpapi.NewDefaultConfig()),
		Library: libraryOptions(library.NewDefaultConfig()),
		Engine:  engineOptions(av.NewDefaultConfig()),
	}}
}

// kongOptions are the options of the command line parser, with defaults of --memory-limit and --state-dir.
// Every option is also read from the environment: --max-age from GOP_MAX_AGE.
func kongOptions(memoryLimit, stateDir string) []kong.Option {
	return []kong.Option{
		kong.Name("gop"),
		kong.Description("Serves the groups of pictures (GOPs) of video files over HTTP."),
		kong.Vars{"memory_limit": memoryLimit, "state_dir": stateDir},
		kong.DefaultEnvars("GOP"),
	}
}

// configs returns the configurations of the packages. The error reports every invalid option.
func (s *serve) configs() (library.Config, av.Config, httpapi.Config, error) {
	l, a, h := library.Config(s.Library), av.Config(s.Engine), httpapi.Config(s.HTTP)
	if l.CacheBytes == 0 {
		l.CacheBytes = s.MemoryLimit / 4
	}
	if l.InFlightBytes == 0 {
		l.InFlightBytes = s.MemoryLimit / 4
	}
	keys, err := urlKeys(s.URLKeys)
	h.URLKeys = keys
	if slices.Equal(h.CORSOrigins, []string{"none"}) {
		h.CORSOrigins = nil
	}
	h.BodyCacheExpiry = l.CacheExpiry
	l.EngineVersion = av.FFmpegVersion()
	id, idErr := buildID()
	h.Build = fmt.Sprintf("%s %s %s", id, av.FFmpegVersion(), a.Encoder())
	err = errors.Join(err, idErr, l.Validate(), a.Validate(), h.Validate())
	if s.DrainTimeout <= 0 {
		err = errors.Join(err, errors.New("--drain-timeout must be positive"))
	}
	if s.StateBytes < leastStateBytes {
		err = errors.Join(err, fmt.Errorf("--state-bytes must be at least %d", leastStateBytes))
	}
	if s.MemoryLimit < 0 {
		err = errors.Join(err, errors.New("--memory-limit must not be negative"))
	}
	return l, a, h, err
}
