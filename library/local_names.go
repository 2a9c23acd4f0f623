package library

import (
	"io/fs"
	"sync"
	"syscall"
	"time"
)

// localNames remembers which names lead to files on local file systems, whose directories do not hang. Their
// Stat and Open need no goroutine, which would take as long as they do. A name is remembered for stallTime
// only, because another file system may be mounted on its path.
type localNames struct {
	mu      sync.Mutex
	devices map[uint64]bool // numbers of the devices of local file systems
	until   map[string]time.Time
}

// maxLocalNames is the number of names remembered at a time.
const maxLocalNames = 1024

func newLocalNames() *localNames {
	return &localNames{devices: map[uint64]bool{}, until: map[string]time.Time{}}
}

// has reports whether the name led to a local file system less than stallTime ago.
func (l *localNames) has(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.until[name]
	return ok && time.Now().Before(until)
}

// add remembers the name if the file that info describes is on a file system known to be local.
func (l *localNames) add(name string, info fs.FileInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.devices[deviceOf(info)] {
		return
	}
	if len(l.until) >= maxLocalNames {
		clear(l.until)
	}
	l.until[name] = time.Now().Add(stallTime)
}

// isLocal reports whether the file that info describes is on a file system known to be local.
func (l *localNames) isLocal(info fs.FileInfo) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.devices[deviceOf(info)]
}

// addDevice notes that the file system of the file that info describes is local.
func (l *localNames) addDevice(info fs.FileInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.devices[deviceOf(info)] = true
}

// deviceOf returns the number of the device of a file; 0, which none has, if it is unknown.
func deviceOf(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Dev)
	}
	return 0
}
