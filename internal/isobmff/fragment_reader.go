package isobmff

import (
	"bytes"
	"encoding/binary"
	"slices"

	"gop/internal/media"
)

// fragmentReader reads the moof boxes of a file as libav does (mov_read_tfhd, mov_read_tfdt and mov_read_trun
// in libavformat/mov.c). It accepts only plain fragments: those from which libav takes nothing that a Table
// lacks.
//
// ISO/IEC 14496-12, section 8.8.
type fragmentReader struct {
	window  *media.Window
	keep    int
	isPlain bool
	moov    Box // the last one; without a type if there is none
	tracks  []*trackReader
	samples int64 // of all tracks
	head    int64 // see Fragments.Head; 0 if unknown

	movie, first, last piece // the moov box, the first moof box and the last one

	// Of the current moof box.
	moof     Box
	before   int64 // bytes of the samples in earlier moof boxes
	implicit int64 // where payload starts if no box tells
}

// Limits of what fragmentReader reads, in bytes.
const (
	maxFragmentedMovie = 1 << 20 // of a moov box
	maxFragment        = 1 << 20 // of a moof box
)

// ignoredBoxes are top-level boxes that libav skips. sidx is one because libav sees it as one, see
// avio.Source.MaskBoxes.
var ignoredBoxes = []string{"ftyp", "styp", "sidx", "ssix", "free", "skip", "emsg", "prft", "mdat", "mfra"}

// visit reads a top-level box.
func (f *fragmentReader) visit(box Box) error {
	switch {
	case !f.isPlain, slices.Contains(ignoredBoxes, box.Type):
		return nil
	case box.Type == "moov" && f.moov.Type == "" && f.tracks == nil:
		f.moov = box
		return nil
	case box.Type != "moof" || f.moov.Type == "" || box.End-box.Pos > maxFragment:
		f.isPlain = false
		return nil
	}
	if f.tracks == nil {
		if err := f.readMovie(); err != nil || !f.isPlain {
			return err
		}
	}
	if f.head == 0 && !slices.ContainsFunc(f.tracks, func(t *trackReader) bool { return !t.isHead(f.keep) }) {
		f.head = box.Pos
		for _, t := range f.tracks {
			t.head = t.count
		}
	}
	data, err := f.window.Bytes(box.Pos, int(box.End-box.Pos))
	if err != nil {
		return err
	}
	f.last = piece{box.Pos, append(f.last.data[:0], data...)}
	if f.first.data == nil {
		f.first = piece{box.Pos, bytes.Clone(data)}
	}
	f.isPlain = len(data) == int(box.End-box.Pos) && f.readMoof(box, data)
	return nil
}

// readMovie reads the tracks from the moov box.
func (f *fragmentReader) readMovie() error {
	if f.moov.End-f.moov.Pos > maxFragmentedMovie {
		f.isPlain = false
		return nil
	}
	data := make([]byte, f.moov.End-f.moov.Pos)
	if n, err := f.window.ReadAt(data, f.moov.Pos); n < len(data) {
		return err
	}
	f.movie = piece{f.moov.Pos, data}
	p := &reducer{data: data, r: bytes.NewReader(data)}
	moov, _ := File(int64(len(data))).Find(p.r, "moov")
	boxes, whole := p.children(moov)
	f.isPlain = whole
	for _, b := range boxes {
		switch b.Type {
		case "trak":
			id, ok := p.fragmentedTrack(b)
			f.isPlain = f.isPlain && ok && f.track(id) == nil
			f.tracks = append(f.tracks, newTrackReader(id))
		case "mvex", "mvhd", "udta", "iods", "meta", "free", "skip":
		default:
			f.isPlain = false
		}
	}
	for b := range moov.Children(p.r) {
		for trex := range b.Children(p.r) {
			if b.Type == "mvex" && trex.Type == "trex" {
				f.isPlain = f.isPlain && f.readDefaults(p.content(trex))
			}
		}
	}
	f.isPlain = f.isPlain && len(f.tracks) > 0 &&
		!slices.ContainsFunc(f.tracks, func(t *trackReader) bool { return !t.hasDefaults })
	return nil
}

// fragmentedTrack returns the ID of a track. It reports false unless it is audio or video without samples in
// the movie box, and has one sample entry that is not encrypted.
func (p *reducer) fragmentedTrack(trak Box) (id int, ok bool) {
	boxes, ok := p.only(trak, "tkhd", "edts", "mdia")
	media, okMedia := p.only(boxes["mdia"], "mdhd", "hdlr", "minf")
	info, okInfo := p.only(media["minf"], "stbl")
	tables, okTables := p.only(info["stbl"], "stsd", "stts", "stsc", "stsz", "stco", "co64", "ctts")
	handler := p.content(media["hdlr"])
	_, isReferring := boxes["tref"] // to chapters or time codes
	edits, hasEdits := boxes["edts"]
	if hasEdits && !p.hasOneEdit(edits) {
		return 0, false
	}
	if !ok || !okMedia || !okInfo || !okTables || isReferring || len(handler) < 12 {
		return 0, false
	}
	for boxType, b := range tables {
		content := p.content(b)
		switch boxType {
		case "stsd", "sgpd", "sbgp":
			continue
		case "stts", "stsc", "stsz", "stco", "co64", "ctts":
		default:
			return 0, false
		}
		if len(content) > 12 || len(bytes.Trim(content, "\x00")) > 0 {
			return 0, false
		}
	}
	kind := string(handler[8:12])
	id = p.trackID(trak)
	return id, id > 0 && (kind == "vide" || kind == "soun") && hasOneEntry(p.r, info["stbl"])
}

