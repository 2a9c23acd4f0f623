package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"gop/video"
)

// Folder is a Source of the videos in a folder and its subfolders. No name and no symbolic link opens a file
// outside the folder.
type Folder struct {
	root *os.Root
}

// OpenFolder opens dir. The caller closes the Folder. The error wraps syscall.ENOTDIR if dir is not a folder.
func OpenFolder(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() { // os.OpenRoot's error has no errno
		return nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Close closes the folder. Files that were opened through it stay open.
func (f *Folder) Close() error { return f.root.Close() }

// Check returns an error if the folder cannot be read.
func (f *Folder) Check() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return dir.Close()
}

// extensions are the file name extensions of videos, in lower case.
var extensions = map[string]bool{
	".mp4": true, ".m4v": true, ".mov": true, ".3gp": true, ".3g2": true,
	".mkv": true, ".webm": true, ".ts": true, ".mts": true, ".m2ts": true,
}

// isVideoName reports whether a name has the extension of a video and no part that begins with a dot.
func isVideoName(name string) bool {
	if !fs.ValidPath(name) || strings.ContainsRune(name, 0) || !extensions[strings.ToLower(path.Ext(name))] {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if isHidden(part) {
			return false
		}
	}
	return true
}

func isHidden(part string) bool { return strings.HasPrefix(part, ".") }

// List returns at most limit videos, ordered by name. It skips files and folders that cannot be read.
func (f *Folder) List(ctx context.Context, limit int) ([]video.Video, error) {
	var videos []video.Video
	err := fs.WalkDir(f.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil:
			return fs.SkipDir
		case name != "." && isHidden(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || !isVideoName(name):
			return nil
		}
		v, err := f.Stat(name)
		if err != nil {
			return nil
		}
		if videos = append(videos, v); len(videos) >= limit {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the videos: %w", err)
	}
	return videos, nil
}

// Stat returns the named video. The error has the kind NotFound if there is none.
func (f *Folder) Stat(name string) (video.Video, error) {
	if !isVideoName(name) {
		return video.Video{}, notFound(nil)
	}
	info, err := f.root.Stat(name)
	if err != nil {
		return video.Video{}, openError(err)
	}
	return describe(name, info)
}

// Open opens exactly the version of v, or fails with video.ErrChanged. The caller closes the file.
func (f *Folder) Open(v video.Video) (video.File, error) {
	if !isVideoName(v.Name) {
		return nil, notFound(nil)
	}
	// Without O_NONBLOCK, opening a named pipe would block until a process opens it for writing.
	file, err := f.root.OpenFile(v.Name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
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
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// describe returns the Video of a regular file. The version consists of size, modification time, device and
// inode, so that writing to the file or replacing it changes the version.
func describe(name string, info fs.FileInfo) (video.Video, error) {
	if !info.Mode().IsRegular() {
		return video.Video{}, notFound(nil)
	}
	var device, inode uint64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		device, inode = uint64(stat.Dev), stat.Ino
	}
	return video.Video{
		Name:    name,
		Size:    info.Size(),
		ModTime: info.ModTime(),
		Version: fmt.Sprintf("%x-%x-%x-%x", info.Size(), info.ModTime().UnixNano(), device, inode),
	}, nil
}

func notFound(err error) error { return video.WrapError(video.NotFound, err, "there is no such video") }

// openError gives an error of os.Root its kind. EIO stays Internal, because it is a fault of the machine.
// Every other error means that the name leads to no file within the folder.
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
