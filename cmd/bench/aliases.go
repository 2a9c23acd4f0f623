package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// aliases is the number of names under which gop serves each video besides its own. The caches evict
// shortly after an insertion, not at once, so requests that must miss the cache rotate through the aliases.
const aliases = 8

// linkClips makes the folder that gop serves. It has hard links to each clip at its top level and in the
// subfolders 0 to aliases-1, which are different videos to gop.
func (b *bench) linkClips() error {
	b.served = filepath.Join(b.scratch, "videos")
	dirs := []string{b.served}
	for i := range aliases {
		dirs = append(dirs, filepath.Join(b.served, fmt.Sprint(i)))
	}
	for _, dir := range dirs {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		for _, c := range clips {
			if err := os.Link(b.clip(c.file), filepath.Join(dir, c.file)); err != nil {
				return err
			}
		}
	}
	return nil
}

// aliasPaths rewrites each path to the next alias of its video.
func aliasPaths(paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i] = fmt.Sprintf("/videos/%d%s", i%aliases, strings.TrimPrefix(path, "/videos"))
	}
	return all
}

// repeat returns a slice with path n times.
func repeat(path string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = path
	}
	return all
}
