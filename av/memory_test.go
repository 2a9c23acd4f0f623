package av

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// Memory is kept until no operation has run for a while, or until a request to return it.
func TestReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reserve{ttl: time.Minute}
		keeps := func() bool {
			synctest.Wait()
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.kept
		}
		work := func() {
			defer r.use()()
			time.Sleep(time.Second)
		}
		assert.False(t, keeps())
		work()
		time.Sleep(50 * time.Second)
		assert.True(t, keeps())
		work()
		time.Sleep(50 * time.Second)
		assert.True(t, keeps(), "a minute since the last one, not since the first")
		end := r.use()
		time.Sleep(time.Hour)
		work()
		time.Sleep(time.Hour)
		assert.True(t, keeps(), "the first operation still runs")
		r.close()
		assert.False(t, keeps(), "on request")
		work()
		assert.True(t, keeps())
		end()
		time.Sleep(59 * time.Second)
		assert.True(t, keeps())
		time.Sleep(2 * time.Second)
		assert.False(t, keeps())
		work()
		r.close()
		time.Sleep(time.Hour)
		assert.False(t, keeps())
	})
}
