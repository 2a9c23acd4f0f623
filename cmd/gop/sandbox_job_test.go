package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// sandboxJobVariable is the environment variable that holds a sandboxJob in JSON. A sandbox cannot be left,
// so the test program starts itself again, and the second process does the job.
const sandboxJobVariable = "SANDBOX_JOB"

// sandboxThreads is the number of threads that start before the sandbox, and the number that start in it.
const sandboxThreads = 4

type sandboxJob struct {
	On       bool   // enter the sandbox before the attempts
	Dir      string // the folder of videos
	Outside  string // a file outside the folder
	State    string // the folder of the state
	Connect  string // address of a TCP listener
	Abstract string // address of a listener on an abstract UNIX socket
}

type attempt struct {
	name        string
	deniedSince int // first version of Landlock with which the sandbox denies it; 0 if it is allowed
	try         func() error
}

// denial returns the error of the attempt in the sandbox. Landlock denies access to files and ports with
// EACCES, and scoped sockets and signals with EPERM.
func (a attempt) denial() syscall.Errno {
	if a.deniedSince == 6 || a.name == gainsPrivileges {
		return syscall.EPERM
	}
	return syscall.EACCES
}

// gainsPrivileges is the name of the attempt that no_new_privs denies.
const gainsPrivileges = "gain privileges"

// attempts returns the attempts of the process. Each restores the files, so that it can be repeated.
func (j sandboxJob) attempts() []attempt {
	in := func(name string) string { return filepath.Join(j.Dir, name) }
	state := func(name string) string { return filepath.Join(j.State, name) }
	return []attempt{
		{"read a video", 0, read(in("video.mp4"))},
		{"read a video in a sub-folder", 0, read(in("sub/video.mp4"))},
		{"read through a link inside", 0, read(in("inside.mp4"))},
		{"list the folder", 0, list(j.Dir)},
		{"read its own memory use", 0, read("/proc/self/statm")},
		{"read its own status", 0, read("/proc/self/status")},

		{"make and rename a file of the state", 0, func() error {
			create := write(state("new"), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
			return errors.Join(create(), os.Rename(state("new"), state("file")), list(j.State)(),
				read(state("file"))(), os.Remove(state("file")))
		}},
		{"make a folder in the state", 1, func() error {
			return errors.Join(os.Mkdir(state("new"), 0o700), ignoreMissing(os.Remove(state("new"))))
		}},
		{"make a link in the state", 1, func() error {
			return errors.Join(os.Symlink("/", state("new")), ignoreMissing(os.Remove(state("new"))))
		}},
		{"run a file of the state", 1, execute(state("program"))},
		{"write beside the state", 1, write(j.State+"/../beside", os.O_WRONLY|os.O_CREATE)},

		{"read a file outside", 1, read(j.Outside)},
		{"read through a link to the outside", 1, read(in("outside.mp4"))},
		{"read the users", 1, read("/etc/passwd")},
		{"read the users through /proc/self", 1, read("/proc/self/root/etc/passwd")},
		{"read another process's status", 1, read(fmt.Sprintf("/proc/%d/status", os.Getppid()))},
		{"list the root", 1, list("/")},
		{"list the folder above", 1, list(in(".."))},

		{"write over a video", 1, write(in("video.mp4"), os.O_WRONLY)},
		{"append to a video", 1, write(in("video.mp4"), os.O_WRONLY|os.O_APPEND)},
		{"make a file", 1, func() error {
			create := write(in("new"), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
			return errors.Join(create(), ignoreMissing(os.Remove(in("new"))))
		}},
		{"make a folder", 1, func() error {
			return errors.Join(os.Mkdir(in("new"), 0o700), ignoreMissing(os.Remove(in("new"))))
		}},
		{"make a link", 1, func() error {
			return errors.Join(os.Symlink("video.mp4", in("new")), ignoreMissing(os.Remove(in("new"))))
		}},
		{"rename a video", 1, func() error {
			there := os.Rename(in("video.mp4"), in("new"))
			return errors.Join(there, ignoreMissing(os.Rename(in("new"), in("video.mp4"))))
		}},
		{"truncate a video", 3, func() error { return os.Truncate(in("video.mp4"), 5) }},
		{"write outside", 1, write(j.Outside, os.O_WRONLY)},

		{"run a program", 1, execute("/bin/true")},
		{"run a file of the folder", 1, execute(in("program"))},
		{gainsPrivileges, 1, gainPrivileges},

		{"connect", 4, func() error { return dial("tcp", j.Connect) }},
		{"listen at another port", 4, listenTCP},
		{"connect to an abstract socket", 6, func() error { return dial("unix", j.Abstract) }},
		{"signal another process", 6, func() error { return syscall.Kill(os.Getppid(), 0) }},
	}
}

func read(path string) func() error {
	return func() error {
		_, err := os.ReadFile(path)
		return err
	}
}

func list(dir string) func() error {
	return func() error {
		_, err := os.ReadDir(dir)
		return err
	}
}

func write(path string, flags int) func() error {
	return func() error {
		file, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return err
		}
		_, err = file.WriteString("video")
		return errors.Join(err, file.Close())
	}
}

// execute runs a program. Unlike exec.Command, it does not open /dev/null, which the sandbox also denies.
// ENOEXEC counts as success: the sandbox allowed the execution of a file in an unknown format.
func execute(program string) func() error {
	return func() error {
		pid, err := syscall.ForkExec(program, []string{program}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		if errors.Is(err, syscall.ENOEXEC) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = syscall.Wait4(pid, nil, 0, nil)
		return err
	}
}

// gainPrivileges fails with EPERM if this thread has the flag no_new_privs.
func gainPrivileges() error {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err == nil && strings.Contains(string(status), "\nNoNewPrivs:\t1\n") {
		return syscall.EPERM
	}
	return err
}

func dial(network, address string) error {
	conn, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// listenTCP listens on plain TCP. Go's default is multipath TCP, which Landlock does not restrict.
func listenTCP() error {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return listener.Close()
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// runSandboxJob does the job and writes the error message of each attempt on each thread as JSON. It returns
// the exit status.
func runSandboxJob(text string) int {
	var job sandboxJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return complain(err)
	}
	attempts := job.attempts()
	var threads []*thread
	for range sandboxThreads {
		threads = append(threads, startThread())
	}
	if job.On {
		if err := sandbox(job.Dir, job.State, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
			return complain(err)
		}
	}
	for range sandboxThreads {
		threads = append(threads, startThread())
	}
	done := map[string][]string{}
	for _, thread := range threads {
		for _, a := range attempts {
			message := ""
			if err := thread.do(a.try); err != nil {
				message = err.Error()
			}
			done[a.name] = append(done[a.name], message)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(done); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// thread runs functions on its own operating system thread.
type thread struct {
	tries  chan func() error
	result chan error
}

// startThread starts a thread that lives as long as the process.
func startThread() *thread {
	t := &thread{make(chan func() error), make(chan error)}
	go func() {
		runtime.LockOSThread()
		for try := range t.tries {
			t.result <- try()
		}
	}()
	_ = t.do(func() error { return nil })
	return t
}

func (t *thread) do(try func() error) error {
	t.tries <- try
	return <-t.result
}
