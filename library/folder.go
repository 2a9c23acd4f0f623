package library

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"gop/video"
)

// extensions are the file name extensions of videos, in lower case.
var extensions = map[string]bool{
	".mp4": true, ".m4v": true, ".mov": true, ".3gp": true, ".3g2": true,
	".mkv": true, ".webm": true, ".ts": true, ".mts": true, ".m2ts": true,
	".avi": true, ".divx": true, ".flv": true, ".mpg": true, ".mpeg": true, ".vob": true, ".wmv": true,
	".asf": true, ".mxf": true, ".ogv": true, ".ogg": true, ".ogm": true, ".qt": true,
}

// isVideoName reports whether a name is a path with the extension of a video and no part that is empty or
// begins with a dot. It need not be UTF-8.
func isVideoName(name string) bool {
	if strings.ContainsRune(name, 0) || !extensions[strings.ToLower(path.Ext(name))] {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || isHidden(part) {
			return false
		}
	}
	return true
}

func isHidden(part string) bool { return strings.HasPrefix(part, ".") }

// Stat returns the named video. The error has the kind NotFound if there is none.
func (f *Folder) Stat(name string) (video.Video, error) {
	if !isVideoName(name) {
		return video.Video{}, notFound(nil)
	}
	_ = f.refresh() // Check reports its error
	info, err := f.stat(name)
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
