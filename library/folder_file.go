package library

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// folderFile is an open file of a Folder. Its reads and its Stat end with their context even if the file
// system hangs.
type folderFile struct {
	*os.File
	name    string
	storage *storage
	isLocal bool
	conn    syscall.RawConn
}

// newFile returns a folderFile for file, which info describes. It may block.
func (f *Folder) newFile(name string, file *os.File, info fs.FileInfo) (*folderFile, error) {
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	opened := &folderFile{File: file, name: name, storage: f.storage, conn: conn}
	if opened.isLocal = f.local.isLocal(info); !opened.isLocal {
		_, err = opened.readCached(make([]byte, 1), 0)
		if opened.isLocal = err == nil || err == unix.EAGAIN; opened.isLocal {
			f.local.addDevice(info)
		}
	}
	return opened, nil
}

// Local returns the file if its file system can read without blocking, as those of disks can. Such a file
// system ends every call sooner or later. It returns nil for others, such as NFS and FUSE.
func (f *folderFile) Local() *os.File {
	if f.isLocal {
		return f.File
	}
	return nil
}

// StatContext describes the file. It returns ctx's error if ctx ends first.
func (f *folderFile) StatContext(ctx context.Context) (fs.FileInfo, error) {
	if f.isLocal {
		return f.File.Stat()
	}
	return callStorage(ctx, f.storage, f.name, f.File.Stat, nil)
}

// ReadAtContext reads like io.ReaderAt. It returns ctx's error if ctx ends first. Bytes that the system has
// in memory are read at once.
func (f *folderFile) ReadAtContext(ctx context.Context, b []byte, at int64) (n int, err error) {
	if f.isLocal {
		if n, _ = f.readCached(b, at); n == len(b) {
			return n, nil
		}
		n = max(n, 0)
	}
	for n < len(b) && err == nil {
		var done int
		done, err = f.readPiece(ctx, b[n:], at+int64(n))
		n += done
	}
	return n, err
}

// readCached reads bytes that are in memory, perhaps fewer than len(b). It does not block.
func (f *folderFile) readCached(b []byte, at int64) (n int, err error) {
	ctrlErr := f.conn.Control(func(fd uintptr) {
		n, err = unix.Preadv2(int(fd), [][]byte{b}, at, unix.RWF_NOWAIT)
	})
	if ctrlErr != nil {
		return 0, ctrlErr
	}
	return n, err
}

// pieceBytes is the size of the reads that may block, in bytes, and of the buffer that each of them keeps
// until it returns.
const pieceBytes = 256 << 10

// pieces holds buffers of pieceBytes.
var pieces = sync.Pool{New: func() any {
	b := make([]byte, pieceBytes)
	return &b
}}

// readPiece reads at most pieceBytes. The read has a buffer of its own, because b belongs to the caller, who
// may leave the read.
func (f *folderFile) readPiece(ctx context.Context, b []byte, at int64) (int, error) {
	b = b[:min(len(b), pieceBytes)]
	buffer := pieces.Get().(*[]byte)
	n, err := callStorage(ctx, f.storage, f.name, func() (int, error) {
		return f.File.ReadAt((*buffer)[:len(b)], at)
	}, nil)
	if err == nil || err == io.EOF { // otherwise the read may still use the buffer
		copy(b, (*buffer)[:n])
		pieces.Put(buffer)
	}
	return n, err
}

// Close closes the file. It does not wait for a file system that may hang.
func (f *folderFile) Close() error {
	if f.isLocal {
		return f.File.Close()
	}
	f.storage.close(f.File)
	return nil
}
