package httpapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Config is what the HTTP side can be told.
type Config struct {
	Build       string        // names the program: part of every entity tag
	MaxAge      time.Duration // how long answers may be reused without asking again
	LibraryTime time.Duration // how long the page of videos waits for what is not known yet
	RetryAfter  time.Duration // when a client that is sent away should come back

	RequestTime    time.Duration // for an answer to be made, before its first byte
	WriteTime      time.Duration // for a client to take 256 KiB of it
	HeaderTime     time.Duration // for a client to send a request
	IdleTime       time.Duration // for which a connection is kept that asks for nothing
	MaxHeaderBytes int           // of a request's header fields
	MaxURLBytes    int           // of a request's path and query
	MaxConnections int           // at a time

	URLKeys     [][]byte // any of which a URL may be signed with; none: URLs need no signature
	Token       string   // that opens everything; "" for none. With neither keys nor a token, all may ask
	CORSOrigins []string // whose scripts may read answers; "*" for all

	AccessLog bool           // whether each request is written into the log
	Observe   func(LogEntry) // is told of each request when it is answered; may be nil

	DocumentCacheBytes  int64         // listings and pages kept in memory
	DocumentCacheExpiry time.Duration // how long one is kept that nobody asks for
}

// NewDefaultConfig has caches ask each time, which costs a 304.
func NewDefaultConfig() Config {
	return Config{
		Build: "dev", LibraryTime: 500 * time.Millisecond, RetryAfter: time.Second,
		RequestTime: 2 * time.Minute, WriteTime: 30 * time.Second, HeaderTime: 10 * time.Second, IdleTime: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, MaxURLBytes: 8 << 10, MaxConnections: 4096,
		CORSOrigins:        []string{"*"},
		DocumentCacheBytes: 32 << 20, DocumentCacheExpiry: time.Hour,
	}
}

// Validate tells all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, message string) {
		if !ok {
			errs = append(errs, errors.New(message))
		}
	}
	check(c.Build != "", "the build needs a name")
	check(c.MaxAge >= 0, "the age of answers must not be negative")
	check(c.LibraryTime > 0, "the time for the page of videos must be positive")
	check(c.RetryAfter >= time.Second, "the time to retry after must be a second or more")
	check(c.RequestTime > 0, "the time for an answer must be positive")
	check(c.WriteTime > 0, "the time to take an answer must be positive")
	check(c.HeaderTime > 0, "the time to send a request must be positive")
	check(c.IdleTime > 0, "the time that idle connections are kept must be positive")
	check(c.MaxHeaderBytes > 0, "the greatest size of a header must be positive")
	check(c.MaxURLBytes > 0, "the greatest size of a URL must be positive")
	check(c.MaxConnections > 0, "the greatest number of connections must be positive")
	for _, key := range c.URLKeys {
		if len(key) < minKeyBytes {
			errs = append(errs, errShortKey)
			break
		}
	}
	check(len(c.URLKeys) <= maxKeys, fmt.Sprintf("there are more than %d keys for signed URLs", maxKeys))
	for _, origin := range c.CORSOrigins {
		check(isOrigin(origin) || origin == "*" && len(c.CORSOrigins) == 1,
			fmt.Sprintf("%q is no origin, such as https://editor.example, nor * alone", origin))
	}
	check(c.Token == "" || len(c.Token) >= minKeyBytes, "a token must have 16 characters or more")
	check(!strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }), "a token must be of ASCII, without spaces")
	check(c.DocumentCacheBytes > 0, "the size of the cache of listings and pages must be positive")
	check(c.DocumentCacheExpiry > 0, "the time that listings and pages are kept must be positive")
	return errors.Join(errs...)
}

// isOpen tells whether anybody may ask.
func (c Config) isOpen() bool { return len(c.URLKeys) == 0 && c.Token == "" }

// isOrigin tells whether text is an origin as browsers send it (RFC 6454, section 6.2).
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		text == u.Scheme+"://"+strings.ToLower(u.Host) && !strings.Contains(text, "*")
}
