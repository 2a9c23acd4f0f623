package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// fileOutput is the file that a command writes. It appears at its path when it is complete; a file that is
// there already stays until then. Its caller closes it.
type fileOutput struct {
	io.Writer
	path string
	part *os.File // the file under a temporary name; nil for the standard output
}

// createOutput returns the output at path, or the standard output for "-". The output must not be the file
// input.
func createOutput(path string, input *os.File, to streams) (*fileOutput, error) {
	if path == "-" {
		return &fileOutput{Writer: to.out, path: path}, nil
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is not a regular file", path)
		}
		if read, err := input.Stat(); err != nil || os.SameFile(read, info) {
			return nil, fmt.Errorf("%s is the input", path)
		}
	}
	part, err := os.OpenFile(
		filepath.Join(filepath.Dir(path), ".gop-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, errors.Unwrap(err))
	}
	return &fileOutput{Writer: part, path: path, part: part}, nil
}

// dir returns the folder of the file; "" for the standard output.
func (o *fileOutput) dir() string {
	if o.part == nil {
		return ""
	}
	return filepath.Dir(o.path)
}

// complete moves the file to its path.
func (o *fileOutput) complete() error {
	if o.part == nil {
		return nil
	}
	err := errors.Join(o.part.Close(), os.Rename(o.part.Name(), o.path))
	if err == nil {
		o.part = nil
	}
	return err
}

// close removes a file that is not complete.
func (o *fileOutput) close() {
	if o.part != nil {
		_ = o.part.Close() // it may be closed
		_ = os.Remove(o.part.Name())
	}
}
