package main

import (
	"fmt"
	"log/slog"
	"os"
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
	log.Info("sandboxed", "landlock", abi, "files", true, "tcp", abi >= 4, "signals", abi >= 6, "udp", abi >= 10)
	return nil
}
