package httpapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Config configures a Handler and its server. Its tags define options of gop serve, with their defaults,
// units and help. Fields without an option are set by the caller or by tests.
type Config struct {
	Token string `help:"Bearer token that grants access to everything; set it by the environment."`

	// CORSOrigins of nil allows no other origin.
	CORSOrigins []string `name:"cors-origins" sep:"," default:"*" help:"Allowed CORS origins, * or none."`

	BasePath string `help:"Path below which clients find the server, such as /gop."`

	TrustedProxies []string `sep:"," help:"Addresses and networks whose X-Forwarded headers count."`

	AccessLog bool `default:"true" negatable:"" help:"Log each request at the level info."`

	MaxAge time.Duration `default:"0s" help:"Cache-Control max-age of responses; 0 revalidates each time."`

	MaxConnections int `default:"4096" help:"Connections at a time, and HTTP/2 requests on all of them."`

	// RequestTimeout also limits the time to make and send a listing that is too large for the cache.
	RequestTimeout time.Duration `default:"2m" help:"Time limit for the first byte of a response."`

	WriteTimeout time.Duration `default:"30s" help:"Time limit for a client to receive 256 KiB."`

	IdleTimeout time.Duration `default:"2m" help:"Time limit for an idle connection."`

	// Build identifies the program and its encoder settings. It is part of every ETag and of every version of
	// a video: the same request may get other bytes from another build.
	Build string `kong:"-"`
	// URLKeys sign URLs; any of them is accepted. Without keys, URLs need no signature. Without keys and
	// Token, every request is allowed.
	URLKeys [][]byte `kong:"-"`
	// Observe is called after each request; it may be nil.
	Observe func(LogEntry) `kong:"-"`
	// LibraryTime is how long the library page waits for videos that are not yet indexed.
	LibraryTime time.Duration `kong:"-"`
	// RetryAfter is the Retry-After of responses with status 503.
	RetryAfter time.Duration `kong:"-"`
	// HeaderTimeout limits the time to read a request's header.
	HeaderTimeout time.Duration `kong:"-"`
	// MaxHeaderBytes limits a request's header fields.
	MaxHeaderBytes int `kong:"-"`
	// MaxURLBytes limits a request's path and query.
	MaxURLBytes int `kong:"-"`
	// BodyCacheBytes limits the memory of cached listings and pages.
	BodyCacheBytes int64 `kong:"-"`
	// BodyCacheExpiry is how long an unused listing or page stays in the cache.
	BodyCacheExpiry time.Duration `kong:"-"`
	// LargeBodies is the number of listings and pages sent at a time that are too large for the cache. Each
	// takes about 1 MiB.
	LargeBodies int `kong:"-"`
	// BodyWait is the longest wait for others to be made or sent.
	BodyWait time.Duration `kong:"-"`
}

// NewDefaultConfig returns the Config that the tags describe, with the default limits.
func NewDefaultConfig() Config {
	c := Config{
		Build: "dev", LibraryTime: 500 * time.Millisecond, RetryAfter: time.Second,
		HeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10, MaxURLBytes: 8 << 10,
		BodyCacheBytes: 32 << 20, BodyCacheExpiry: time.Hour,
		LargeBodies: 16, BodyWait: 30 * time.Second,
	}
	if err := kong.ApplyDefaults(&c); err != nil {
		panic(fmt.Sprintf("httpapi: the tags of Config: %v", err))
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
	check(c.MaxAge >= 0, "--max-age must not be negative")
	check(c.MaxConnections > 0, "--max-connections must be positive")
	check(c.RequestTimeout > 0, "--request-timeout must be positive")
	check(c.WriteTimeout > 0, "--write-timeout must be positive")
	check(c.IdleTimeout > 0, "--idle-timeout must be positive")
	if err := ValidateBasePath(c.BasePath); err != nil {
		errs = append(errs, err)
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	check(c.Build != "", "Build must not be empty")
	check(c.LibraryTime > 0, "LibraryTime must be positive")
	check(c.RetryAfter >= time.Second, "RetryAfter must be at least 1s")
	check(c.HeaderTimeout > 0, "HeaderTimeout must be positive")
	check(c.MaxHeaderBytes > 0, "MaxHeaderBytes must be positive")
	check(c.MaxURLBytes > 0, "MaxURLBytes must be positive")
	check(c.BodyCacheBytes > 0, "BodyCacheBytes must be positive")
	check(c.BodyCacheExpiry > 0, "BodyCacheExpiry must be positive")
	check(c.LargeBodies > 0, "LargeBodies must be positive")
	check(c.BodyWait > 0, "BodyWait must be positive")
	for _, key := range c.URLKeys {
		if len(key) < minKeyBytes {
			errs = append(errs, errShortKey)
			break
		}
	}
	check(len(c.URLKeys) <= maxKeys, fmt.Sprintf("--url-keys must have at most %d keys", maxKeys))
	for _, origin := range c.CORSOrigins {
		check(isOrigin(origin) || origin == "*" && len(c.CORSOrigins) == 1,
			fmt.Sprintf("--cors-origins must be *, none or origins like https://a.example, not %q", origin))
	}
	check(c.Token == "" || len(c.Token) >= minKeyBytes,
		fmt.Sprintf("--token must have at least %d characters", minKeyBytes))
	isSpaceOrNotASCII := func(r rune) bool { return r <= ' ' || r > '~' }
	check(!strings.ContainsFunc(c.Token, isSpaceOrNotASCII), "--token must be ASCII without spaces")
	return errors.Join(errs...)
}

// isOpen reports whether requests need neither a token nor a signature.
func (c Config) isOpen() bool { return len(c.URLKeys) == 0 && c.Token == "" }

// isOrigin reports whether text is an origin as browsers send it (RFC 6454, section 6.2).
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		text == u.Scheme+"://"+strings.ToLower(u.Host) && !strings.Contains(text, "*")
}
