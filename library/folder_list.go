package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gop/video"
)

// maxLinkedFolders is the number of folders that one listing reads because a symbolic link leads to them.
// It bounds listings in which linked folders contain further links.
const maxLinkedFolders = 10_000

// lister lists the videos of a Folder.
type lister struct {
	*Folder
	ctx    context.Context
	limit  int
	linked int // folders that links have led to, including those past the bound, which are not listed
	videos []video.Video
}

// List returns at most limit videos, ordered by the parts of their names. It follows links as Open does, so a
// video has a name for each path that leads to it; a link to a folder that contains the link is not followed.
// List skips files and folders that cannot be read.
func (f *Folder) List(ctx context.Context, limit int) ([]video.Video, error) {
	_ = f.refresh(refreshInterval) // Check reports its error
	l := &lister{Folder: f, ctx: ctx, limit: limit}
	if err := l.list(".", nil); err != nil && !errors.Is(err, fs.SkipAll) {
		return nil, fmt.Errorf("list the videos: %w", err)
	}
	if l.linked > maxLinkedFolders {
		f.config.Log.Warn("the listing is incomplete: links lead to too many folders",
			"folder", f.dir, "limit", maxLinkedFolders)
	}
	return l.videos, nil
}

// list adds the videos of the folder with a name. above are the folders that contain it. The error is
// fs.SkipAll once the limit is reached, that of the context, or that of reading the first folder.
func (l *lister) list(name string, above []fs.FileInfo) error {
	info, entries, err := l.read(name)
	if err != nil && above == nil {
		return err
	}
	if info == nil || slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		return nil
	}
	above = append(above, info)
	for _, entry := range entries {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if isHidden(entry.Name()) {
			continue
		}
		if err := l.add(path.Join(name, entry.Name()), entry, above); err != nil {
			return err
		}
	}
	return nil
}

// add adds the video that an entry is, or the videos of the folder that it is.
func (l *lister) add(name string, entry fs.DirEntry, above []fs.FileInfo) error {
	if entry.Type() == fs.ModeSymlink {
		info, err := l.stat(name)
		if err != nil {
			return nil
		}
		if entry = fs.FileInfoToDirEntry(info); entry.IsDir() {
			if l.linked++; l.linked > maxLinkedFolders {
				return nil
			}
		}
	}
	if entry.IsDir() {
		return l.list(name, above)
	}
	if !isVideoName(name) {
		return nil
	}
	info, err := entry.Info() // for files below an os.Root, ReadDir has called lstat
	if err != nil {
		return nil
	}
	v, err := describe(name, info)
	if err != nil {
		return nil
	}
	if l.videos = append(l.videos, v); len(l.videos) >= l.limit {
		return fs.SkipAll
	}
	return nil
}

// read returns the description of a folder and its entries, ordered by name.
func (l *lister) read(name string) (fs.FileInfo, []fs.DirEntry, error) {
	dir, err := l.open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = dir.Close() }()
	info, err := dir.Stat()
	if err != nil {
		return nil, nil, err
	}
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return info, entries, err
}
