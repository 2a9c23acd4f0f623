package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"gop/video"
)

// maxLinkedFolders is the number of folders that one listing reads because a symbolic link leads to them.
// It bounds listings in which linked folders contain further links.
const maxLinkedFolders = 10_000

// maxStalledEntries is the number of stalled files and folders that one listing waits for. After that, one
// that stalls ends the listing of its folder. It bounds the time of a listing and the calls that remain.
const maxStalledEntries = 4

// lister lists the videos of a Folder.
type lister struct {
	*Folder
	ctx     context.Context
	limit   int
	linked  int // folders that links have led to, including those past the bound, which are not listed
	stalled int // files and folders whose storage does not respond
	videos  []video.Video
}

// List returns at most limit videos, ordered by the parts of their names. It follows links as Open does, so a
// video has a name for each path that leads to it; a link to a folder that contains the link is not followed.
// List skips files and folders that cannot be read, and those whose storage does not respond.
func (f *Folder) List(ctx context.Context, limit int) ([]video.Video, error) {
	l := &lister{Folder: f, ctx: ctx, limit: limit}
	if err := l.list(".", nil); err != nil && !errors.Is(err, fs.SkipAll) {
		return nil, fmt.Errorf("list the videos: %w", err)
	}
	if l.linked > maxLinkedFolders {
		f.config.Log.Warn("the listing is incomplete: links lead to too many folders",
			"folder", f.dir, "limit", maxLinkedFolders)
	}
	if l.stalled > 0 {
		f.config.Log.Warn("the listing is incomplete: the storage of some files or folders does not respond",
			"folder", f.dir)
	}
	return l.videos, nil
}

// list adds the videos of the folder with a name. above are the folders that contain it. The error is
// fs.SkipAll once the limit is reached, that of the context, or that of reading the first folder. The rest of
// the folder is skipped after errStalled.
func (l *lister) list(name string, above []fs.FileInfo) error {
	dir, err := l.read(name)
	if err != nil && above == nil {
		return err
	}
	if dir.info == nil ||
		slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, dir.info) }) {
		return nil
	}
	above = append(above, dir.info)
	for _, entry := range dir.names {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if isHidden(entry) {
			continue
		}
		err := l.add(path.Join(name, entry), above)
		if errors.Is(err, errStalled) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds the video that a name leads to, or the videos of the folder that it leads to. The error is
// errStalled if too many names are stalled.
func (l *lister) add(name string, above []fs.FileInfo) error {
	e, err := l.statEntry(name)
	switch {
	case errors.Is(err, errStalled) && l.stalled >= maxStalledEntries:
		return err
	case err != nil:
		return nil
	case e.info.IsDir():
		if e.isLink {
			if l.linked++; l.linked > maxLinkedFolders {
				return nil
			}
		}
		return l.list(name, above)
	case !isVideoName(name):
		return nil
	}
	v, err := describe(name, e.info)
	if err != nil {
		return nil
	}
	if l.videos = append(l.videos, v); len(l.videos) >= l.limit {
		return fs.SkipAll
	}
	return nil
}

// entry is what a name leads to.
type entry struct {
	info   fs.FileInfo
	isLink bool // the name is a symbolic link to a folder
}

// statEntry describes what a name leads to. The error is errStalled if that takes longer than checkTime.
func (l *lister) statEntry(name string) (entry, error) {
	return listCall(l, name, func() (e entry, err error) {
		if e.info, err = l.stat(name); err == nil && e.info.IsDir() {
			var info fs.FileInfo
			if info, err = l.lstat(name); err == nil {
				e.isLink = info.Mode().Type() == fs.ModeSymlink
			}
		}
		return e, err
	})
}

// folder is the content of a folder.
type folder struct {
	info  fs.FileInfo
	names []string // in order
}

// read reads a folder. The error is errStalled if that takes longer than checkTime. It does not describe the
// entries, because a file system that is mounted at one may hang.
func (l *lister) read(name string) (folder, error) {
	return listCall(l, name, func() (folder, error) {
		if name == "." {
			_ = l.refresh(refreshInterval) // Check reports its error
		}
		dir, err := l.open(name)
		if err != nil {
			return folder{}, err
		}
		defer func() { _ = dir.Close() }()
		info, err := dir.Stat()
		if err != nil {
			return folder{}, err
		}
		names, err := dir.Readdirnames(-1)
		slices.Sort(names)
		return folder{info, names}, err
	})
}

// listCall is callStorage for a listing. It returns errStalled after checkTime, and at once if a call for the
// name is stalled already.
func listCall[T any](l *lister, name string, work func() (T, error)) (value T, err error) {
	if !l.storage.isStalled(name) {
		ctx, cancel := context.WithTimeout(l.ctx, checkTime)
		defer cancel()
		value, err = callStorage(ctx, l.storage, name, work, nil)
		if ctx.Err() == nil {
			return value, err
		}
	}
	if err := l.ctx.Err(); err != nil {
		return value, err
	}
	l.stalled++
	return value, errStalled
}
