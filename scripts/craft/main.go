// Command craft makes test videos that the ffmpeg program cannot write, out of those that it can.
//
//	craft insert IN OUT NAME=HEX...   puts boxes into the first video track's sample entry
//	craft remove IN OUT NAME...       takes boxes out of the first video track
//	craft open-end IN OUT             lets the last box reach to the end of the file, whatever its size
//	craft join FIRST SECOND OUT       puts a second film behind the first, in the same track
//	craft flag-keys IN OUT            calls every frame of a Matroska film a key
//	craft add-parity IN OUT           makes a transport stream's packets 204 bytes long
//	craft strip IN OUT                stores a Matroska film's first two bytes of each frame but once
//
// The mp4 files that it takes have their moov behind their mdat.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/Eyevinn/mp4ff/mp4"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "craft:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: craft COMMAND IN... OUT")
	}
	command, in, out, rest := args[0], args[1], args[2], args[3:]
	switch command {
	case "insert":
		return edit(in, out, func(film *mp4.TrakBox) error { return insert(film, rest) })
	case "remove":
		return edit(in, out, func(film *mp4.TrakBox) error { return remove(film, rest) })
	case "open-end":
		return rewrite(in, out, openEnd)
	case "flag-keys":
		return rewrite(in, out, flagKeys)
	case "add-parity":
		return rewrite(in, out, addParity)
	case "strip":
		return rewrite(in, out, strip)
	case "join":
		if len(rest) != 1 {
			return errors.New("usage: craft join FIRST SECOND OUT")
		}
		return join(in, out, rest[0])
	}
	return fmt.Errorf("there is no command %s", command)
}

// rewrite writes what change makes of a file's bytes.
func rewrite(in, out string, change func([]byte) ([]byte, error)) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if data, err = change(data); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, data, 0o644)
}

// edit writes what change makes of the first video track of an mp4.
func edit(in, out string, change func(film *mp4.TrakBox) error) error {
	return rewrite(in, out, func(data []byte) ([]byte, error) {
		file, film, err := decode(data)
		if err != nil {
			return nil, err
		}
		if err := change(film); err != nil {
			return nil, err
		}
		var changed bytes.Buffer
		err = file.Encode(&changed)
		return changed.Bytes(), err
	})
}

// decode reads an mp4 whose moov stands behind its mdat, so that a change of the one moves nothing
// of the other.
func decode(data []byte) (*mp4.File, *mp4.TrakBox, error) {
	file, err := mp4.DecodeFile(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	if file.Moov == nil || file.Mdat == nil || file.Moov.StartPos < file.Mdat.StartPos {
		return nil, nil, errors.New("there is no moov behind an mdat")
	}
	for _, track := range file.Moov.Traks {
		if track.Mdia.Hdlr.HandlerType == "vide" {
			return file, track, nil
		}
	}
	return nil, nil, errors.New("there is no video track")
}
