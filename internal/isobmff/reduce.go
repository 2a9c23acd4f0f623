package isobmff

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// ReducedMovie is a movie box with the tracks of a file whose large sample tables are cut down to the samples
// at their ends. libav derives the same from it as from the whole box, except for what depends on all
// samples.
type ReducedMovie struct {
	Box    []byte // the moov box
	Tracks []*ReducedTrack
}

// ReducedTrack is a track of a ReducedMovie whose tables are cut down. Between the first and the last samples
// are fillers, which together have the duration and the bytes of the samples that they replace: the total
// duration and the average bit rate are those of the file, and so is the time of each sample.
type ReducedTrack struct {
	ID         int // track ID
	Table      *Table
	Kept       int // samples at each end that are kept
	Fillers    int
	EntryBytes int // size of the sample entry
	Edits      Edits
}

// FillerPos is the byte offset of each filler, which no sample has.
const FillerPos = 1 << 62

// maxFillers bounds the fillers of a track. They suffice for a track of 256 GiB.
const maxFillers = 1024

// reducer reads a movie box.
type reducer struct {
	data      []byte
	r         *bytes.Reader
	keep      int // samples that are kept at each end of a track
	timeScale int // of the movie
}

// ReduceMovie reduces a moov box. Each reduced track keeps the first and the last keep samples. It reports
// false if it reduces no track, because the file has fragments, because all tracks are small, or because
// libav would describe a reduced track in another way. keep is at least 100, since libav guesses the frame
// rate from this number of samples. The result refers to data.
func ReduceMovie(data []byte, keep int) (m *ReducedMovie, ok bool) {
	p := &reducer{data: data, r: bytes.NewReader(data), keep: keep}
	moov, found := File(int64(len(data))).Find(p.r, "moov")
	boxes, whole := p.children(moov)
	if !found || moov.Pos != 0 || moov.End != int64(len(data)) || !whole {
		return nil, false
	}
	m = &ReducedMovie{}
	content, ids := []byte{}, map[int]bool{}
	for _, b := range boxes {
		whole := data[b.Pos:b.End]
		switch b.Type {
		case "mvex", "cmov": // fragments; a compressed box
			return nil, false
		case "mvhd":
			p.timeScale = readTimeScale(p.r, moov)
		case "trak":
			track, reduced, ok := p.track(b)
			if id := p.trackID(b); id <= 0 || ids[id] {
				return nil, false
			} else {
				ids[id] = true
			}
			if ok {
				track.Edits = ReadEdits(p.r, moov, track.ID)
				m.Tracks = append(m.Tracks, track)
				whole = reduced
			}
		}
		content = append(content, whole...)
	}
	m.Box = newBox("moov", content)
	return m, len(m.Tracks) > 0 && len(m.Box)+8 <= len(data)
}

// newBox returns a box.
func newBox(boxType string, content ...[]byte) []byte {
	size := 8
	for _, c := range content {
		size += len(c)
	}
	b := binary.BigEndian.AppendUint32(make([]byte, 0, size), uint32(size))
	b = append(b, boxType...)
	for _, c := range content {
		b = append(b, c...)
	}
	return b
}

// children returns the boxes in b. whole is false if they do not fill it.
func (p *reducer) children(b Box) (boxes []Box, whole bool) {
	end := b.Start
	for child := range b.Children(p.r) {
		boxes, end = append(boxes, child), child.End
	}
	return boxes, end == b.End
}

// only returns the contents of the boxes in b by type. It reports false if b has other bytes, or two boxes of
// one of these types.
func (p *reducer) only(b Box, types ...string) (found map[string]Box, ok bool) {
	boxes, whole := p.children(b)
	found = map[string]Box{}
	for _, child := range boxes {
		if _, isSecond := found[child.Type]; isSecond && slices.Contains(types, child.Type) {
			return nil, false
		}
		found[child.Type] = child
	}
	return found, whole
}

func (p *reducer) content(b Box) []byte { return p.data[b.Start:b.End] }

// trackID returns the ID of a track, or 0.
func (p *reducer) trackID(track Box) int {
	header, ok := track.Find(p.r, "tkhd")
	id := versioned(p.content(header), 12, 4, 20, 4)
	if !ok || id == nil {
		return 0
	}
	return int(id.get())
}

