package av

// #include <libavutil/rational.h>
import "C"

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
	"gop/internal/media"
)

// keptSamples is the number of samples at each end of a track that libav gets of a large ISO file. It expands
// the tables of all samples that it gets, which takes most of the time of a first request.
const keptSamples = 128

// errNeedsMovie reports that an operation needs packets of libav from the middle of a track whose tables are
// reduced. Engine.withDemuxer repeats it with the whole movie.
var errNeedsMovie = errors.New("the operation needs the whole movie")

// reducedStream is a stream with reduced tables. Its packets are those of consecutive samples of its track.
type reducedStream struct {
	*isobmff.ReducedTrack
	first, count int    // the first of these samples, and their number
	shift        int64  // DTS of a packet minus that of its sample
	discard      []bool // whether the edit list trims each sample that libav has
	samples      []isobmff.Sample
}

// reduction says how the tables of an ISO file are reduced. The zero value keeps them whole.
type reduction struct {
	keep    int // samples at each end of a track, or at its start if they are in fragments
	version string
	movies  *movies       // of the engine
	scan    *isobmff.Scan // of the fragments of an earlier version, or nil
}

// openMovie has libav read an ISO file with this moov box.
func (d *demuxer) openMovie(moov isobmff.Box, r reduction) error {
	d.moov = moov
	if r.keep == 0 {
		return d.openWhole()
	}
	m := r.movies.get(r.version)
	if m == nil {
		made, err := readMovie(d.source, moov, r.keep)
		if err != nil {
			return err
		}
		if made == nil {
			return d.openWhole()
		}
		made.version = r.version
		m = r.movies.share(made)
	}
	d.movie, d.movies = m, r.movies
	d.source.Replace(moov.Pos, moov.End-moov.Pos, m.Box)
	if d.openInput() == nil && d.describeReduced(m.ReducedMovie) {
		return nil
	}
	return d.openWhole()
}

// openWhole opens the file with the tables of all samples. It may have been opened before.
func (d *demuxer) openWhole() error {
	d.closeInput()
	d.releaseMovie()
	d.source.Replace(0, 0, nil)
	if _, err := d.source.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if d.tableBytes = 0; d.fragmented {
		return d.openInput()
	}
	if err := d.source.Cache(d.moov.Pos, d.moov.End-d.moov.Pos); err != nil {
		return fmt.Errorf("read the movie box: %w", err)
	}
	return d.openInput()
}

// releaseMovie ends the use of the reduced movie or of the tables of fragments.
func (d *demuxer) releaseMovie() {
	d.fragments = nil
	if d.reduced, d.tables = nil, map[int]*sampleTable{}; d.movie != nil {
		d.movies.release(d.movie)
		d.movie = nil
	}
}

// isReduced reports whether libav has reduced tables of some stream.
func (d *demuxer) isReduced() bool { return len(d.reduced) > 0 }

// describeReduced sets the properties of streams that depend on all samples, and relates the packets of
// reduced streams to samples. It reports false if libav took something else from the tables than gop.
func (d *demuxer) describeReduced(m *isobmff.ReducedMovie) bool {
	d.reduced = map[int]*reducedStream{}
	for _, t := range m.Tracks {
		for _, s := range d.streams {
			if s.ID() != t.ID {
				continue
			}
			r, ok := newReducedStream(s, t)
			if !ok {
				return false
			}
			r.describe(s)
			d.reduced[s.Index()] = r
		}
	}
	return len(d.reduced) == len(m.Tracks)
}

