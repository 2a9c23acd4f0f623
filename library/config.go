package library

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/alecthomas/kong"
)

// Config bounds what a Library uses. Its tags define options of gop serve: default, unit and help exist only
// here.
type Config struct {
	// Workers is the number for each of these kinds of work, so that none delays another.
	Workers int `default:"0" help:"Indexes, segments and thumbnails made at a time, each; 0: one per core."`

	Queue int `default:"256" help:"Requests that may wait for a worker; another one is refused."`

	// QueueTimeout is shortened for some requests in an overload, see patience.
	QueueTimeout time.Duration `default:"10s" help:"Longest wait for a worker or for memory."`

	Transcodes int `default:"0" help:"GOPs transcoded at a time; 0 is half the number of cores."`

	TranscodeQueue int `default:"16" help:"Requests that may wait for a transcode; another one is refused."`

	TranscodeTimeout time.Duration `default:"60s" help:"Time limit of a transcode, with waiting."`

	IndexTimeout time.Duration `default:"60s" help:"Time limit of indexing a video, with waiting."`

	SegmentTimeout time.Duration `default:"30s" help:"Time limit of a segment or thumbnail, with waiting."`

	Prefetch int `default:"2" help:"GOPs prefetched at a time for sequential clients; 0 is none."`

	MaxVideos int `default:"10000" help:"Videos listed on the library page."`

	ListInterval time.Duration `default:"2s" help:"Least time between two listings of the folder."`

	// CacheBytes of 0 means 512 MiB. cmd/gop replaces 0 with a quarter of the memory limit.
	CacheBytes int64 `default:"0" help:"Bytes of cached segments; 0: 1/4 of --memory-limit, else 512 MiB."`

	// InFlightBytes of 0 means 512 MiB. cmd/gop replaces 0 with a quarter of the memory limit.
	InFlightBytes int64 `default:"0" help:"Bytes in flight; 0: 1/4 of --memory-limit, else 512 MiB."`

	IndexCacheBytes int64 `default:"67108864" help:"Memory of cached indexes in bytes."`

	ThumbnailCacheBytes int64 `default:"67108864" help:"Memory of cached thumbnails in bytes."`

	StorageCalls int `default:"128" help:"Calls to the file system at a time, also those that hang."`

	CacheExpiry time.Duration `default:"1h" help:"Time after which unused cache entries are deleted."`

	// EngineVersion names the version of the engine. An index in the store is used by the same version only.
	EngineVersion string `kong:"-"`

	// ErrorExpiry is how long an unreadable video is not tried again.
	ErrorExpiry time.Duration `kong:"-"`
}

// Sizes that apply if neither the configuration nor the memory limit sets them.
const (
	defaultCacheBytes    = 512 << 20
	defaultInFlightBytes = 512 << 20
)

// NewDefaultConfig returns the defaults of the tags.
func NewDefaultConfig() Config {
	c := Config{ErrorExpiry: 5 * time.Second}
	if err := kong.ApplyDefaults(&c); err != nil {
		panic(fmt.Sprintf("library: the tags of Config: %v", err))
	}
	return c
}

// Validate reports every invalid field. Its messages name the options.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, message string) {
		if !ok {
			errs = append(errs, errors.New(message))
		}
	}
	check(c.Workers >= 0, "--workers must not be negative")
	check(c.Queue >= 0, "--queue must not be negative")
	check(c.QueueTimeout > 0, "--queue-timeout must be positive")
	check(c.Transcodes >= 0 && c.Transcodes <= 1024, "--transcodes must be 0 to 1024")
	check(c.TranscodeQueue >= 0, "--transcode-queue must not be negative")
	check(c.TranscodeTimeout > 0, "--transcode-timeout must be positive")
	check(c.IndexTimeout > 0, "--index-timeout must be positive")
	check(c.SegmentTimeout > 0, "--segment-timeout must be positive")
	check(c.Prefetch >= 0, "--prefetch must not be negative")
	check(c.MaxVideos > 0, "--max-videos must be positive")
	check(c.ListInterval > 0, "--list-interval must be positive")
	check(c.CacheBytes >= 0, "--cache-bytes must not be negative")
	check(c.InFlightBytes >= 0, "--in-flight-bytes must not be negative")
	check(c.IndexCacheBytes > 0, "--index-cache-bytes must be positive")
	check(c.ThumbnailCacheBytes > 0, "--thumbnail-cache-bytes must be positive")
	check(c.StorageCalls > 0, "--storage-calls must be positive")
	check(c.CacheExpiry > 0, "--cache-expiry must be positive")
	check(c.ErrorExpiry > 0, "ErrorExpiry must be positive")
	return errors.Join(errs...)
}

// resolved returns c with automatic values replaced by those for this machine.
func (c Config) resolved() Config {
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Transcodes == 0 {
		c.Transcodes = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = defaultCacheBytes
	}
	if c.InFlightBytes == 0 {
		c.InFlightBytes = defaultInFlightBytes
	}
	return c
}
