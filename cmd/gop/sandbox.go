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
	version := landlockVersion()
	if version == 0 {
		log.Warn("no sandbox: the kernel has no Landlock, or does not let it be used")
		return nil
	}
	log.Info("sandbox on", "landlock", version, "not_enforced", strings.Join(notEnforced(version), ", "))
	return nil
}

// landlockVersion is the version of the kernel's Landlock whose restrictions are in force, 0 for
// none. Kernels of version 6 that take a process's own threads for strangers count as 5: there
// go-landlock leaves out what came with 6.
//
// https://docs.kernel.org/userspace-api/landlock.html#erratum-2-scoped-signal-handling
func landlockVersion() int {
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	if errata, err := ll.LandlockGetErrata(); version >= 6 && (err != nil || errata&2 == 0) {
		return 5
	}
	return version
}

// notEnforced is what a kernel with that version of Landlock lets the process do all the same.
//
// https://docs.kernel.org/userspace-api/landlock.html#previous-limitations
// https://github.com/landlock-lsm/linux/issues/54
func notEnforced(version int) []string {
	var free []string
	for _, right := range []struct {
		since int
		name  string
	}{
		{3, "truncating files"},
		{4, "TCP"},
		{5, "ioctl on devices"},
		{6, "signals"},
		{6, "abstract UNIX sockets"},
		{9, "UNIX sockets"},
		{10, "UDP"},
	} {
		if version < right.since {
			free = append(free, right.name)
		}
	}
	return append(free, "multipath TCP") // which no version knows yet
}
