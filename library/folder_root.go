package library

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"gop/video"
)

// FolderConfig configures a Folder.
type FolderConfig struct {
	FollowLinks bool         // serve what symbolic links lead to outside the folder
	Log         *slog.Logger // nil for none
}

// Folder is a Source of the videos in a folder and its subfolders. Unless FolderConfig.FollowLinks is set, no
// name and no symbolic link opens a file outside the folder. If another folder takes its place, by a rename,
// a mount or a link, the Folder opens that one.
type Folder struct {
	config FolderConfig
	dir    string // absolute path

	mu      sync.RWMutex
	root    *os.Root
	opened  fs.FileInfo // of root
	problem error       // why root is not the folder at dir; nil if it is
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
	root, opened, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	f := &Folder{config: config, dir: dir, root: root, opened: opened}
	if empty, err := isEmpty(root); err == nil && empty {
		config.Log.Warn("the folder of videos is empty", "folder", dir)
	}
	return f, nil
}

// openRoot opens dir. The caller closes the root.
func openRoot(dir string) (*os.Root, fs.FileInfo, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	info, err := root.Stat(".")
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return root, info, nil
}

// Close closes the folder. Files that were opened through it stay open.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.root.Close()
}

// Check returns an error if the folder cannot be read, or if it is not the folder at its path and that one
// cannot be served.
func (f *Folder) Check() error {
	if err := f.refresh(); err != nil {
		return err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return dir.Close()
}

// refresh opens the folder at f.dir if it is another one than root. If it cannot be opened or has no entries,
// as a mount point whose file system is gone, the Folder keeps serving root, and refresh returns an error of
// the kind Unavailable.
func (f *Folder) refresh() error {
	now, err := os.Stat(f.dir)
	f.mu.RLock()
	isCurrent := err == nil && f.problem == nil && os.SameFile(now, f.opened)
	f.mu.RUnlock()
	if isCurrent {
		return nil
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	problem := f.replaceRoot()
	if problem != nil && (f.problem == nil || f.problem.Error() != problem.Error()) {
		f.config.Log.Warn("the folder of videos was replaced", "folder", f.dir, "error", problem)
	}
	f.problem = problem
	return problem
}

// replaceRoot opens the folder at f.dir, unless it is root. The caller holds f.mu.
func (f *Folder) replaceRoot() error {
	now, err := os.Stat(f.dir)
	if err != nil {
		return video.WrapError(video.Unavailable, err, "the folder of videos is gone from its path")
	}
	if os.SameFile(now, f.opened) {
		return nil
	}
	root, opened, err := openRoot(f.dir)
	if err != nil {
		return video.WrapError(video.Unavailable, err,
			"the folder of videos was replaced; the server must be restarted to read the new one")
	}
	empty, err := isEmpty(root)
	if err != nil || empty {
		return video.WrapError(video.Unavailable, errors.Join(err, root.Close()),
			"the folder of videos was replaced by an empty one")
	}
	err = f.root.Close()
	f.root, f.opened = root, opened
	f.config.Log.Info("the folder of videos was replaced; serving the new one", "folder", f.dir)
	return err
}

// isEmpty reports whether a folder has no entries but hidden ones.
func isEmpty(root *os.Root) (bool, error) {
	dir, err := root.Open(".")
	if err != nil {
		return false, err
	}
	defer func() { _ = dir.Close() }()
	for {
		names, err := dir.Readdirnames(100)
		for _, name := range names {
			if !isHidden(name) {
				return false, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
