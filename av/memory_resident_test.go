//go:build !asan

// AddressSanitizer has an allocator of its own, which keeps what it likes.

package av

import (
	"runtime"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What work frees stays with the process, and goes back to the system when that is asked for, though other work is under way.
func TestReserveKeepsMemory(t *testing.T) {
	const size, little = 24 << 20, 6 << 20
	data := make([]byte, size)
	work := func() {
		p := astiav.AllocPacket()
		defer p.Free()
		require.NoError(t, setPayload(p, data))
	}
	r := &reserve{ttl: time.Hour}
	work()    // the race detector has memory of its own for what is read
	r.close() // what other tests have left
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
	assert.Less(t, more(), little, "it was asked for")
	end()
	r.use()()
	work()
	assert.Greater(t, more(), size-little)
	r.close()
	assert.Less(t, more(), little)
	runtime.KeepAlive(data)
}
