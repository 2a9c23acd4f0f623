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

// insert adds boxes, each NAME=HEX, to the end of the track's sample entry (ISO/IEC 14496-12, section
// 12.1.3). It replaces boxes of the same type.
func insert(track *mp4.TrakBox, boxes []string) error {
	entry, ok := track.Mdia.Minf.Stbl.Stsd.Children[0].(*mp4.VisualSampleEntryBox)
	if !ok {
		return errors.New("the track has no visual sample entry")
	}
	for _, box := range boxes {
		name, digits, ok := strings.Cut(box, "=")
		payload, err := hex.DecodeString(digits)
		if !ok || len(name) != 4 || err != nil {
			return fmt.Errorf("%s is not of the form NAME=HEX", box)
		}
		entry.Children = slices.DeleteFunc(entry.Children, func(b mp4.Box) bool { return b.Type() == name })
		entry.AddChild(mp4.CreateUnknownBox(name, uint64(8+len(payload)), payload))
	}
	return nil
}

// remove removes boxes from the track and its sample table.
func remove(track *mp4.TrakBox, names []string) error {
	removed := 0
	named := func(b mp4.Box) bool {
		found := slices.Contains(names, b.Type())
		if found {
			removed++
		}
		return found
	}
	tables := track.Mdia.Minf.Stbl
	track.Children = slices.DeleteFunc(track.Children, named)
	tables.Children = slices.DeleteFunc(tables.Children, named)
	if removed < len(names) {
		return fmt.Errorf("found %d of %v", removed, names)
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
