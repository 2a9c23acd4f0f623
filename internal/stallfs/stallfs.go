// Package stallfs mounts a folder at another path, through a FUSE file system that can be made to hang.
package stallfs

import (
	"fmt"
	"sync"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// FS is a mounted file system. Mounting needs /dev/fuse, and either root or fusermount3.
type FS struct {
	fuse.RawFileSystem
	server *fuse.Server

	mu     sync.Mutex
	hangs  map[Call]bool
	resume chan struct{} // closed by Resume
}

// Call is a kind of calls to the file system.
type Call string

// The calls that can hang.
const (
	Stat  Call = "stat"
	Open  Call = "open"
	Read  Call = "read"
	List  Call = "list"
	Close Call = "close"
)

// Calls lists all calls.
var Calls = []Call{Stat, Open, Read, List, Close}

// Mount mounts dir at a folder. The caller unmounts it.
func Mount(dir, at string) (*FS, error) {
	root, err := fs.NewLoopbackRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &FS{RawFileSystem: fs.NewNodeFS(root, &fs.Options{})}
	options := &fuse.MountOptions{DirectMount: true, FsName: "stallfs", Options: []string{"ro"}}
	if f.server, err = fuse.NewServer(f, at, options); err != nil {
		return nil, fmt.Errorf("mount with FUSE (this needs /dev/fuse, and root or fusermount3): %w", err)
	}
	go f.server.Serve()
	return f, f.server.WaitMount()
}

// Unmount resumes all calls and unmounts the file system.
func (f *FS) Unmount() error {
	f.Resume()
	return f.server.Unmount()
}

// Stall makes calls of the given kinds hang until Resume.
func (f *FS) Stall(calls ...Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hangs, f.resume = map[Call]bool{}, make(chan struct{})
	for _, c := range calls {
		f.hangs[c] = true
	}
}

// Resume ends Stall.
func (f *FS) Resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hangs != nil {
		f.hangs = nil
		close(f.resume)
	}
}

// wait hangs if calls of the kind do. It returns EINTR when the kernel cancels the call because its process
// ends.
func (f *FS) wait(call Call, cancel <-chan struct{}) fuse.Status {
	f.mu.Lock()
	hangs, resume := f.hangs[call], f.resume
	f.mu.Unlock()
	if hangs {
		select {
		case <-resume:
		case <-cancel:
			return fuse.EINTR
		}
	}
	return fuse.OK
}

// Lookup implements fuse.RawFileSystem.
func (f *FS) Lookup(cancel <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	if s := f.wait(Stat, cancel); !s.Ok() {
		return s
	}
	return f.RawFileSystem.Lookup(cancel, h, name, out)
}

// GetAttr implements fuse.RawFileSystem.
func (f *FS) GetAttr(cancel <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	if s := f.wait(Stat, cancel); !s.Ok() {
		return s
	}
	return f.RawFileSystem.GetAttr(cancel, in, out)
}

// Open implements fuse.RawFileSystem.
func (f *FS) Open(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	if s := f.wait(Open, cancel); !s.Ok() {
		return s
	}
	status := f.RawFileSystem.Open(cancel, in, out)
	// Let the kernel neither cache what it has read nor read the original file.
	out.OpenFlags = out.OpenFlags&^(fuse.FOPEN_PASSTHROUGH|fuse.FOPEN_KEEP_CACHE) | fuse.FOPEN_DIRECT_IO
	return status
}

// Read implements fuse.RawFileSystem.
func (f *FS) Read(cancel <-chan struct{}, in *fuse.ReadIn, b []byte) (fuse.ReadResult, fuse.Status) {
	if s := f.wait(Read, cancel); !s.Ok() {
		return nil, s
	}
	return f.RawFileSystem.Read(cancel, in, b)
}

// OpenDir implements fuse.RawFileSystem.
func (f *FS) OpenDir(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	if s := f.wait(List, cancel); !s.Ok() {
		return s
	}
	return f.RawFileSystem.OpenDir(cancel, in, out)
}

// Flush implements fuse.RawFileSystem. close(2) waits for it.
func (f *FS) Flush(cancel <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	if s := f.wait(Close, cancel); !s.Ok() {
		return s
	}
	return f.RawFileSystem.Flush(cancel, in)
}
