package av

import (
	"runtime"
	"syscall"
)

// leastPriority is nice's weakest claim on a processor.
const leastPriority = 19

// politely has work done on a thread that takes of the processors what others leave, and so do the threads
// that it starts, those of decoders and encoders. A cut without loss has the better claim.
func politely(work func() error) func() error {
	return func() error {
		done := make(chan error, 1)
		go func() {
			// It is never unlocked: a thread that has given up priority does not get it back, and ends with
			// its goroutine.
			runtime.LockOSThread()
			// Of this thread, on Linux (setpriority(2)). That it can be refused is not documented.
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, leastPriority)
			done <- work()
		}()
		return <-done
	}
}
