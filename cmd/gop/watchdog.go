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

// How a process stays below its memory limit. Go's own memory, caches included, is kept below goShare by
// the garbage collector. What C holds comes on top: where both together pass shedShare, what can be made
// again is freed, and from refuseShare on nothing new is begun, until they are below shedShare again.
const (
	goShare      = 0.7
	shedShare    = 0.8
	refuseShare  = 0.9
	watchEvery   = 250 * time.Millisecond
	shedEvery    = 5 * time.Second // at most, as it costs time and what was cached
	statusLength = 8 << 10         // bytes that /proc/self/status has at most
)

// shedder is what holds memory that it can do without.
type shedder interface{ Shed() }

// refuser is what can begin nothing new.
type refuser interface{ SetOutOfMemory(outOfMemory bool) }

// watchdog holds the process's resident memory against a limit.
type watchdog struct {
	limit    int64 // bytes
	resident func() (int64, error)
	shedders []shedder
	refuser  refuser
	log      *slog.Logger

	refusing bool
	shed     time.Time // when it last did
}

// look acts on what is resident at that time.
func (w *watchdog) look(now time.Time) error {
	resident, err := w.resident()
	if err != nil {
		return err
	}
	share := float64(resident) / float64(w.limit)
	if share >= shedShare && now.Sub(w.shed) >= shedEvery {
		w.log.Warn("short of memory: the caches are freed", "resident_bytes", resident, "limit_bytes", w.limit)
		for _, s := range w.shedders {
			s.Shed()
		}
		debug.FreeOSMemory()
		w.shed = now
		if resident, err = w.resident(); err != nil {
			return err
		}
		share = float64(resident) / float64(w.limit)
	}
	if refuse := share >= refuseShare || w.refusing && share >= shedShare; refuse != w.refusing {
		w.log.Warn("short of memory", "refusing", refuse, "resident_bytes", resident, "limit_bytes", w.limit)
		w.refuser.SetOutOfMemory(refuse)
		w.refusing = refuse
	}
	return nil
}

// watchMemory keeps the process below its memory limit, until the returned function is called.
func (s *serve) watchMemory(log *slog.Logger, refuser refuser, shedders ...shedder) (stop func()) {
	if s.MemoryLimit == 0 {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	if before == math.MaxInt64 { // else GOMEMLIMIT has said
		debug.SetMemoryLimit(int64(goShare * float64(s.MemoryLimit)))
	}
	// It is opened once: later the process may be short of descriptors, or kept from it.
	status, err := os.Open("/proc/self/status")
	if err != nil {
		log.Warn("the memory cannot be watched", "error", err)
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
				if err := w.look(now); err != nil {
					log.Error("the memory is no longer watched", "error", err)
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

// anonymous is how many bytes of memory a process holds that no file backs, by its
// /proc/PID/status (proc_pid_status(5)).
func anonymous(status io.ReaderAt) (int64, error) {
	text := make([]byte, statusLength)
	n, err := status.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	for line := range bytes.Lines(text[:n]) {
		if value, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			kib, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("the system does not tell how much memory is resident")
}
