package main

import (
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryLimit returns the memory that the process may use, in bytes: the least limit of its cgroup and the
// cgroups above it, or the memory of the machine if that is less. It returns 0 if neither is known.
func memoryLimit() int64 { return leastLimit(memlimit.FromCgroupHybrid, memlimit.FromSystem) }

// leastLimit returns the least limit of the providers that know one, or 0.
func leastLimit(providers ...memlimit.Provider) int64 {
	least := int64(0)
	for _, provider := range providers {
		limit, err := provider()
		if err != nil || limit == 0 || limit > math.MaxInt64 {
			continue // the provider knows no limit
		}
		if least == 0 || int64(limit) < least {
			least = int64(limit)
		}
	}
	return least
}
