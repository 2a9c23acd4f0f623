package main

import (
	"bytes"
	"errors"
	"os"

	"github.com/Eyevinn/mp4ff/mp4"
)

// join appends the video track of a second mp4 to that of the first. The result has one track with two
// sample entries (ISO/IEC 14496-12, section 8.5.2). Neither file may have another track.
func join(first, second, out string) error {
	var files [2]*mp4.File
	var tracks [2]*mp4.TrakBox
	for i, path := range []string{first, second} {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if files[i], tracks[i], err = decode(data); err != nil {
			return err
		}
		if len(files[i].Moov.Traks) != 1 {
			return errors.New("more than one track")
		}
	}
	a, b := tracks[0].Mdia.Minf.Stbl, tracks[1].Mdia.Minf.Stbl
	if tracks[0].Mdia.Mdhd.Timescale != tracks[1].Mdia.Mdhd.Timescale ||
		a.Ctts == nil || b.Ctts == nil || a.Stco == nil || b.Stco == nil {
		return errors.New("the tracks have different time scales or lack ctts or stco")
	}
	mdat := files[0].Mdat
	// shift moves the chunks of the second track.
	end := int64(mdat.PayloadAbsoluteOffset()) + int64(len(mdat.Data))
	shift := end - int64(files[1].Mdat.PayloadAbsoluteOffset())
	mdat.SetData(append(mdat.Data, files[1].Mdat.Data...))

	a.Stsd.AddChild(b.Stsd.Children[0])
	samples, chunks := a.Stsz.SampleNumber, uint32(len(a.Stco.ChunkOffset))
	for _, e := range b.Stsc.Entries {
		if err := a.Stsc.AddEntry(chunks+e.FirstChunk, e.SamplesPerChunk, 2); err != nil {
			return err
		}
	}
	a.Stts.SampleCount = append(a.Stts.SampleCount, b.Stts.SampleCount...)
	a.Stts.SampleTimeDelta = append(a.Stts.SampleTimeDelta, b.Stts.SampleTimeDelta...)
	for _, end := range b.Ctts.EndSampleNr[1:] {
		a.Ctts.EndSampleNr = append(a.Ctts.EndSampleNr, samples+end)
	}
	a.Ctts.SampleOffset = append(a.Ctts.SampleOffset, b.Ctts.SampleOffset...)
	for _, n := range b.Stss.SampleNumber {
		a.Stss.SampleNumber = append(a.Stss.SampleNumber, samples+n)
	}
	a.Stsz.SampleSize = append(a.Stsz.SampleSize, b.Stsz.SampleSize...)
	a.Stsz.SampleNumber += b.Stsz.SampleNumber
	for _, offset := range b.Stco.ChunkOffset {
		a.Stco.ChunkOffset = append(a.Stco.ChunkOffset, uint32(int64(offset)+shift))
	}

	tracks[0].Mdia.Mdhd.Duration += tracks[1].Mdia.Mdhd.Duration
	tracks[0].Tkhd.Duration += tracks[1].Tkhd.Duration
	files[0].Moov.Mvhd.Duration += files[1].Moov.Mvhd.Duration
	edits := &tracks[0].Edts.Elst[0].Entries[0]
	edits.SegmentDuration += tracks[1].Edts.Elst[0].Entries[0].SegmentDuration
	var joined bytes.Buffer
	if err := files[0].Encode(&joined); err != nil {
		return err
	}
	return os.WriteFile(out, joined.Bytes(), 0o644)
}
