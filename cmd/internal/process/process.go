// Package process runs programs, and tells what they take.
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

// patience is how long a process may take to start or to end.
const patience = 20 * time.Second

// Usage is what a program took that has ended.
type Usage struct {
	Elapsed time.Duration // from its start to its end
	CPU     time.Duration
	Memory  int64 // bytes: the most that it held at a time
	Output  []byte
}

// RunToEnd runs a program and waits for its end; ctx ends it. What it prints goes to out, or is
// kept where out is nil.
func RunToEnd(ctx context.Context, out io.Writer, name string, args ...string) (Usage, error) {
	var kept bytes.Buffer
	if out == nil {
		out = &kept
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = out, &complaint
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	began := time.Now()
	err := cmd.Run()
	u := Usage{Elapsed: time.Since(began), Output: kept.Bytes()}
	if ctx.Err() != nil {
		return u, ctx.Err()
	}
	if err != nil {
		return u, fmt.Errorf("run %s: %w: %s", name, err, lastLine(complaint.String()))
	}
	u.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.Memory = r.Maxrss << 10 // Linux counts it in KiB
	}
	return u, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// Server is a program that runs until it is stopped.
type Server struct {
	cmd   *exec.Cmd
	log   string // the file that it writes to
	ended chan struct{}
}

// Start starts a program, whose output goes to a file of that folder. Stop it after use.
func Start(dir string, env []string, name string, args ...string) (*Server, error) {
	log, err := os.CreateTemp(dir, filepath.Base(name)+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	s := &Server{cmd: exec.Command(name, args...), log: log.Name(), ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(os.Environ(), env...)
	// In a group of its own: an interrupt of the terminal is for the benchmark, which ends the server.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is told by who misses it
		close(s.ended)
	}()
	return s, nil
}

// Await waits until ready says that the server is; ready is given what the server wrote.
func (s *Server) Await(ctx context.Context, ready func(output string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
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
			output, err := os.ReadFile(s.log) // it may have said more since
			return errors.Join(fmt.Errorf("%s ended: %s", s.cmd.Path, lastLine(string(output))), err)
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready: %w", s.cmd.Path, ctx.Err())
		}
	}
}

// Output is what the server has written so far.
func (s *Server) Output() (string, error) {
	output, err := os.ReadFile(s.log)
	return string(output), err
}

// Stop ends the server, by force where it does not end by itself.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-s.ended:
		return nil
	case <-time.After(patience):
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	return errors.New(s.cmd.Path + " did not end, and was killed")
}

// group is the server's process and those that it started.
func (s *Server) group() ([]int, error) {
	pid := s.cmd.Process.Pid
	children, err := children(pid)
	return append([]int{pid}, children...), err
}

// CPU is the time that the server's processes have taken until now.
func (s *Server) CPU() (time.Duration, error) { return sum(s, cpuTime) }

// BytesRead is what the server's processes have read until now.
func (s *Server) BytesRead() (int64, error) { return sum(s, bytesRead) }

// Memory is what the server's processes hold, by the name that status has for it.
func (s *Server) Memory(field string) (int64, error) {
	return sum(s, func(pid int) (int64, error) { return statusBytes(pid, field) })
}

// sum adds up what something is for each of the server's processes.
func sum[T time.Duration | int64](s *Server, of func(pid int) (T, error)) (all T, err error) {
	pids, err := s.group()
	for _, pid := range pids {
		one, err := of(pid)
		if err != nil {
			return 0, err
		}
		all += one
	}
	return all, err
}

// ResetPeak makes the most that the server's processes held (VmHWM) what they hold now.
func (s *Server) ResetPeak() error {
	pids, err := s.group()
	for _, pid := range pids {
		if err := resetPeak(pid); err != nil {
			return err
		}
	}
	return err
}