// track reads a trak box and returns it with reduced tables. It reports false if the track stays as it is.
func (p *reducer) track(trak Box) (t *ReducedTrack, reduced []byte, ok bool) {
	boxes, ok := p.only(trak, "tkhd", "edts", "mdia")
	media, okMedia := p.only(boxes["mdia"], "mdhd", "hdlr", "minf")
	info, okInfo := p.only(media["minf"], "stbl")
	stbl, hasTable := info["stbl"]
	handler := p.content(media["hdlr"])
	if !ok || !okMedia || !okInfo || !hasTable || len(handler) < 12 {
		return nil, nil, false
	}
	scale := versioned(p.content(media["mdhd"]), 12, 4, 20, 4)
	isAudio := string(handler[8:12]) == "soun"
	if !isAudio && string(handler[8:12]) != "vide" || scale == nil || scale.get() == 0 {
		return nil, nil, false
	}
	table, ok := p.table(stbl, isAudio)
	if !ok || table.Count <= 2*p.keep {
		return nil, nil, false
	}
	description, _ := stbl.Find(p.r, "stsd")
	t = &ReducedTrack{
		ID: p.trackID(trak), Table: table, Kept: p.keep, EntryBytes: int(description.Size()),
	}
	edits, hasEdits := boxes["edts"]
	isChunked := isAudio && table.FrameDuration() == 1 // libav makes packets of several samples
	startsLate := table.hasKeys && table.key(0) >= p.keep
	if isChunked || startsLate || hasEdits && !p.keepsEnds(t, edits, int64(scale.get())) {
		return nil, nil, false
	}
	tables, ok := p.reduced(t, stbl)
	if !ok {
		return nil, nil, false
	}
	return t, p.replace(trak, []string{"mdia", "minf", "stbl"}, tables), true
}

// reduced returns the stbl box of t, and sets the number of fillers.
func (p *reducer) reduced(t *ReducedTrack, stbl Box) ([]byte, bool) {
	table, keep := t.Table, p.keep
	first := table.Samples(nil, 0, keep+1)
	last := table.Samples(nil, table.Count-keep, keep)
	duration := last[0].DTS - first[keep].DTS
	size := table.sizes.sum(table.Count-keep) - table.sizes.sum(keep)
	t.Fillers = int(max(duration>>31, size/maxSampleBytes)) + 1
	if t.Fillers > maxFillers || int64(t.Fillers) > duration {
		return nil, false
	}
	samples := slices.Clone(first[:keep])
	for i := range int64(t.Fillers) {
		samples = append(samples, Sample{
			DTS: first[keep].DTS + duration*i/int64(t.Fillers), Pos: FillerPos, Key: !table.hasKeys,
			Size: int(size*(i+1)/int64(t.Fillers) - size*i/int64(t.Fillers)),
		})
	}
	samples = append(samples, last...)
	content := []byte{}
	boxes, _ := p.children(stbl)
	for _, b := range boxes {
		content = append(content, table.reducedBox(b.Type, p.data[b.Pos:b.End], samples)...)
	}
	return newBox("stbl", content), true
}

// reducedBox returns a box of an stbl box for these samples. whole is the box for all samples.
func (t *Table) reducedBox(boxType string, whole []byte, samples []Sample) []byte {
	var made entries
	switch boxType {
	case "stts":
		for i, s := range samples {
			next := t.Duration
			if i+1 < len(samples) {
				next = samples[i+1].DTS
			}
			made.addRun(uint32(next - s.DTS))
		}
	case "ctts":
		for _, s := range samples {
			made.addRun(uint32(s.Offset))
		}
	case "stss":
		for i, s := range samples {
			if s.Key {
				made.add(uint32(i) + 1)
			}
		}
	case "stsz", "stz2":
		for _, s := range samples {
			made.add(uint32(s.Size))
		}
		return newBox("stsz", make([]byte, 8), made.count(4), made)
	case "stsc":
		made.add(1, 1, 1)
		return newBox(boxType, make([]byte, 4), made.count(12), made)
	case "stco", "co64":
		for _, s := range samples {
			made = binary.BigEndian.AppendUint64(made, uint64(s.Pos))
		}
		return newBox("co64", make([]byte, 4), made.count(8), made)
	case "sdtp", "sbgp", "sgpd": // a Table has the former; libav seeks by the others
		return nil
	default:
		return whole
	}
	size := runBytes
	if boxType == "stss" {
		size = 4
	}
	return newBox(boxType, make([]byte, 4), made.count(size), made)
}

// entries are those of a table that is made.
type entries []byte

func (e *entries) add(values ...uint32) {
	for _, v := range values {
		*e = binary.BigEndian.AppendUint32(*e, v)
	}
}

// addRun adds the value of a sample to a table of runs.
func (e *entries) addRun(value uint32) {
	if at := len(*e) - runBytes; at >= 0 && binary.BigEndian.Uint32((*e)[at+4:]) == value {
		binary.BigEndian.PutUint32((*e)[at:], binary.BigEndian.Uint32((*e)[at:])+1)
		return
	}
	e.add(1, value)
}

// count returns the number of entries of size bytes, as a box has it.
func (e *entries) count(size int) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(len(*e)/size))
}

// replace returns box b with the box at path, which lists types of boxes in it, replaced.
func (p *reducer) replace(b Box, path []string, with []byte) []byte {
	if len(path) == 0 {
		return with
	}
	var content []byte
	for child := range b.Children(p.r) {
		if child.Type == path[0] {
			content = append(content, p.replace(child, path[1:], with)...)
		} else {
			content = append(content, p.data[child.Pos:child.End]...)
		}
	}
	return newBox(b.Type, content)
}
