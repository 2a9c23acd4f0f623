package av

import (
	"fmt"
	"runtime/debug"
)

// guarded turns a panic of work into an error. In a goroutine without a handler that recovers, a panic would
// end the process.
func guarded(work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return work()
}
