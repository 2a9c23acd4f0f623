package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// sandbox irrevocably restricts the whole process to reading the folder dir and its own entry in /proc, and
// to making, reading and deleting files in the folder writable. Each folder may be "", for none. From then on
// it cannot write other files, execute programs or open sockets. Files and sockets that are already open stay
// open, so the caller listens first. An older kernel enforces only some of the restrictions; the log names
// the missing ones.
//
// https://docs.kernel.org/userspace-api/landlock.html
func sandbox(dir, writable string, log *slog.Logger) error {
	// Go reads the time zone's file when it first writes a local time.
	_ = time.Now().String()

	const read = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSReadDir)
	rules := []landlock.Rule{
		landlock.PathAccess(read, "/proc/self"), // a link, which is followed now: to this process's own
	}
	if dir != "" {
		rules = append(rules, landlock.PathAccess(read, dir))
	}
	if writable != "" {
		const files = ll.AccessFSWriteFile | ll.AccessFSMakeReg | ll.AccessFSRemoveFile
		rules = append(rules, landlock.PathAccess(read|files, writable))
	}
	if err := landlock.V11.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("enter the sandbox (--no-sandbox turns it off): %w", err)
	}
	version := landlockVersion()
	if version == 0 {
		log.Warn("no sandbox: the kernel has no Landlock or denies its use")
		return nil
	}
	log.Info("sandbox on",
		"landlock", version, "readable", dir, "writable", writable,
		"not_enforced", strings.Join(notEnforced(version), ", "))
	return nil
}

// landlockVersion returns the version of the kernel's Landlock whose restrictions are in force, or 0 for
// none. It returns 5 for a kernel that has erratum 2 of version 6, since go-landlock then omits the
// restrictions of 6.
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

// notEnforced returns the restrictions that a kernel with the given version of Landlock does not enforce.
//
// https://docs.kernel.org/userspace-api/landlock.html#previous-limitations
// https://github.com/landlock-lsm/linux/issues/54
func notEnforced(version int) []string {
	var missing []string
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
			missing = append(missing, right.name)
		}
	}
	return append(missing, "multipath TCP") // no version restricts it yet
}
