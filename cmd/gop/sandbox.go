package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// sandbox keeps the process, all its threads and for good, from whatever it does not need: it reads
// the folder and what the system tells about the process itself, and neither writes nor executes
// anything, opens no connection and listens nowhere else. What is open already, its addresses and the
// log above all, stays open. A kernel that knows Landlock in part does its part, and one without it
// nothing; the log says which.
//
// https://docs.kernel.org/userspace-api/landlock.html
func sandbox(log *slog.Logger, folder string) error {
	abi, err := landlocksys.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		log.Warn("no sandbox: the kernel has no Landlock", "error", err)
		return nil
	}
	// Go reads the time zone when it is first asked for.
	_, _ = time.Now().Zone()
	const reads = landlock.AccessFSSet(landlocksys.AccessFSReadFile | landlocksys.AccessFSReadDir)
	err = landlock.V11.BestEffort().Restrict(
		landlock.PathAccess(reads, folder),
		landlock.PathAccess(reads, fmt.Sprintf("/proc/%d", os.Getpid())).IgnoreIfMissing(), // for metrics and the memory's limit
	)
	if err != nil {
		return fmt.Errorf("enter the sandbox (--no-sandbox does without): %w", err)
	}
	log.Info("sandboxed", "landlock", abi, "not_enforced", strings.Join(notEnforced(abi), ", "))
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
