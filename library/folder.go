package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"gop/video"
)

// FolderConfig configures a Folder.
type FolderConfig struct {
	FollowLinks bool         // serve what symbolic links lead to outside the folder
	Calls       int          // to the file system at a time, see Config.StorageCalls; 0 for its default
	Log         *slog.Logger // nil for none
}

// Folder is a Source of the videos in a folder and its subfolders. Unless FolderConfig.FollowLinks is set, no
// name and no symbolic link opens a file outside the folder. If the folder at its path is replaced (rename,
// mount, symbolic link), Folder switches to the new one.
type Folder struct {
	config  FolderConfig
	dir     string // absolute path
	storage *storage
	local   *localNames

	replacing sync.Mutex // held while the folder at dir is opened
	tried     time.Time  // when that failed last; guarded by replacing

	mu      sync.Mutex // never held during file operations
	root    rootFolder
	problem error // why root is not the folder at dir; nil if it is
}

// OpenFolder opens dir. The caller closes the Folder. The error wraps syscall.ENOTDIR if dir is not a folder.
func OpenFolder(dir string, config FolderConfig) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() { // os.OpenRoot's error has no errno
		return nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Calls == 0 {
		config.Calls = NewDefaultConfig().StorageCalls
	}
	if empty, err := root.isEmpty(); err == nil && empty {
		config.Log.Warn("the folder of videos is empty", "folder", dir)
	}
	return &Folder{
		config: config, dir: dir, storage: newStorage(config.Calls), local: newLocalNames(), root: root,
	}, nil
}

// Close closes the folder. Files that were opened through it stay open.
func (f *Folder) Close() error { return f.currentRoot().Close() }

// StalledCalls returns the number of calls to the file system that have not returned for a second, or that no
// request waits for any more.
func (f *Folder) StalledCalls() int { return int(f.storage.stalled.Load()) }

// Stat returns the named video. The error has the kind NotFound if there is none. It is ctx's error if ctx
// ends first.
func (f *Folder) Stat(ctx context.Context, name string) (video.Video, error) {
	if !isVideoName(name) {
		return video.Video{}, notFound(nil)
	}
	stat := func() (fs.FileInfo, error) {
		_ = f.refresh(refreshInterval) // Check reports its error
		info, err := f.stat(name)
		if err != nil {
			return nil, openError(err)
		}
		return info, nil
	}
	var info fs.FileInfo
	var err error
	if f.local.has(name) {
		info, err = stat()
	} else if info, err = callStorage(ctx, f.storage, name, stat, nil); err == nil {
		f.local.add(name, info)
	}
	if err != nil {
		return video.Video{}, err
	}
	return describe(name, info)
}

// Open opens exactly the version of v, or fails with video.ErrChanged, or with ctx's error if ctx ends first.
// The caller closes the file.
func (f *Folder) Open(ctx context.Context, v video.Video) (video.File, error) {
	if !isVideoName(v.Name) {
		return nil, notFound(nil)
	}
	open := func() (*folderFile, error) { return f.openVersion(v) }
	var file *folderFile
	var err error
	if f.local.has(v.Name) {
		file, err = open()
	} else {
		file, err = callStorage(ctx, f.storage, v.Name, open, func(late *folderFile) { _ = late.Close() })
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// openVersion is Open without a context.
func (f *Folder) openVersion(v video.Video) (*folderFile, error) {
	file, err := f.open(v.Name)
	if err != nil {
		return nil, openError(err)
	}
	info, err := file.Stat()
	if err == nil {
		var now video.Video
		if now, err = describe(v.Name, info); err == nil && now.Version != v.Version {
			err = video.ErrChanged
		}
	}
	var opened *folderFile
	if err == nil {
		opened, err = f.newFile(v.Name, file, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return opened, nil
}

// describe returns the Video of a regular file. The version consists of size, modification time and inode, so
// that writing to the file or replacing it changes the version. All servers that mount a file system see the
// same version; the number of its device differs between them, and may differ after a restart.
func describe(name string, info fs.FileInfo) (video.Video, error) {
	if !info.Mode().IsRegular() {
		return video.Video{}, notFound(nil)
	}
	var inode uint64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = stat.Ino
	}
	return video.Video{
		Name:    name,
		Size:    info.Size(),
		ModTime: info.ModTime(),
		Version: fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode),
	}, nil
}

func notFound(err error) error { return video.WrapError(video.NotFound, err, "there is no such video") }

// openError gives an error of stat or open its kind. EIO stays Internal, because it is a fault of the
// machine. Every other error means that the name leads to no file that the folder may serve.
func openError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return video.WrapError(video.Unreadable, err, "the server may not read the file")
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return video.WrapError(video.Unavailable, err, "the server has too many files open")
	case errors.Is(err, syscall.EIO):
		return err
	}
	return notFound(err)
}
