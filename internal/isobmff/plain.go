package isobmff

import (
	"encoding/binary"
	"slices"
)

// plainBoxes are the boxes in an stbl box with which samples have no properties that a Table lacks.
var plainBoxes = []string{
	"stsd", "stts", "ctts", "stss", "stsz", "stz2", "stsc", "stco", "co64", "sdtp", "sgpd", "sbgp", "cslg",
}

// table reads an stbl box. It reports false for a table that is damaged or whose samples have other
// properties, such as encryption.
func (p *reducer) table(stbl Box, isAudio bool) (*Table, bool) {
	boxes, whole := p.children(stbl)
	contents := tableBoxes{}
	for _, b := range boxes {
		_, isSecond := contents[b.Type]
		content := p.content(b)
		switch {
		case !slices.Contains(plainBoxes, b.Type), isSecond && b.Type != "sgpd" && b.Type != "sbgp":
			return nil, false
		case b.Type == "sbgp" && (len(content) < 8 || string(content[4:8]) == "rap "): // more keyframes
			return nil, false
		}
		contents[b.Type] = content
	}
	_, isShort := contents["stz2"]
	_, isLong := contents["stsz"]
	_, is32Bit := contents["stco"]
	_, is64Bit := contents["co64"]
	if !whole || isShort == isLong || is32Bit == is64Bit || !hasOneEntry(p.r, stbl) {
		return nil, false
	}
	if description, _ := stbl.Find(p.r, "stsd"); !p.isEntryWhole(description, isAudio) {
		return nil, false
	}
	return readTable(contents)
}

// isEntryWhole reports whether the sample entry in an stsd box and the boxes in it end where they should.
// Else libav would read on into other tables. The fields before the boxes depend on the type of the track,
// and on the version of the entry in QuickTime files (section 8.5.2; mov_parse_stsd_audio in
// libavformat/mov.c).
func (p *reducer) isEntryWhole(stsd Box, isAudio bool) bool {
	stsd.Start += 8 // version, flags, number of entries
	entries, whole := p.children(stsd)
	if !whole || len(entries) != 1 || entries[0].Type == "iamf" { // with packets of several streams
		return false
	}
	fields := []int64{78}
	if isAudio {
		fields = []int64{28, 44, 64}
	}
	return slices.ContainsFunc(fields, func(size int64) bool {
		entry := entries[0]
		if entry.Start += size; entry.Start > entry.End {
			return false
		}
		boxes, whole := p.children(entry)
		return whole && !slices.ContainsFunc(boxes, func(b Box) bool {
			return b.Type == "esds" && !descriptorsFit(p.content(b))
		})
	})
}

// descriptorsFit reports whether the descriptors in the content of an esds box end within it, up to the
// decoder configuration (ISO/IEC 14496-1, section 7.2.6; ff_mov_read_esds in libavformat/isom.c).
func descriptorsFit(content []byte) bool {
	const esTag, decoderTag = 3, 4
	for at := 4; at < len(content); { // after version and flags
		tag, length := content[at], 0
		for isLast := false; !isLast; {
			if at++; at >= len(content) || length > len(content) {
				return false
			}
			isLast = content[at] < 1<<7
			length = length<<7 | int(content[at]&(1<<7-1))
		}
		if at++; length > len(content)-at {
			return false
		}
		switch tag {
		case esTag:
			at += 3 // the ID and flags
		case decoderTag:
			at += 13
		default:
			return true
		}
	}
	return true
}

// keepsEnds reports whether the samples between the ends of t are presented, and not before those at the
// start. Then libav's treatment of the edit list needs only the ends (mov_fix_index in libavformat/mov.c).
func (p *reducer) keepsEnds(t *ReducedTrack, edts Box, timeScale int64) bool {
	boxes, ok := p.only(edts, "elst")
	list, found := boxes["elst"]
	content := p.content(list)
	if !ok || !found || p.timeScale <= 0 || len(content) < 8 {
		return !found && ok
	}
	count, present := binary.BigEndian.Uint32(content[4:]), edit{}
	n := uint32(0)
	for e := range edits(content) {
		if n++; e.isEmpty && n == 1 {
			continue
		}
		if present.duration != nil || e.isEmpty {
			return false
		}
		present = e
	}
	if n != count || present.duration == nil || int64(len(content)) != 8+int64(n)*present.size() {
		return false
	}
	const limit = 1 << 44 // so that a duration can be rescaled
	start, length := present.mediaTime(), present.duration.get()
	if start < 0 || start > limit || length > limit || timeScale > 1<<18 {
		return false
	}
	end := start + (int64(length)*timeScale+int64(p.timeScale)/2)/int64(p.timeScale)
	table := t.Table
	before := table.Samples(nil, 0, p.keep+1) // the first samples and one filler
	after := table.Samples(nil, table.Count-p.keep, 1)[0]
	first, filler := int64(-1), before[p.keep].DTS
	for _, s := range before[:p.keep] {
		if pts := s.DTS + s.Offset; pts >= start && (first < 0 || pts < first) {
			first = pts
		}
	}
	return first >= 0 && first <= filler && start <= before[p.keep-1].DTS && after.DTS+table.maxOffset < end
}
