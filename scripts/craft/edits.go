package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/Eyevinn/mp4ff/mp4"
)

// setEdits replaces the edit list of the first track with a handler type (ISO/IEC 14496-12, section 8.6.6).
// Each edit is START-END in seconds from the start of the list that is replaced, or EMPTY:DURATION.
func setEdits(in, out, handler string, list []string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	file, _, err := decode(data)
	if err != nil {
		return err
	}
	for _, track := range file.Moov.Traks {
		if track.Mdia.Hdlr.HandlerType != handler {
			continue
		}
		zero := int64(0)
		if track.Edts == nil {
			track.AddChild(&mp4.EdtsBox{})
		}
		if edits := track.Edts.Elst; len(edits) > 0 {
			zero = edits[0].Entries[0].MediaTime
		}
		movie, media := float64(file.Moov.Mvhd.Timescale), float64(track.Mdia.Mdhd.Timescale)
		box := &mp4.ElstBox{}
		total := uint64(0)
		for _, text := range list {
			var start, end float64
			entry := mp4.ElstEntry{MediaRateInteger: 1, MediaTime: -1}
			if n, _ := fmt.Sscanf(text, "EMPTY:%f", &end); n != 1 {
				if n, _ := fmt.Sscanf(text, "%f-%f", &start, &end); n != 2 {
					return fmt.Errorf("%s is no edit", text)
				}
				entry.MediaTime = zero + int64(start*media+0.5)
			}
			entry.SegmentDuration = uint64((end-start)*movie + 0.5)
			total += entry.SegmentDuration
			box.Entries = append(box.Entries, entry)
		}
		track.Edts.Elst, track.Edts.Children = []*mp4.ElstBox{box}, []mp4.Box{box}
		track.Tkhd.Duration = total
		var changed bytes.Buffer
		if err := file.Encode(&changed); err != nil {
			return err
		}
		return os.WriteFile(out, changed.Bytes(), 0o644)
	}
	return errors.New("no such track")
}
