package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// spinVariable in the environment makes this program one that only computes.
const spinVariable = "GOP_LOAD_SPIN"

// spin computes, at the priority that encodes have, the least one, until standard input ends.
func spin() error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	runtime.LockOSThread()
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0); err != nil {
		return fmt.Errorf("give up priority: %w", err)
	}
	for i := 0; ; i++ {
	}
}

// startSpinner has another process spin until stop is called. What that costs those beside it is what encodes would cost if they
// had the least priority alone, and did not yield.
func startSpinner() (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spinner := exec.Command(self)
	spinner.Env = append(os.Environ(), spinVariable+"=1")
	input, err := spinner.StdinPipe() // it ends with this process, however that ends
	if err != nil {
		return nil, err
	}
	if err := spinner.Start(); err != nil {
		return nil, err
	}
	return func() error { return errors.Join(input.Close(), spinner.Wait()) }, nil
}
