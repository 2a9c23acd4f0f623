package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

func init() {
	// mp4ff has no decoder for the sample entry of MPEG-2 and MPEG-4 Part 2 (ISO/IEC 14496-14, section 5.6).
	mp4.SetBoxDecoder("mp4v", mp4.DecodeVisualSampleEntry, mp4.DecodeVisualSampleEntrySR)
}

// layout describes the boxes of a segment. They are read with mp4ff, which shares no code with libav or
// gop. A field is zero if its box is missing or cannot be read.
type layout struct {
	boxes         []string // types of the top-level boxes in file order, without free and skip
	err           error    // why the boxes after these cannot be read
	fragmented    bool     // moov has an mvex box
	editsErr      error    // the first edit list that contradicts its track header
	seconds       float64  // presentation duration of the first track, which is the video
	width, height int      // of the first track's sample entry, in pixels
}

// readLayout reads the boxes of data (ISO/IEC 14496-12, section 4.2).
func readLayout(data []byte) layout {
	var l layout
	r := bits.NewFixedSliceReader(data)
	for r.NrRemainingBytes() > 0 {
		offset := r.GetPos()
		box, err := mp4.DecodeBoxSR(uint64(offset), r)
		if err = errors.Join(err, r.AccError()); err != nil {
			l.err = fmt.Errorf("read the box at byte %d: %w", offset, err)
			return l
		}
		if box.Type() != "free" && box.Type() != "skip" {
			l.boxes = append(l.boxes, box.Type())
		}
		if moov, ok := box.(*mp4.MoovBox); ok {
			l.readMovie(moov)
		}
	}
	return l
}

// readMovie reads the track headers, edit lists and the first sample entry (sections 8.2.2, 8.3.2, 8.6.6 and
// 12.1.3).
func (l *layout) readMovie(moov *mp4.MoovBox) {
	l.fragmented = moov.Mvex != nil
	for i, track := range moov.Traks {
		if err := checkEdits(track); err != nil && l.editsErr == nil {
			l.editsErr = fmt.Errorf("track %d: %w", i, err)
		}
	}
	if len(moov.Traks) == 0 {
		return
	}
	video := moov.Traks[0]
	if moov.Mvhd != nil && moov.Mvhd.Timescale > 0 && video.Tkhd != nil {
		l.seconds = float64(video.Tkhd.Duration) / float64(moov.Mvhd.Timescale)
	}
	if table := sampleTable(video); table != nil && table.Stsd != nil && len(table.Stsd.Children) > 0 {
		if entry, ok := table.Stsd.Children[0].(*mp4.VisualSampleEntryBox); ok {
			l.width, l.height = int(entry.Width), int(entry.Height)
		}
	}
}

// sampleTable returns the stbl box of a track, or nil.
func sampleTable(track *mp4.TrakBox) *mp4.StblBox {
	if track.Mdia == nil || track.Mdia.Minf == nil {
		return nil
	}
	return track.Mdia.Minf.Stbl
}

// checkEdits reports an edit list whose edits do not add up to the duration in the track header, or that
// changes the speed (section 8.6.6). The muxer rounds each edit to the movie's time scale, so each may be
// off by one tick. A track without samples is not checked: it has no duration.
func checkEdits(track *mp4.TrakBox) error {
	table := sampleTable(track)
	if track.Edts == nil || track.Tkhd == nil || table == nil || table.Stsz == nil {
		return nil
	}
	if table.Stsz.GetNrSamples() == 0 {
		return nil
	}
	var total, edits int64
	for _, list := range track.Edts.Elst {
		for _, edit := range list.Entries {
			if edit.MediaRateInteger != 1 || edit.MediaRateFraction != 0 {
				return fmt.Errorf("an edit has the media rate %d.%d",
					edit.MediaRateInteger, edit.MediaRateFraction)
			}
			total += int64(edit.SegmentDuration)
			edits++
		}
	}
	if duration := int64(track.Tkhd.Duration); total < duration-edits || total > duration+edits {
		return fmt.Errorf("the edits last %d ticks of the movie's time scale, the track header says %d",
			total, duration)
	}
	return nil
}

// checkLayout checks that the segment is a plain mp4 that plays while it downloads.
func (f *fileCheck) checkLayout(seg *segment) {
	l := &seg.layout
	want := []string{"ftyp", "moov", "mdat"}
	switch {
	case l.err != nil:
		f.fail(checkLayout, seg.n, "after the boxes %v: %v", l.boxes, l.err)
	case !slices.Equal(l.boxes, want):
		f.fail(checkLayout, seg.n, "the boxes are %v, want %v", l.boxes, want)
	case l.fragmented:
		f.fail(checkLayout, seg.n, "moov declares fragments")
	case l.editsErr != nil:
		f.fail(checkLayout, seg.n, "%v", l.editsErr)
	}
}
