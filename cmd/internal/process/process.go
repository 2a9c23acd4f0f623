// Package process runs programs and measures their CPU time, memory and reads.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// graceTime limits how long a process may take to start and to end.
const graceTime = 20 * time.Second

// Usage is what a finished program used.
type Usage struct {
	Elapsed time.Duration // wall-clock time
	CPU     time.Duration
	Memory  int64  // peak resident set, in bytes
	Output  []byte // standard output, unless it was written elsewhere
}

// RunToEnd runs a program and waits for it. Its standard output goes to out, or into Usage.Output if out is
// nil. If ctx ends, RunToEnd sends the program SIGTERM and returns ctx.Err().
func RunToEnd(ctx context.Context, out io.Writer, name string, args ...string) (Usage, error) {
	var stdout bytes.Buffer
	if out == nil {
		out = &stdout
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = out, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = graceTime
	started := time.Now()
	err := cmd.Run()
	u := Usage{Elapsed: time.Since(started), Output: stdout.Bytes()}
	if ctx.Err() != nil {
		return u, ctx.Err()
	}
	if err != nil {
		return u, fmt.Errorf("run %s: %w: %s", name, err, lastLine(stderr.String()))
	}
	u.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.Memory = r.Maxrss << 10 // in KiB on Linux
	}
	return u, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// Server is a program that runs until Stop.
type Server struct {
	cmd   *exec.Cmd
	log   string        // path of the file with its output
	ended chan struct{} // closed when the process has ended
}

// Start starts a program with its output in a file in dir. env is added to the environment. The caller
// stops it.
func Start(dir string, env []string, name string, args ...string) (*Server, error) {
	log, err := os.CreateTemp(dir, filepath.Base(name)+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	s := &Server{cmd: exec.Command(name, args...), log: log.Name(), ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(os.Environ(), env...)
	// An own process group, so that Ctrl-C reaches only the caller, which then stops the server.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = s.cmd.Wait() // Await reports an early end
		close(s.ended)
	}()
	return s, nil
}

// Await calls ready with the output so far until it returns true. It fails if the server ends or takes too
// long.
func (s *Server) Await(ctx context.Context, ready func(output string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, graceTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		output, err := s.Output()
		if err != nil {
			return err
		}
		if ready(output) {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.ended:
			output, err := os.ReadFile(s.log) // with its last lines
			return errors.Join(fmt.Errorf("%s ended: %s", s.cmd.Path, lastLine(string(output))), err)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", s.cmd.Path, ctx.Err())
		}
	}
}

// Output returns what the server has written so far.
func (s *Server) Output() (string, error) {
	output, err := os.ReadFile(s.log)
	return string(output), err
}

// Stop sends the server SIGTERM and, if that does not end it, SIGKILL, which is an error.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails if the process has ended
	select {
	case <-s.ended:
		return nil
	case <-time.After(graceTime):
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	return errors.New(s.cmd.Path + " did not end on SIGTERM and was killed")
}

// group returns the process ids of the server and its children.
func (s *Server) group() ([]int, error) {
	pid := s.cmd.Process.Pid
	children, err := children(pid)
	return append([]int{pid}, children...), err
}

// CPU returns the CPU time of the server and its children so far.
func (s *Server) CPU() (time.Duration, error) { return sum(s, cpuTime) }

// BytesRead returns the bytes that the server and its children have read so far.
func (s *Server) BytesRead() (int64, error) { return sum(s, bytesRead) }

// Memory returns the bytes in a field of /proc/PID/status, such as VmRSS, summed over the server and its
// children.
func (s *Server) Memory(field string) (int64, error) {
	return sum(s, func(pid int) (int64, error) { return statusBytes(pid, field) })
}

// sum adds up a value over the server and its children.
func sum[T time.Duration | int64](s *Server, of func(pid int) (T, error)) (total T, err error) {
	pids, err := s.group()
	for _, pid := range pids {
		value, err := of(pid)
		if err != nil {
			return 0, err
		}
		total += value
	}
	return total, err
}

// ResetPeak sets VmHWM, the peak resident set, of the server and its children to the current one.
func (s *Server) ResetPeak() error {
	pids, err := s.group()
	for _, pid := range pids {
		if err := resetPeak(pid); err != nil {
			return err
		}
	}
	return err
}
