package library

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"gop/video"
)

// rootFolder is an open folder of videos.
type rootFolder struct {
	*os.Root
	info fs.FileInfo
}

// openRoot opens dir. The caller closes the root.
func openRoot(dir string) (rootFolder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return rootFolder{}, err
	}
	info, err := root.Stat(".")
	if err != nil {
		return rootFolder{}, errors.Join(err, root.Close())
	}
	return rootFolder{root, info}, nil
}

// isEmpty reports whether the folder has no entries but hidden ones.
func (r rootFolder) isEmpty() (bool, error) {
	dir, err := r.Open(".")
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

// currentRoot returns the folder that is served. It may be replaced and closed at any time.
func (f *Folder) currentRoot() rootFolder {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.root
}

// Check returns an error if the folder cannot be read within checkTime, if it is not the folder at its path
// and that one cannot be served, or if --storage-calls calls to the file system are stalled.
func (f *Folder) Check(ctx context.Context) error {
	if err := f.storage.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	_, err := callStorage(ctx, f.storage, ".", func() (struct{}, error) {
		if err := f.refresh(0); err != nil {
			return struct{}{}, err
		}
		dir, err := f.open(".")
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, dir.Close()
	}, nil)
	return err
}

// refreshInterval is the minimum time between attempts of Stat and List to open a folder that could not be
// opened before.
const refreshInterval = time.Second

// refresh opens the folder at f.dir if it is another one than root. If it cannot be opened or has no entries,
// as a mount point whose file system is gone, the Folder keeps serving root, and refresh returns an error of
// the kind Unavailable. It does not wait for another call that opens the folder, and within interval of a
// failed attempt it makes no other: then it returns the error of the last attempt.
func (f *Folder) refresh(interval time.Duration) error {
	now, err := os.Stat(f.dir)
	f.mu.Lock()
	root, problem := f.root, f.problem
	f.mu.Unlock()
	if err == nil && problem == nil && os.SameFile(now, root.info) {
		return nil
	}
	if !f.replacing.TryLock() {
		return problem
	}
	defer f.replacing.Unlock()
	if time.Since(f.tried) < interval {
		return problem
	}
	return f.replaceRoot()
}

// replaceRoot opens the folder at f.dir, unless it is root, and logs each change. The caller holds
// f.replacing.
func (f *Folder) replaceRoot() error {
	old, log := f.currentRoot(), f.config.Log.With("folder", f.dir)
	root, err := f.nextRoot(old)
	f.mu.Lock()
	before := f.problem
	f.root, f.problem = root, err
	f.mu.Unlock()
	switch {
	case err != nil:
		f.tried = time.Now()
		if before == nil || before.Error() != err.Error() {
			log.Warn("the folder of videos cannot be served from its path; serving the previous one",
				"error", err)
		}
	case root.Root != old.Root:
		_ = old.Close()
		log.Info("the folder of videos was replaced; serving the new one")
	case before != nil:
		log.Info("the folder of videos is back")
	}
	return err
}

// nextRoot returns the folder at f.dir: old, if it is that one, or a new root, which the caller closes. With
// an error it returns old.
func (f *Folder) nextRoot(old rootFolder) (rootFolder, error) {
	now, err := os.Stat(f.dir)
	if err != nil {
		return old, video.WrapError(video.Unavailable, err, "the folder of videos is gone from its path")
	}
	if os.SameFile(now, old.info) {
		return old, nil
	}
	root, err := openRoot(f.dir)
	if err != nil {
		return old, video.WrapError(video.Unavailable, err,
			"the folder of videos was replaced; the server must be restarted to read the new one")
	}
	empty, err := root.isEmpty()
	if err != nil || empty {
		return old, video.WrapError(video.Unavailable, errors.Join(err, root.Close()),
			"the folder of videos was replaced by an empty one")
	}
	return root, nil
}
