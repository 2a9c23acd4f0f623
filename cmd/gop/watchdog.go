package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// Shares of the memory limit. The garbage collector keeps Go's memory, with the caches, below goShare. C
// memory adds to that. When both together reach shedShare, the watchdog empties the caches. From refuseShare
// until the memory is below shedShare again, the library starts no engine call.
const (
	goShare      = 0.7
	shedShare    = 0.8
	refuseShare  = 0.9
	watchEvery   = 250 * time.Millisecond
	shedEvery    = 5 * time.Second // shortest time between two sheds
	statusLength = 8 << 10         // maximum length of /proc/self/status in bytes
)

// shedder holds caches that can be emptied.
type shedder interface{ Shed() }

// refuser can refuse new work while memory is short.
type refuser interface{ SetOutOfMemory(outOfMemory bool) }

// watchdog compares the process's resident memory with a limit.
type watchdog struct {
	limit    int64 // bytes
	resident func() (int64, error)
	shedders []shedder
	refuser  refuser
	log      *slog.Logger

	refusing bool
	lastShed time.Time
}

// check reads the resident memory and frees caches or refuses work if it is too high.
func (w *watchdog) check(now time.Time) error {
	resident, err := w.resident()
	if err != nil {
		return err
	}
	share := float64(resident) / float64(w.limit)
	if share >= shedShare && now.Sub(w.lastShed) >= shedEvery {
		w.log.Warn("memory is short: emptying the caches", "resident_bytes", resident, "limit_bytes", w.limit)
		for _, s := range w.shedders {
			s.Shed()
		}
		debug.FreeOSMemory()
		w.lastShed = now
		if resident, err = w.resident(); err != nil {
			return err
		}
		share = float64(resident) / float64(w.limit)
	}
	if refuse := share >= refuseShare || w.refusing && share >= shedShare; refuse != w.refusing {
		message := "memory is short: refusing new work"
		if !refuse {
			message = "memory has recovered: accepting new work"
		}
		w.log.Warn(message, "resident_bytes", resident, "limit_bytes", w.limit)
		w.refuser.SetOutOfMemory(refuse)
		w.refusing = refuse
	}
	return nil
}

// watchMemory starts a watchdog for --memory-limit, if that is set. stop ends it.
func (s *serve) watchMemory(log *slog.Logger, refuser refuser, shedders ...shedder) (stop func()) {
	if s.MemoryLimit == 0 {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	if before == math.MaxInt64 { // GOMEMLIMIT takes precedence
		debug.SetMemoryLimit(int64(goShare * float64(s.MemoryLimit)))
	}
	// The file stays open: later the process may have no free descriptor.
	status, err := os.Open("/proc/self/status")
	if err != nil {
		log.Warn("the memory limit is not enforced", "error", err)
		return func() { debug.SetMemoryLimit(before) }
	}
	w := &watchdog{
		limit: s.MemoryLimit, refuser: refuser, shedders: shedders, log: log,
		resident: func() (int64, error) { return anonymous(status) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		ticks := time.NewTicker(watchEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticks.C:
				if err := w.check(now); err != nil {
					log.Error("the memory limit is no longer enforced", "error", err)
					return
				}
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
		_ = status.Close() // it was only read
		debug.SetMemoryLimit(before)
	}
}

// anonymous returns the resident memory of a process that no file backs, in bytes. status is its
// /proc/PID/status (proc_pid_status(5)).
func anonymous(status io.ReaderAt) (int64, error) {
	text := make([]byte, statusLength)
	n, err := status.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	for line := range bytes.Lines(text[:n]) {
		if value, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			number, _ := bytes.CutSuffix(bytes.TrimSpace(value), []byte("kB"))
			kib, err := strconv.ParseInt(string(bytes.TrimSpace(number)), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/self/status has no RssAnon")
}