// newReducedStream relates the packets of a stream to the samples of its track. It reports false unless they
// are consecutive samples with the track's times and all fillers are among them.
func newReducedStream(s *astiav.Stream, t *isobmff.ReducedTrack) (r *reducedStream, ok bool) {
	entries := entriesOf(s, 0, math.MaxInt32)
	before := 0 // packets before the fillers
	for before < len(entries) && entries[before].pos != isobmff.FillerPos {
		before++
	}
	after := len(entries) - before - t.Fillers
	if before == 0 || before > t.Kept || after <= 0 || after > t.Kept {
		return nil, false
	}
	r = &reducedStream{ReducedTrack: t, first: t.Kept - before}
	if r.first > 0 && t.Table.HasDependencies() { // libav takes those of other samples
		return nil, false
	}
	if len(s.CodecParameters().ExtraData()) > t.EntryBytes { // libav has read on into other boxes
		return nil, false
	}
	r.count = t.Table.Count - r.first - (t.Kept - after)
	kept := t.Table.Samples(nil, r.first, before)
	kept = append(kept, t.Table.Samples(nil, t.Table.Count-t.Kept, after)...)
	r.shift = entries[0].dts - kept[0].DTS
	for i, e := range entries {
		isFiller := i >= before && i < before+t.Fillers
		if isFiller != (e.pos == isobmff.FillerPos) || isFiller && e.discard {
			return nil, false
		}
		r.discard = append(r.discard, e.discard)
		if isFiller {
			continue
		}
		sample := kept[0]
		kept = kept[1:]
		want := indexEntry{
			pos: sample.Pos, dts: sample.DTS + r.shift, size: sample.Size,
			key: sample.Key, discard: e.discard,
		}
		if e != want {
			return nil, false
		}
	}
	return r, true
}

// describe sets the properties of the stream that libav's mov demuxer derives from all samples
// (mov_read_stts, mov_read_trak, mov_read_header and mov_estimate_video_delay in libavformat/mov.c).
func (r *reducedStream) describe(s *astiav.Stream) {
	c, table := cStream(s), r.Table
	c.nb_frames = C.int64_t(table.Count)
	if s.CodecParameters().MediaType() != astiav.MediaTypeVideo {
		return
	}
	scale := int64(s.TimeBase().Den())
	rate := func(samples, duration int64) (rate C.AVRational) {
		C.av_reduce(&rate.num, &rate.den, C.int64_t(scale*samples), C.int64_t(duration), math.MaxInt32)
		return rate
	}
	average := rate(int64(table.Count), table.Duration)
	c.avg_frame_rate.num, c.avg_frame_rate.den = average.num, average.den
	if duration := table.FrameDuration(); duration > 0 {
		exact := rate(1, duration)
		c.r_frame_rate.num, c.r_frame_rate.den = exact.num, exact.den
	}
	if codecOf(s.CodecParameters()) == media.H264 && table.HasOffsets() {
		c.codecpar.video_delay = C.int(table.ReorderDelay(r.first, r.first+r.count))
	}
}

// entries adds at most n packets from packet from on to into.
func (r *reducedStream) entries(into []indexEntry, from, n int) []indexEntry {
	r.samples = r.Table.Samples(r.samples, r.first+from, min(n, r.count-from))
	into = slices.Grow(into, len(r.samples))
	for i := range r.samples {
		s := &r.samples[i]
		into = append(into, indexEntry{
			pos: s.Pos, dts: s.DTS + r.shift, offset: s.Offset, size: s.Size, key: s.Key,
			disposable: s.Disposable, discard: r.isDiscarded(r.first + from + i),
		})
	}
	return into
}

// isDiscarded reports whether the edit list trims a sample.
func (r *reducedStream) isDiscarded(sample int) bool {
	at := sample - r.first
	if end := sample - (r.Table.Count - r.Kept); end >= 0 {
		at = r.Kept + r.Fillers + end - r.first
	} else if sample >= r.Kept {
		return false
	}
	return r.discard[at]
}

// find returns the first packet with a DTS of at least dts.
func (r *reducedStream) find(dts int64) int {
	return max(0, min(r.Table.Find(dts-r.shift)-r.first, r.count))
}

// countPackets returns the number of packets of an ISO file's stream.
func (d *demuxer) countPackets(stream int) int {
	if r := d.reduced[stream]; r != nil {
		return r.count
	}
	return entryCount(d.streams[stream])
}
