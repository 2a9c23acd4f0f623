package av_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gop/av"
	"gop/video"
	"gop/video/cut"
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

// Encodes yield while there is something else to do, and only then; what comes out is the same.
func TestEncodesYield(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, film)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	encode := func() (s *video.Segment, yields int) {
		before := av.Yields()
		s, err := engine.CutSegment(t.Context(), ix, cut.Cut{Edit: cut.Edit{Transcode: true}}, open)
		require.NoError(t, err)
		return s, av.Yields() - before
	}
	alone, yields := encode()
	assert.Zero(t, yields)
	engine.MakeWay()
	asking := time.NewTicker(50 * time.Millisecond)
	done := make(chan struct{})
	go func() {
		for {
			engine.MakeWay()
			select {
			case <-asking.C:
			case <-done:
				return
			}
		}
	}()
	beside, yields := encode()
	close(done)
	asking.Stop()
	assert.Positive(t, yields)
	assert.Equal(t, alone.Parts, beside.Parts)
	time.Sleep(300 * time.Millisecond)
	_, yields = encode()
	assert.Zero(t, yields, "a little later")
}
