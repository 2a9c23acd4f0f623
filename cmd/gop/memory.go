package main

import (
	"bufio"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// memoryLimit is how many bytes of memory the process may use: what its control groups and those
// above them allow, or what the machine has, whichever is least; 0 where nothing tells. root is the
// file system's.
//
// https://docs.kernel.org/admin-guide/cgroup-v2.html#memory, cgroups(7), proc_meminfo(5)
func memoryLimit(root fs.FS) int64 {
	least := int64(0)
	for _, limit := range append(groupLimits(root), machineMemory(root)) {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
}

// groupLimits is the limits of the process's control groups, of version 1 and 2.
func groupLimits(root fs.FS) []int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var limits []int64
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		dir, file := "", ""
		switch {
		case fields[0] == "0" && fields[1] == "":
			dir, file = "sys/fs/cgroup", "memory.max"
		case strings.Contains(","+fields[1]+",", ",memory,"):
			dir, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			limit, err := fs.ReadFile(root, path.Join(dir, group, file))
			if err == nil {
				n, _ := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64) // "max" is no limit
				limits = append(limits, n)
			}
			if group == "/" {
				break
			}
		}
	}
	return limits
}

// machineMemory is how much memory the machine has.
func machineMemory(root fs.FS) int64 {
	file, err := root.Open("proc/meminfo")
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }() // it was only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if total, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(total, "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}
