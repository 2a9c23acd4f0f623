package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
)

// sideData is what the sample entry of a video track says besides the codec's configuration, by the name of a
// box. A value that is nil stands for any content. Boxes are read without libav and without gop.
type sideData map[string][]byte

// add adds a box of a sample entry that segments must have too.
func (s sideData) add(boxType string, payload []byte) {
	const unspecified = "\x00\x02\x00\x02\x00\x02"
	switch boxType {
	case "mdcv", "clli", "st3d", "lhvC":
		s[boxType] = payload
	case "SmDm":
		s["mdcv"] = nil // the same in other units
	case "CoLL":
		s["clli"] = nil
	case "dvcC", "dvvC", "dvwC":
		s["dvcC"] = payload[:min(5, len(payload))] // the rest is reserved
	case "sv3d", "vexu", "hfov":
		s[boxType] = nil // libav writes a subset
	case "colr":
		// The code points of nclx, and of nclc, its form in QuickTime.
		if len(payload) >= 10 && string(payload[:3]) == "ncl" && string(payload[4:10]) != unspecified {
			s["colr"] = payload[4:10]
		}
	case "pasp":
		if len(payload) == 8 && !bytes.Equal(payload[:4], payload[4:]) {
			s["pasp"] = nil // checkTracks compares the ratio
		}
	}
}

// boxesIn returns the types and payloads of the boxes in data, up to the first that is damaged (ISO/IEC
// 14496-12, section 4.2).
func boxesIn(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			size, header := uint64(binary.BigEndian.Uint32(data)), uint64(8)
			switch {
			case size == 0:
				size = uint64(len(data))
			case size == 1 && len(data) >= 16:
				size, header = binary.BigEndian.Uint64(data[8:]), 16
			}
			if size < header || size > uint64(len(data)) || !yield(string(data[4:8]), data[header:size]) {
				return
			}
			data = data[size:]
		}
	}
}

// child returns the payload of the first box at a path of types in data, or nil.
func child(data []byte, path ...string) []byte {
	for _, boxType := range path {
		found := []byte(nil)
		for t, payload := range boxesIn(data) {
			if t == boxType {
				found = payload
				break
			}
		}
		data = found
	}
	return data
}

// sideDataOf returns the side data of track n of a moov box, counted from 0. It is nil if the track is no
// video, or has several sample entries.
func sideDataOf(moov []byte, n int) sideData {
	for t, trak := range boxesIn(moov) {
		if t != "trak" {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		handler, stsd := child(trak, "mdia", "hdlr"), child(trak, "mdia", "minf", "stbl", "stsd")
		if len(handler) < 12 || string(handler[8:12]) != "vide" || len(stsd) < 8 {
			return nil
		}
		const fields = 78 // of a VisualSampleEntry (section 12.1.3)
		side, entries := sideData{}, 0
		for _, entry := range boxesIn(stsd[8:]) {
			entries++
			if len(entry) < fields {
				return nil
			}
			for boxType, payload := range boxesIn(entry[fields:]) {
				side.add(boxType, payload)
			}
		}
		if entries != 1 {
			return nil
		}
		return side
	}
	return nil
}

// readMoov returns the payload of the first moov box of a file, or nil if it has none.
func readMoov(file io.ReaderAt, size int64) ([]byte, error) {
	const maxBoxes, maxMoov = 100_000, 1 << 28
	at := int64(0)
	for range maxBoxes {
		var header [16]byte
		if n, err := file.ReadAt(header[:], at); n < 8 {
			if errors.Is(err, io.EOF) {
				return nil, nil
			}
			return nil, err
		}
		length, start := int64(binary.BigEndian.Uint32(header[:])), at+8
		switch length {
		case 0:
			length = size - at
		case 1:
			length, start = int64(binary.BigEndian.Uint64(header[8:])), at+16
		}
		if length < start-at || length > size-at {
			return nil, nil
		}
		if string(header[4:8]) == "moov" {
			moov := make([]byte, min(length-(start-at), maxMoov))
			_, err := file.ReadAt(moov, start)
			return moov, err
		}
		at += length
	}
	return nil, nil
}

// readSideData returns the side data of the listed video track of an mp4 or mov; nil for other containers.
func (f *fileCheck) readSideData(ctx context.Context) (sideData, error) {
	file, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	moov, err := readMoov(file, f.ix.Video.Size)
	return sideDataOf(moov, f.ix.Track().StreamIndex), err
}

// checkSideData checks that the segment's sample entry says what the file's does.
func (f *fileCheck) checkSideData(seg *segment) {
	for name, want := range f.side {
		got, ok := seg.side[name]
		switch {
		case !ok:
			f.fail(checkSideData, seg.n, "the sample entry has no %s box, the file's has", name)
		case want != nil && !bytes.Equal(got, want):
			f.fail(checkSideData, seg.n, "the %s box has %x, in the file %x", name, got, want)
		}
	}
	want, got := f.ix.Track().Color, seg.tracks[0].Color
	for _, c := range []struct{ name, want, got string }{
		{"primaries", want.Primaries, got.Primaries},
		{"transfer", want.Transfer, got.Transfer},
		{"matrix", want.Space, got.Space},
	} {
		if c.want != "" && c.want != c.got {
			f.fail(checkSideData, seg.n, "the %s are %q, in the file %q", c.name, c.got, c.want)
		}
	}
}