// hasOneEdit reports whether an edts box has one edit, which is not empty.
func (p *reducer) hasOneEdit(edts Box) bool {
	boxes, ok := p.only(edts, "elst")
	content := p.content(boxes["elst"])
	if !ok || len(content) < 8 || binary.BigEndian.Uint32(content[4:]) != 1 {
		return false
	}
	for e := range edits(content) {
		return !e.isEmpty && e.mediaTime() >= 0 && int64(len(content)) == 8+e.size()
	}
	return false
}

// track returns the reader of a track, or nil.
func (f *fragmentReader) track(id int) *trackReader {
	for _, t := range f.tracks {
		if t.id == id {
			return t
		}
	}
	return nil
}

// readDefaults reads a trex box.
func (f *fragmentReader) readDefaults(content []byte) bool {
	if len(content) < 24 {
		return false
	}
	number := func(at int) uint32 { return binary.BigEndian.Uint32(content[at:]) }
	t := f.track(int(number(4)))
	if t == nil || t.hasDefaults {
		return false
	}
	t.hasDefaults = true
	t.defaults = sampleDefaults{entry: number(8), duration: number(12), size: number(16), flags: number(20)}
	return true
}

// readMoof reads a moof box, whose bytes are data. It reports false if it is not plain.
func (f *fragmentReader) readMoof(box Box, data []byte) bool {
	f.moof, f.implicit, f.before = box, box.Pos, 0
	for _, t := range f.tracks {
		f.before += t.bytes
		t.hasTime = false
	}
	for child, content := range childrenOf(data[box.Start-box.Pos:]) {
		switch child {
		case "mfhd", "free", "skip":
		case "traf":
			if !f.readTrack(content) {
				return false
			}
		default: // or the rest is not a box
			return false
		}
	}
	return true
}

// childrenOf returns the types and contents of the boxes that fill data. The type of the last one is empty if
// they do not.
func childrenOf(data []byte) func(yield func(boxType string, content []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(data) > 0 {
			if len(data) < 8 {
				yield("", nil)
				return
			}
			length := int64(binary.BigEndian.Uint32(data))
			if length < 8 || length > int64(len(data)) {
				yield("", nil)
				return
			}
			if !yield(string(data[4:8]), data[8:length]) {
				return
			}
			data = data[length:]
		}
	}
}

// readTrack reads the content of a traf box.
func (f *fragmentReader) readTrack(content []byte) bool {
	var t *trackReader
	for child, content := range childrenOf(content) {
		switch {
		case child == "tfhd" && t == nil:
			if t = f.readTrackHeader(content); t == nil {
				return false
			}
		case child == "free" || child == "skip":
		case t == nil:
			return false
		case child == "tfdt":
			if !t.readTime(content) {
				return false
			}
		case child == "trun":
			before := t.count
			end, ok := t.readRun(content, min(maxFragmentSamples, f.window.Size())-f.samples)
			f.samples += int64(t.count - before)
			if !ok {
				return false
			}
			f.implicit = end
		default:
			return false
		}
	}
	return t != nil
}

// Flags of a tfhd box (section 8.8.7).
const (
	hasBaseOffset      = 0x1
	hasEntryNumber     = 0x2
	hasDefaultDuration = 0x8
	hasDefaultSize     = 0x10
	hasDefaultFlags    = 0x20
	baseIsMoof         = 0x20000
)

// readTrackHeader reads the content of a tfhd box, and returns the reader of its track or nil.
func (f *fragmentReader) readTrackHeader(content []byte) *trackReader {
	r := &fields{data: content}
	flags := r.next32()
	t := f.track(int(r.next32()))
	if t == nil {
		return nil
	}
	t.base, t.hasNext, t.current = f.implicit, false, t.defaults
	if flags&baseIsMoof != 0 {
		t.base = f.moof.Pos
	}
	if flags&hasBaseOffset != 0 {
		t.base = r.next64()
	}
	for _, field := range []struct {
		flag  uint32
		value *uint32
	}{
		{hasEntryNumber, &t.current.entry},
		{hasDefaultDuration, &t.current.duration},
		{hasDefaultSize, &t.current.size},
		{hasDefaultFlags, &t.current.flags},
	} {
		if flags&field.flag != 0 {
			*field.value = r.next32()
		}
	}
	if r.isShort || t.current.entry != 1 || t.base < 0 || t.base >= FillerPos {
		return nil
	}
	return t
}

// tables returns the tracks of a file whose last complete box ends at end, and the value of Fragments.Head.
// The tracks are nil if some fragment is not plain.
func (f *fragmentReader) tables(end int64) (tracks []*FragmentedTrack, head int64) {
	if !f.isPlain || f.tracks == nil {
		return nil, 0
	}
	if f.before > end { // samples overlap; those of the last moof box may be cut off
		return nil, 0
	}
	for _, t := range f.tracks {
		track, ok := t.table()
		if !ok {
			return nil, 0
		}
		if f.head == 0 {
			track.Head = track.Table.Count
		}
		tracks = append(tracks, track)
	}
	if f.head == 0 {
		return tracks, end
	}
	return tracks, f.head
}
