package httpapi

import (
	"errors"
	"time"
)

// Config is what the HTTP side can be told.
type Config struct {
	Build       string        // names the program: part of every entity tag
	MaxAge      time.Duration // how long answers may be reused without asking again
	LibraryTime time.Duration // how long the page of videos waits for indexes
	RetryAfter  time.Duration // when a client that is sent away should come back

	DocumentCacheBytes  int64         // listings and pages kept in memory
	DocumentCacheExpiry time.Duration // how long one is kept that nobody asks for
}

// NewDefaultConfig has caches ask each time, which costs a 304.
func NewDefaultConfig() Config {
	return Config{
		Build: "dev", LibraryTime: 5 * time.Second, RetryAfter: time.Second,
		DocumentCacheBytes: 32 << 20, DocumentCacheExpiry: time.Hour,
	}
}

// Validate tells all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	if c.Build == "" {
		errs = append(errs, errors.New("the build needs a name"))
	}
	if c.MaxAge < 0 {
		errs = append(errs, errors.New("the age of answers must not be negative"))
	}
	if c.LibraryTime <= 0 {
		errs = append(errs, errors.New("the time for the page of videos must be positive"))
	}
	if c.RetryAfter < time.Second {
		errs = append(errs, errors.New("the time to retry after must be a second or more"))
	}
	if c.DocumentCacheBytes <= 0 {
		errs = append(errs, errors.New("the size of the cache of listings and pages must be positive"))
	}
	if c.DocumentCacheExpiry <= 0 {
		errs = append(errs, errors.New("the time that listings and pages are kept must be positive"))
	}
	return errors.Join(errs...)
}
