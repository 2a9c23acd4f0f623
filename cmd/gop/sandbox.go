package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// sandbox takes from the whole process, for good, what it does not need to serve the videos of dir:
// from then on it reads that folder and its own entry in /proc, and nothing else. It writes, runs
// and connects to nothing; what is open already stays open, so that listeners are bound before.
// Where the kernel knows only part of that, this part holds; the log says which.
//
// https://docs.kernel.org/userspace-api/landlock.html
func sandbox(dir string, log *slog.Logger) error {
	// Go reads the time zone's file when it first writes a local time.
	_ = time.Now().String()

	const read = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSReadDir)
	if err := landlock.V11.BestEffort().Restrict(
		landlock.PathAccess(read, dir),
		landlock.PathAccess(read, "/proc/self"), // a link, which is followed now: to this process's own
	); err != nil {
		return fmt.Errorf("enter the sandbox (--no-sandbox serves without): %w", err)
	}
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		log.Warn("no sandbox: the kernel has no Landlock, or does not allow it", "error", err)
		return nil
	}
	args := []any{"landlock", version}
	if open := notEnforced(version); len(open) > 0 {
		args = append(args, "not_enforced", strings.Join(open, ", "))
	}
	log.Info("sandbox on", args...)
	return nil
}

// notEnforced is what a kernel with that version of Landlock lets the process do all the same.
//
// https://docs.kernel.org/userspace-api/landlock.html#previous-limitations
func notEnforced(version int) []string {
	var open []string
	for _, right := range []struct {
		since int
		name  string
	}{
		{3, "truncating files"},
		{4, "TCP"},
		{5, "ioctl on devices"},
		{6, "signals and abstract UNIX sockets"},
		{9, "UNIX sockets"},
		{10, "UDP"},
	} {
		if version < right.since {
			open = append(open, right.name)
		}
	}
	return append(open, "multipath TCP") // no version knows it yet
}
