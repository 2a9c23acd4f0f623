package main

import (
	"fmt"
	"os"

	"gop/internal/isobmff"
)

// moovSize returns the size of an mp4 file's moov box, which is the index of the file.
func moovSize(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	moov, ok := isobmff.File(info.Size()).Find(file, "moov")
	if !ok {
		return 0, fmt.Errorf("%s has no moov box", path)
	}
	return moov.End - moov.Pos, nil
}
