package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gop/internal/isobmff"

	"github.com/Eyevinn/mp4ff/mp4"
)

// insert puts boxes, each NAME=HEX, at the end of the track's sample entry (ISO/IEC 14496-12,
// section 12.1.3).
func insert(film *mp4.TrakBox, boxes []string) error {
	entry, ok := film.Mdia.Minf.Stbl.Stsd.Children[0].(*mp4.VisualSampleEntryBox)
	if !ok {
		return errors.New("the track has no visual sample entry")
	}
	for _, box := range boxes {
		name, digits, ok := strings.Cut(box, "=")
		payload, err := hex.DecodeString(digits)
		if !ok || len(name) != 4 || err != nil {
			return fmt.Errorf("%s is no NAME=HEX", box)
		}
		// A box of the same name gives way.
		entry.Children = slices.DeleteFunc(entry.Children, func(b mp4.Box) bool { return b.Type() == name })
		entry.AddChild(mp4.CreateUnknownBox(name, uint64(8+len(payload)), payload))
	}
	return nil
}

// remove takes boxes out of the track and its sample table.
func remove(film *mp4.TrakBox, names []string) error {
	removed := 0
	named := func(b mp4.Box) bool {
		found := slices.Contains(names, b.Type())
		if found {
			removed++
		}
		return found
	}
	tables := film.Mdia.Minf.Stbl
	film.Children = slices.DeleteFunc(film.Children, named)
	tables.Children = slices.DeleteFunc(tables.Children, named)
	if removed < len(names) {
		return fmt.Errorf("of %v, %d are there", names, removed)
	}
	return nil
}

// openEnd sets the size of the last box to 0, which extends it to the end of the file (section 4.2).
func openEnd(data []byte) ([]byte, error) {
	var last isobmff.Box
	for last = range isobmff.File(int64(len(data))).Children(bytes.NewReader(data)) {
	}
	if last.End != int64(len(data)) || last.Start-last.Pos != 8 {
		return nil, errors.New("the boxes are damaged or have 64-bit sizes")
	}
	clear(data[last.Pos : last.Pos+4])
	return data, nil
}
