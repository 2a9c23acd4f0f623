package main

import (
	"errors"
	"math"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/stretchr/testify/assert"
)

func TestLeastLimit(t *testing.T) {
	unknown := func() (uint64, error) { return 0, memlimit.ErrNoLimit }
	broken := func() (uint64, error) { return 1, errors.New("EIO") }
	small, machine, large := memlimit.Limit(1<<30), memlimit.Limit(24<<30), memlimit.Limit(48<<30)
	for name, c := range map[string]struct {
		providers []memlimit.Provider
		want      int64
	}{
		"no provider":                {nil, 0},
		"no limit":                   {[]memlimit.Provider{unknown, memlimit.Limit(0)}, 0},
		"the machine":                {[]memlimit.Provider{unknown, machine}, 24 << 30},
		"the cgroup":                 {[]memlimit.Provider{small, machine}, 1 << 30},
		"a cgroup above the machine": {[]memlimit.Provider{large, machine}, 24 << 30},
		"an unreadable cgroup":       {[]memlimit.Provider{broken, machine}, 24 << 30},
		"more than an int64 holds":   {[]memlimit.Provider{memlimit.Limit(math.MaxUint64)}, 0},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, leastLimit(c.providers...)) })
	}
}

func TestMemoryLimitOfThisMachine(t *testing.T) {
	system, err := memlimit.FromSystem()
	assert.NoError(t, err)
	assert.Positive(t, memoryLimit())
	assert.LessOrEqual(t, memoryLimit(), int64(system))
}
