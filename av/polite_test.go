package av_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gop/av"
)

// What is done politely makes way, and what is done after it does not.
func TestPolitely(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	done := errors.New("done")
	err = av.Politely(func() error {
		attr, err := unix.SchedGetAttr(0, 0)
		if assert.NoError(t, err) && attr.Policy != unix.SCHED_IDLE { // a container may refuse that
			assert.EqualValues(t, 19, attr.Nice)
		}
		return done
	})()
	assert.Equal(t, done, err)
	after, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	assert.Equal(t, before.Policy, after.Policy)
}
