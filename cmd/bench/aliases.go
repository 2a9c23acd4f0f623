package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// names is by how many names each video is served besides its own. A cache drops what does not fit a
// moment after it took it, not at once: who asks for a video that is not cached asks for it by one
// name after the other.
const names = 8

// nameClips makes the folder that gop serves: each clip, and in the folders 0, 1, … each again. They
// are links to the same file, but other videos for gop.
func (b *bench) nameClips() error {
	b.served = filepath.Join(b.scratch, "videos")
	dirs := []string{b.served}
	for i := range names {
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

// otherNames is the paths, each with another of the video's names than the ones before.
func otherNames(paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i] = fmt.Sprintf("/videos/%d%s", i%names, strings.TrimPrefix(path, "/videos"))
	}
	return all
}

// repeat is a path so many times.
func repeat(path string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = path
	}
	return all
}
