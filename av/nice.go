package av

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// transcodeNice is the nice value of the threads of a transcode.
const transcodeNice = 10

// nice runs work in a goroutine whose OS thread has low priority, and returns its error.
// A panic of work becomes an error.
func nice(work func() error) error {
	done := make(chan error, 1)
	go func() {
		lowerPriority()
		done <- guarded(work)
	}()
	return <-done
}

// lowerPriority locks the calling goroutine to its OS thread and sets the nice value of that thread.
// Threads that libav creates from it, such as those of decoders and x264, inherit the value.
// The goroutine must never unlock the thread: the runtime then ends the thread together with the goroutine,
// since a thread needs a privilege to lower its nice value again.
//
// https://man7.org/linux/man-pages/man2/setpriority.2.html ("C library/kernel differences")
func lowerPriority() {
	runtime.LockOSThread()
	// If this fails, the transcode runs at the normal priority.
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, transcodeNice)
}
