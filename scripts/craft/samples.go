package main

import (
	"bytes"
	"errors"
	"os"

	"github.com/Eyevinn/mp4ff/mp4"
)

// dropAudio removes all samples from the first audio track of an mp4. The track itself stays, as in
// recordings of cameras without a microphone.
func dropAudio(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	file, _, err := decode(data)
	if err != nil {
		return err
	}
	for _, track := range file.Moov.Traks {
		if track.Mdia.Hdlr.HandlerType != "soun" {
			continue
		}
		table := track.Mdia.Minf.Stbl
		table.Stts.SampleCount, table.Stts.SampleTimeDelta = nil, nil
		table.Stsc = &mp4.StscBox{}
		table.Stsz.SampleSize, table.Stsz.SampleNumber = nil, 0
		table.Stco.ChunkOffset = nil
		for i, b := range table.Children {
			if b.Type() == "stsc" {
				table.Children[i] = table.Stsc
			}
		}
		track.Mdia.Mdhd.Duration, track.Tkhd.Duration = 0, 0
		var changed bytes.Buffer
		if err := file.Encode(&changed); err != nil {
			return err
		}
		return os.WriteFile(out, changed.Bytes(), 0o644)
	}
	return errors.New("no audio track")
}
