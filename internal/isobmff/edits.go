package isobmff

import (
	"bytes"
	"encoding/binary"
	"io"
	"iter"
)

// Edits is a track's edit list (ISO/IEC 14496-12, section 8.6.6).
type Edits struct {
	Count     int   // edits that are not empty
	Duration  int64 // of all edits in ticks of the movie; 0 if it is not known
	TimeScale int   // ticks of the movie per second
}

// maxEditBytes is the number of bytes of an edit list that are read.
const maxEditBytes = 4 << 10

// ReadEdits reads the edit list of the track with this ID in a moov box. It returns the zero value if there
// is none.
func ReadEdits(r io.ReaderAt, moov Box, id int) Edits {
	track, hasTrack := findTrack(r, moov, id)
	list, hasList := track.Find(r, "edts", "elst")
	if !hasTrack || !hasList {
		return Edits{}
	}
	data, err := list.Content(r, maxEditBytes)
	if err != nil {
		return Edits{}
	}
	e := Edits{TimeScale: readTimeScale(r, moov)}
	isKnown := list.Size() <= maxEditBytes && e.TimeScale > 0
	for edit := range edits(data) {
		if edit.duration.get() == 0 || edit.duration.get() > 1<<40 {
			isKnown = false
		}
		e.Duration += int64(edit.duration.get() & (1<<41 - 1))
		if !edit.isEmpty {
			e.Count++
		}
	}
	if !isKnown {
		e.Duration = 0
	}
	return e
}

// readTimeScale reads the time scale of the movie (section 8.2.2), or returns 0.
func readTimeScale(r io.ReaderAt, moov Box) int {
	header, ok := moov.Find(r, "mvhd")
	if !ok {
		return 0
	}
	data, err := header.Content(r, 32)
	scale := versioned(data, 12, 4, 20, 4)
	if err != nil || scale == nil {
		return 0
	}
	return int(scale.get())
}

// edit is an entry of an elst box.
type edit struct {
	duration, start number // start is the media time; both have 32 or 64 bits
	isEmpty         bool
}

// size returns the number of bytes of the entry.
func (e edit) size() int64 { return int64(len(e.duration) + len(e.start) + 4) }

// mediaTime returns the start of the edit in ticks of the track.
func (e edit) mediaTime() int64 {
	if len(e.start) == 8 {
		return int64(e.start.get())
	}
	return int64(int32(e.start.get()))
}

// edits returns the entries in the content of an elst box.
func edits(content []byte) iter.Seq[edit] {
	return func(yield func(edit) bool) {
		width := 4
		if len(content) > 0 && content[0] == 1 {
			width = 8
		}
		size := 2*width + 4 // duration, media time, rate
		for at := 8; at+size <= len(content); at += size {
			e := edit{duration: content[at : at+width], start: content[at+width : at+2*width]}
			e.isEmpty = e.mediaTime() == -1
			if !yield(e) {
				return
			}
		}
	}
}

// number is a big-endian integer of 4 or 8 bytes within a box.
type number []byte

func (n number) get() uint64 {
	if len(n) == 8 {
		return binary.BigEndian.Uint64(n)
	}
	return uint64(binary.BigEndian.Uint32(n))
}

func (n number) set(value uint64) {
	if len(n) == 8 {
		binary.BigEndian.PutUint64(n, value)
		return
	}
	binary.BigEndian.PutUint32(n, uint32(value))
}

// versioned returns a number in the content of a box that has 32-bit times in version 0 and 64-bit times in
// version 1, or nil if the content is too short.
func versioned(content []byte, at0, size0, at1, size1 int) number {
	at, size := at0, size0
	if len(content) > 0 && content[0] == 1 {
		at, size = at1, size1
	}
	if len(content) < at+size {
		return nil
	}
	return content[at : at+size]
}

// EndFirstTrack shortens the presentation of the first track to duration ticks of the movie: it changes the
// last edit, the track header and the movie header (sections 8.2.2, 8.3.2 and 8.6.6). header begins with the
// boxes of an mp4 by libav's muxer up to its moov box, and is changed in place.
func EndFirstTrack(header []byte, duration uint64) error {
	r := bytes.NewReader(header)
	moov, hasMoov := File(int64(len(header))).Find(r, "moov")
	movie, hasMovie := moov.Find(r, "mvhd")
	list, hasList := moov.Find(r, "trak", "edts", "elst")
	if !hasMoov || !hasMovie || !hasList {
		return ErrHeader
	}
	var last number
	before := uint64(0)
	for e := range edits(header[list.Start:list.End]) {
		if last != nil {
			before += last.get()
		}
		last = e.duration
	}
	movieDuration := versioned(header[movie.Start:movie.End], 16, 4, 24, 8)
	if last == nil || before >= duration || movieDuration == nil {
		return ErrHeader
	}
	last.set(duration - before)
	longest, isFirst := duration, true
	for track := range moov.Children(r) {
		b, ok := track.Find(r, "tkhd")
		if !ok {
			continue
		}
		trackDuration := versioned(header[b.Start:b.End], 20, 4, 28, 8)
		switch {
		case trackDuration == nil:
			return ErrHeader
		case isFirst:
			trackDuration.set(duration)
		}
		isFirst = false
		longest = max(longest, trackDuration.get())
	}
	movieDuration.set(longest)
	return nil
}
