//go:build !asan

// AddressSanitizer has its own allocator, which ignores mallopt.

package av

import (
	"runtime"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Memory that an operation frees stays with the process. It returns to the system on request, even while
// another operation runs.
func TestReserveKeepsMemory(t *testing.T) {
	const size, little = 24 << 20, 6 << 20
	data := make([]byte, size)
	work := func() {
		p := astiav.AllocPacket()
		defer p.Free()
		require.NoError(t, setPayload(p, data))
	}
	r := &reserve{ttl: time.Hour}
	work()    // the race detector allocates shadow memory for data
	r.close() // releases the memory of other tests
	before := ResidentBytes(t)
	more := func() int { return ResidentBytes(t) - before }
	work()
	assert.Less(t, more(), little, "nothing is kept yet")
	end := r.use()
	work()
	assert.Greater(t, more(), size-little)
	end()
	assert.Greater(t, more(), size-little)
	end = r.use()
	r.close()
	assert.Less(t, more(), little)
	work()
	assert.Less(t, more(), little, "memory is returned until the next operation")
	end()
	r.use()()
	work()
	assert.Greater(t, more(), size-little)
	r.close()
	assert.Less(t, more(), little)
	runtime.KeepAlive(data)
}
