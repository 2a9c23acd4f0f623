package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestMemoryLimit(t *testing.T) {
	const gib = int64(1) << 30
	machine := "MemTotal:       25165824 kB\nMemFree:         1024 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing tells": {nil, 0},
		"the machine":   {map[string]string{"proc/meminfo": machine}, 24 * gib},
		"no limit": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n",
		}, 24 * gib},
		"its own group": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.max": "1073741824\n",
		}, gib},
		"a group above": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max": "2147483648\n", "sys/fs/cgroup/a/b/memory.max": "4294967296\n",
		}, 2 * gib},
		"a container": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, gib},
		"version 1": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "3221225472\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
		}, 3 * gib},
		"damage": {map[string]string{"proc/meminfo": "MemTotal: much\n", "proc/self/cgroup": "memory\n0::\n"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for file, data := range c.files {
				root[file] = &fstest.MapFile{Data: []byte(data)}
			}
			assert.Equal(t, c.want, memoryLimit(root))
		})
	}
}
