package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/Eyevinn/mp4ff/mp4"
)

// takeSlices takes the slices from samples of the first video track, and marks these samples as sync samples.
// Each of list is N=units or N=empty, where N counts from 1, as in stss. A sample then has an access unit
// delimiter, SEI and the parameter sets that fit, or no bytes at all.
func takeSlices(in, out string, list []string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	file, track, err := decode(data)
	if err != nil {
		return err
	}
	table := track.Mdia.Minf.Stbl
	if table.Stco == nil || table.Stss == nil {
		return errors.New("no stco or no stss")
	}
	units, err := nonSlices(table.Stsd)
	if err != nil {
		return err
	}
	offsets, err := offsetsOf(table)
	if err != nil {
		return err
	}
	for _, text := range list {
		var n uint32
		var kind string
		if _, err := fmt.Sscanf(text, "%d=%s", &n, &kind); err != nil || n < 1 || int(n) > len(offsets) {
			return fmt.Errorf("%s is no sample and kind", text)
		}
		var payload []byte
		if kind == "units" {
			for _, unit := range units {
				if len(payload)+4+len(unit) <= int(table.Stsz.GetSampleSize(int(n))) {
					payload = binary.BigEndian.AppendUint32(payload, uint32(len(unit)))
					payload = append(payload, unit...)
				}
			}
		}
		copy(file.Mdat.Data[offsets[n-1]-file.Mdat.PayloadAbsoluteOffset():], payload)
		table.Stsz.SampleSize[n-1] = uint32(len(payload))
		if !slices.Contains(table.Stss.SampleNumber, n) {
			table.Stss.SampleNumber = append(table.Stss.SampleNumber, n)
		}
	}
	slices.Sort(table.Stss.SampleNumber)
	// Each sample becomes a chunk, so that the others stay where they are.
	chunks := &mp4.StscBox{}
	if err := chunks.AddEntry(1, 1, 1); err != nil {
		return err
	}
	for i, b := range table.Children {
		if b.Type() == "stsc" {
			table.Children[i] = chunks
		}
	}
	table.Stco.ChunkOffset = nil
	for _, offset := range offsets {
		table.Stco.ChunkOffset = append(table.Stco.ChunkOffset, uint32(offset))
	}
	var changed bytes.Buffer
	if err := file.Encode(&changed); err != nil {
		return err
	}
	return os.WriteFile(out, changed.Bytes(), 0o644)
}

// nonSlices returns NAL units that are no slices (ITU-T H.264, table 7-1; ITU-T H.265, table 7-1).
func nonSlices(stsd *mp4.StsdBox) ([][]byte, error) {
	switch {
	case stsd.AvcX != nil:
		config := stsd.AvcX.AvcC
		recoveryPoint := []byte{6, 6, 1, 0xC4, 0x80}
		return slices.Concat([][]byte{{9, 0xF0}, recoveryPoint}, config.SPSnalus, config.PPSnalus), nil
	case stsd.HvcX != nil:
		units := [][]byte{{35 << 1, 1, 0x50}}
		for _, array := range stsd.HvcX.HvcC.NaluArrays {
			units = append(units, array.Nalus...)
		}
		return units, nil
	}
	return nil, errors.New("the track is neither H.264 nor HEVC")
}

// offsetsOf returns the byte offsets of a track's samples.
func offsetsOf(table *mp4.StblBox) (offsets []uint64, err error) {
	for n := 1; n <= int(table.Stsz.SampleNumber); n++ {
		chunk, first, err := table.Stsc.ChunkNrFromSampleNr(n)
		if err != nil {
			return nil, err
		}
		offset := uint64(table.Stco.ChunkOffset[chunk-1])
		for before := first; before < n; before++ {
			offset += uint64(table.Stsz.GetSampleSize(before))
		}
		offsets = append(offsets, offset)
	}
	return offsets, nil
}
