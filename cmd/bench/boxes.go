package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// box is a box at the top of an mp4 (ISO/IEC 14496-12, 4.2).
type box struct {
	name         string
	start, size  int64
	payloadStart int64
}

// findBox finds the first box of that name at the top of an mp4.
func findBox(r io.ReaderAt, size int64, name string) (box, error) {
	for at := int64(0); at < size; {
		b, err := readBox(r, at, size)
		if err != nil {
			return box{}, err
		}
		if b.name == name {
			return b, nil
		}
		at += b.size
	}
	return box{}, fmt.Errorf("there is no %s", name)
}

func readBox(r io.ReaderAt, at, end int64) (box, error) {
	var head [16]byte
	if n, err := r.ReadAt(head[:], at); n < 8 {
		return box{}, fmt.Errorf("read a box's head: %w", err)
	}
	b := box{name: string(head[4:8]), start: at, size: int64(binary.BigEndian.Uint32(head[:])), payloadStart: at + 8}
	switch b.size {
	case 0: // up to the end of the file
		b.size = end - at
	case 1:
		b.size, b.payloadStart = int64(binary.BigEndian.Uint64(head[8:])), at+16
	}
	if b.size < b.payloadStart-at || b.size > end-at {
		return box{}, errors.New("a box is smaller than its head, or larger than the file")
	}
	return b, nil
}

// moovSize is how large the index of an mp4 file is.
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
	b, err := findBox(file, info.Size(), "moov")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return b.size, nil
}
