package av

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// What is kept goes back when there was no work for a while, and not before.
func TestReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reserve{ttl: time.Minute}
		keeps := func() bool {
			synctest.Wait()
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.running > 0 || r.expiry != nil
		}
		encode := r.around(func() error { time.Sleep(time.Second); return errors.New("given up") })
		assert.False(t, keeps())
		assert.EqualError(t, encode(), "given up")
		time.Sleep(50 * time.Second)
		assert.True(t, keeps())
		_ = encode()
		time.Sleep(50 * time.Second)
		assert.True(t, keeps(), "a minute since the last one, not since the first")
		go func() { _ = encode() }()
		time.Sleep(time.Millisecond)
		r.close()
		assert.True(t, keeps(), "one runs")
		time.Sleep(time.Second)
		assert.True(t, keeps())
		time.Sleep(time.Minute)
		assert.False(t, keeps())
		_ = encode()
		r.close()
		assert.False(t, keeps())
	})
}
