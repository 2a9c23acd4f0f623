package av

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// leastPriority is nice's weakest claim on a processor.
const leastPriority = 19

// politely has work done on a thread that takes of the processors what others leave, and so do the threads
// that it starts, those of decoders and encoders. It makes way at once for a cut without loss.
//
// https://man7.org/linux/man-pages/man7/sched.7.html
func politely(work func() error) func() error {
	return func() error {
		done := make(chan error, 1)
		go func() {
			// It is never unlocked: a thread that has given up priority does not get it back, and ends with
			// its goroutine.
			runtime.LockOSThread()
			// Of this thread (sched(7)). The weakest claim of the usual policy has to do where a container
			// refuses that, and the usual claim where it refuses this, too.
			if unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0) != nil {
				_ = unix.Setpriority(unix.PRIO_PROCESS, 0, leastPriority)
			}
			done <- work()
		}()
		return <-done
	}
}
