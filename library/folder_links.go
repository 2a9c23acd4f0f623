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

// open opens the file or folder that a name leads to. Without O_NONBLOCK, opening a named pipe would block
// until a process opens it for writing.
func (f *Folder) open(name string) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NONBLOCK
	inRoot := func(root *os.Root, name string) (*os.File, error) { return root.OpenFile(name, flags, 0) }
	return follow(f, name, inRoot, func(path string) (*os.File, error) { return os.OpenFile(path, flags, 0) })
}

// follow calls inRoot with a name, and if that fails because os.Root refuses its links, with the name that
// they lead to. Whatever was resolved, os.Root opens nothing outside, even if links change in the meantime.
// Only if links lead outside and the configuration allows that, follow calls outside with an absolute path.
func follow[T any](
	f *Folder, name string, inRoot func(*os.Root, string) (T, error), outside func(string) (T, error),
) (T, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	result, err := inRoot(f.root, name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return result, err
	}
	inside, target, linkErr := f.resolve(name)
	switch {
	case linkErr != nil:
		return result, err
	case target == "":
		return inRoot(f.root, inside)
	case f.config.FollowLinks:
		return outside(target)
	}
	return result, err
}

// resolve returns the path below the root, without links, that a name leads to, or an absolute path if links
// lead outside. The caller holds f.mu.
func (f *Folder) resolve(name string) (inside, outside string, err error) {
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
			if target, err = filepath.EvalSymlinks(f.dir); err != nil {
				return "", "", err
			}
			target = filepath.Dir(target)
		default:
			done = append(done, part)
			if target, err = f.link(strings.Join(done, "/")); err != nil {
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
			below, ok := f.below(rest)
			if !ok {
				return "", strings.Join(rest, "/"), nil
			}
			done, rest = done[:0], below
		}
	}
	return path.Join(append(done, ".")...), "", nil
}

// link returns the target of a symbolic link; "" if the path below the root is no link. The caller holds
// f.mu.
func (f *Folder) link(path string) (target string, err error) {
	info, err := f.root.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return "", err
	}
	return f.root.Readlink(path)
}

// below returns the parts of an absolute path that follow the root, and reports false if the path does not
// lead through it. It compares folders, not names: the path may lead through links of its own.
func (f *Folder) below(parts []string) ([]string, bool) {
	for i := 1; i <= len(parts); i++ {
		info, err := os.Stat(strings.Join(parts[:i], "/") + "/")
		if err != nil {
			return nil, false
		}
		if os.SameFile(info, f.opened) {
			return parts[i:], true
		}
	}
	return nil, false
}
