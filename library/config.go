package library

import (
	"errors"
	"runtime"
	"time"
)

// Config bounds what a library may use.
type Config struct {
	CacheBytes          int64         // segments kept in memory
	IndexCacheBytes     int64         // indexes kept in memory
	ThumbnailCacheBytes int64         // thumbnails kept in memory
	CacheExpiry         time.Duration // how long either keeps what nobody asks for
	RefusalTime         time.Duration // how long a video that cannot be read is not tried again
	ReadAhead           int           // segments that may be made at a time before they are asked for; 0 for none
	Jobs                int           // engine calls at a time
	Queue               int           // engine calls that may wait for their turn
	BurstTime           time.Duration // how long the whole queue may be used
	StandingTime        time.Duration // how long one may have to wait, about, in a queue that stands for longer
	QueueTime           time.Duration // how long one of them may wait
	IndexTime           time.Duration // how long one index may take, waiting included
	SegmentTime         time.Duration // how long one segment may take, waiting included
	Encodes             int           // segments encoded anew at a time, beside the jobs
	EncodeQueue         int           // such segments that may wait for their turn, each for QueueTime
	EncodeTime          time.Duration // how long one such segment may take, waiting included
	MaxVideos           int           // videos that a listing shows
}

// NewDefaultConfig gives each core one job, and half of them encodes.
func NewDefaultConfig() Config {
	return Config{
		CacheBytes:          512 << 20,
		IndexCacheBytes:     64 << 20,
		ThumbnailCacheBytes: 64 << 20,
		CacheExpiry:         time.Hour,
		RefusalTime:         5 * time.Second,
		ReadAhead:           2,
		Jobs:                runtime.GOMAXPROCS(0),
		Queue:               256,
		BurstTime:           250 * time.Millisecond,
		StandingTime:        60 * time.Millisecond,
		QueueTime:           10 * time.Second,
		IndexTime:           60 * time.Second,
		SegmentTime:         30 * time.Second,
		Encodes:             max(1, runtime.GOMAXPROCS(0)/2),
		EncodeQueue:         16,
		EncodeTime:          60 * time.Second,
		MaxVideos:           10_000,
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
	check(c.CacheBytes > 0, "the size of the segment cache must be positive")
	check(c.IndexCacheBytes > 0, "the size of the index cache must be positive")
	check(c.ThumbnailCacheBytes > 0, "the size of the thumbnail cache must be positive")
	check(c.CacheExpiry > 0, "the time that caches keep what is not used must be positive")
	check(c.RefusalTime > 0, "the time that refusals are kept must be positive")
	check(c.ReadAhead >= 0, "the number of segments to read ahead must not be negative")
	check(c.Jobs > 0, "the number of jobs must be positive")
	check(c.Queue >= 0, "the length of the queue must not be negative")
	check(c.BurstTime >= 0, "the time that the queue may stand must not be negative")
	check(c.StandingTime >= 0, "the time in a queue that stands must not be negative")
	check(c.QueueTime > 0, "the time in the queue must be positive")
	check(c.IndexTime > 0, "the time for an index must be positive")
	check(c.SegmentTime > 0, "the time for a segment must be positive")
	check(c.Encodes > 0 && c.Encodes <= 1024, "the number of encodes must be 1 to 1024")
	check(c.EncodeQueue >= 0, "the length of the queue for encodes must not be negative")
	check(c.EncodeTime > 0, "the time for an encode must be positive")
	check(c.MaxVideos > 0, "the greatest number of videos must be positive")
	return errors.Join(errs...)
}
