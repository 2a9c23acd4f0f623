package library

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is the number of symbolic links that one name may lead through, as in Linux (path_resolution(7)).
const maxLinks = 40

// stat describes the file or folder that a name leads to.
func (f *Folder) stat(name string) (fs.FileInfo, error) {
	return follow(f, name, (*os.Root).Stat, os.Stat)
}

// lstat describes the last part of a name, which may be a symbolic link.
func (f *Folder) lstat(name string) (fs.FileInfo, error) {
	base := path.Base(name)
	inRoot := func(root *os.Root, folder string) (fs.FileInfo, error) {
		return root.Lstat(path.Join(folder, base))
	}
	return follow(f, path.Dir(name), inRoot, func(folder string) (fs.FileInfo, error) {
		return os.Lstat(path.Join(folder, base))
	})
}

// open opens the file or folder that a name leads to. Without O_NONBLOCK, opening a named pipe would block
// until a process opens it for writing.
func (f *Folder) open(name string) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NONBLOCK
	inRoot := func(root *os.Root, name string) (*os.File, error) { return root.OpenFile(name, flags, 0) }
	return follow(f, name, inRoot, func(path string) (*os.File, error) { return os.OpenFile(path, flags, 0) })
}

// follow calls inRoot with a name, and if that fails because os.Root refuses its links, with the name that
// they lead to. os.Root checks the resolved name again, so a link that changes meanwhile cannot lead outside.
// Only if links lead outside and the configuration allows that, follow calls outside with an absolute path.
func follow[T any](
	f *Folder, name string, inRoot func(*os.Root, string) (T, error), outside func(string) (T, error),
) (T, error) {
	if !f.config.FollowLinks {
		outside = nil
	}
	for {
		root := f.currentRoot()
		result, err := followFrom(root, name, inRoot, outside)
		wasReplaced := errors.Is(err, fs.ErrClosed) && f.currentRoot().Root != root.Root
		if !wasReplaced {
			return result, err
		}
	}
}

// followFrom is follow from a root. outside is nil if links may not lead outside.
func followFrom[T any](
	root rootFolder, name string, inRoot func(*os.Root, string) (T, error), outside func(string) (T, error),
) (T, error) {
	result, err := inRoot(root.Root, name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return result, err
	}
	inside, target, linkErr := root.resolve(name)
	switch {
	case linkErr != nil:
		return result, linkErr
	case target == "":
		return inRoot(root.Root, inside)
	case outside != nil:
		return outside(target)
	}
	return result, err
}

// resolve returns the path below the root, without links, that a name leads to, or an absolute path without
// links if it lies outside.
func (r rootFolder) resolve(name string) (inside, outside string, err error) {
	done, rest := []string{}, strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		target := ""
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && len(done) > 0:
			done = done[:len(done)-1]
			continue
		case part == "..":
			if target, err = filepath.EvalSymlinks(r.Name()); err != nil {
				return "", "", err
			}
			target = filepath.Dir(target)
		default:
			done = append(done, part)
			if target, err = r.link(strings.Join(done, "/")); err != nil {
				return "", "", err
			}
			if target == "" {
				continue
			}
			done = done[:len(done)-1]
		}
		if links++; links > maxLinks {
			return "", "", syscall.ELOOP
		}
		rest = append(strings.Split(target, "/"), rest...)
		if filepath.IsAbs(target) {
			// A link outside may lead back inside.
			if target, err = filepath.EvalSymlinks(strings.Join(rest, "/")); err != nil {
				return "", "", err
			}
			below, ok := r.below(target)
			if !ok {
				return "", target, nil
			}
			return below, "", nil
		}
	}
	return path.Join(append(done, ".")...), "", nil
}

// link returns the target of a symbolic link; "" if the path below the root is no link.
func (r rootFolder) link(path string) (target string, err error) {
	info, err := r.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return "", err
	}
	return r.Readlink(path)
}

// below returns the path below the root that an absolute path leads to, and reports false if the path does
// not lead through the root. It compares folders, not names, because a folder can be mounted several times.
func (r rootFolder) below(target string) (string, bool) {
	parts := strings.Split(target, "/")
	for i := 1; i <= len(parts); i++ {
		info, err := os.Stat(strings.Join(parts[:i], "/") + "/")
		if err != nil {
			return "", false
		}
		if os.SameFile(info, r.info) {
			return path.Join(append([]string{"."}, parts[i:]...)...), true
		}
	}
	return "", false
}
