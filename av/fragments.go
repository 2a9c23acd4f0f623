package av

// #include <libavutil/mathematics.h>
import "C"

import (
	"math"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
	"gop/internal/media"
)

// openFragments has libav read an ISO file with these fragments. If gop has read them, libav gets only the
// movie box and the first fragments, since it takes most of the time of a first request to read the others.
func (d *demuxer) openFragments(f isobmff.Fragments) error {
	d.source.Truncate(f.End)
	// With a segment index, libav reads fragments when it first seeks to them, some of them twice
	// (mov_switch_root in libavformat/mov.c). Without one, it reads them all when it opens the file.
	d.source.MaskBoxes(f.SegmentIndexes)
	if f.Tracks == nil {
		return d.openInput()
	}
	d.source.Truncate(f.Head)
	err := d.openInput()
	d.source.Truncate(f.End)
	if err == nil && d.describeFragments(f.Tracks) {
		d.fragments = f.Scan
		return nil
	}
	return d.openWhole()
}

// describeFragments relates the packets of streams to the samples in fragments. It reports false if libav
// took something else from the first fragments than gop.
func (d *demuxer) describeFragments(tracks []*isobmff.FragmentedTrack) bool {
	if len(tracks) != len(d.streams) {
		return false
	}
	d.reduced = map[int]*reducedStream{}
	for i, s := range d.streams {
		at := slices.IndexFunc(tracks, func(t *isobmff.FragmentedTrack) bool { return t.ID == s.ID() })
		if at < 0 {
			return false
		}
		r, ok := newFragmentedStream(s, tracks[at])
		if !ok {
			return false
		}
		d.reduced[i] = r
		d.tableBytes += tracks[at].Memory
	}
	return true
}

// newFragmentedStream relates the packets of a stream to the samples of its track. It reports false unless
// libav has the samples at the head of the file, and sets the properties that depend on all samples.
func newFragmentedStream(s *astiav.Stream, t *isobmff.FragmentedTrack) (r *reducedStream, ok bool) {
	entries, samples := entriesOf(s, 0, math.MaxInt32), t.Table.Samples(nil, 0, t.Head)
	if len(entries) != len(samples) || len(samples) == 0 {
		return nil, false
	}
	if !isPlainStart(s, t, entries[0].dts) {
		return nil, false
	}
	const kept = 1 // so that the last packet has libav's duration
	r = &reducedStream{
		ReducedTrack: &isobmff.ReducedTrack{ID: t.ID, Table: t.Table, Kept: kept},
		count:        t.Table.Count, shift: entries[0].dts, discard: make([]bool, 2*kept),
	}
	for i, e := range entries {
		want := indexEntry{
			pos: samples[i].Pos, dts: samples[i].DTS + r.shift, size: samples[i].Size, key: samples[i].Key,
		}
		if e != want {
			return nil, false
		}
	}
	describeFragmented(s, t, samples)
	return r, true
}

// isPlainStart reports whether gop knows where libav starts a stream of this track, whose packets start at a
// DTS. If the edit list moves them, libav adds what it trims of AAC to the start, taking ticks for samples
// (mov_build_index in libavformat/mov.c).
func isPlainStart(s *astiav.Stream, t *isobmff.FragmentedTrack, dts int64) bool {
	codec, scale, trimmed := s.CodecParameters(), s.TimeBase().Den(), t.Start-dts
	if trimmed == 0 || codec.MediaType() == astiav.MediaTypeVideo {
		return trimmed >= 0 && trimmed <= int64(scale)
	}
	return trimmed > 0 && trimmed <= int64(scale) && t.Start == 0 && codecOf(codec) == media.AAC &&
		codec.SampleRate() == scale
}

// describeFragmented sets the properties of a stream that libav's mov demuxer derives from all samples in
// fragments (mov_read_trun and mov_read_header in libavformat/mov.c). samples are the first ones.
func describeFragmented(s *astiav.Stream, t *isobmff.FragmentedTrack, samples []isobmff.Sample) {
	c, scale := cStream(s), int64(s.TimeBase().Den())
	c.duration = max(c.duration, C.int64_t(t.End))
	if t.Duration > 0 {
		c.codecpar.bit_rate = max(0, C.av_rescale(C.int64_t(t.Table.Bytes), C.int64_t(8*scale),
			C.int64_t(t.Duration))) // negative if it overflows
	}
	if s.CodecParameters().MediaType() != astiav.MediaTypeVideo || t.Duration <= 0 {
		return
	}
	reduce := func(rate *C.AVRational, frames, duration int64) {
		C.av_reduce(&rate.num, &rate.den, C.int64_t(scale*frames), C.int64_t(duration), math.MaxInt32)
	}
	reduce(&c.avg_frame_rate, int64(t.Table.Count), t.Duration)
	if step := stepOf(samples, scale); step > 0 {
		codec := codecOf(s.CodecParameters())
		if codec == media.H264 || codec == media.HEVC {
			reduce(&c.r_frame_rate, 1, step)
		}
	}
}

// stepOf returns the duration of the first samples if avformat_find_stream_info would derive the frame rate
// from it (ff_rfps_calculate in libavformat/demux.c), else 0. It reads 20 or 40 samples, unless they last
// longer than 5 seconds, and more only if other streams need them.
func stepOf(samples []isobmff.Sample, scale int64) int64 {
	const most = 64
	if len(samples) < most {
		return 0
	}
	step := samples[1].DTS - samples[0].DTS
	for i := 1; i < most; i++ {
		if samples[i].DTS-samples[i-1].DTS != step {
			return 0
		}
	}
	if step <= max(1, scale/500) || step > scale/10 {
		return 0
	}
	return step
}
