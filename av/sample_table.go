package av

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"
	"sort"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/isobmff"
	"gop/internal/media"
	"gop/video"
)

// sampleTable describes all packets of a track by an ISO file's tables.
type sampleTable struct {
	stream *astiav.Stream
	count  int // packets, in decode order
	table  isobmff.SampleTable
	shift  int64 // PTS-DTS where the table's offset is 0
	// Its samples if libav has only some of them, else nil. Then table has neither offsets nor dependencies.
	reduced *reducedStream
	// Duration of each packet by libav if the table has offsets: that of the first one. 0 if unknown.
	usualDuration int64
	trims         bool  // the edit list trims packets that the index marks
	lastDuration  int64 // duration of the last packet
	runs          []int // indexes of the first packets after which the DTS increase
	audio         audioDurations

	configs   []newConfig // changes of the codec configuration within the packets
	encrypted bool        // some packets are encrypted

	// Memory that entries and packets return.
	read   []indexEntry
	result []media.Packet
}

// samplesOf returns the sample table of a stream, from the file's boxes if possible, else by demuxing all
// packets without payloads. Its errors are those of Engine.Index.
func (d *demuxer) samplesOf(stream int) (*sampleTable, error) {
	if table, ok := d.tables[stream]; ok {
		return table, nil
	}
	defer d.discardNone()
	d.discardAllBut(stream)
	s := &sampleTable{stream: d.streams[stream], count: d.countPackets(stream), reduced: d.reduced[stream]}
	// In fragments, libav ignores edits and marks packets whose clock goes back (mov_read_trun in
	// libavformat/mov.c).
	s.trims = !d.fragmented
	ok, err := d.readTables(s)
	if err == nil && !ok {
		if s.reduced != nil {
			return nil, errNeedsMovie
		}
		s.table.Offsets, s.table.Dependencies = nil, nil
		err = d.demuxSamples(s)
	}
	if err != nil {
		return nil, err
	}
	if s.reduced == nil {
		s.runs = runsOf(cEntries(s.stream))
	}
	if isVideo := s.stream.CodecParameters().MediaType() == astiav.MediaTypeVideo; isVideo {
		s.lastDuration = cmp.Or(s.table.LastDuration, s.lastDuration)
	} else {
		s.audio = audioDurationsOf(codecOf(s.stream.CodecParameters()), rational(s.stream.TimeBase()),
			s.entries(0, min(s.count, sampledDurations)))
	}
	d.tables[stream], d.hasFirstConfig[stream] = s, true
	return s, nil
}

// readTables fills in s from the boxes of the file. It reports false if they do not suffice.
func (d *demuxer) readTables(s *sampleTable) (ok bool, err error) {
	if d.onlyLibav || d.fragmented && s.reduced == nil || s.count == 0 {
		return false, nil
	}
	if d.fragmented {
		return d.readFirstTimes(s)
	}
	if s.reduced != nil {
		s.table.Edits, s.table.LastDuration = s.reduced.Edits, s.reduced.Table.LastDuration()
	} else if s.table, ok = isobmff.ReadSampleTable(d.source, d.moov, s.stream.ID(), s.count); !ok {
		return false, nil
	}
	return d.readFirstTimes(s)
}

// readFirstTimes fills in what the first packet tells of all packets. It reports false if the table does not
// describe it.
func (d *demuxer) readFirstTimes(s *sampleTable) (ok bool, err error) {
	// libav shifts times by the offsets and the edit list. The first packet shows by how much.
	defer emptyPayloads(s.stream, 1)()
	if err := d.rewind(s.stream.Index()); err != nil {
		return false, err
	}
	p := astiav.AllocPacket()
	if p == nil {
		return false, errNoMemory
	}
	defer p.Free()
	if err := d.format.ReadFrame(p); err != nil {
		return false, d.unreadable("the packets cannot be read", err)
	}
	first := s.entries(0, 1)[0]
	if p.Pos() != 0 || p.Dts() != first.dts {
		return false, nil
	}
	s.shift = p.Pts() - p.Dts() - first.offset
	if s.hasOffsets() {
		s.usualDuration = p.Duration()
	}
	end, step := s.end()
	if d.fragmented { // it lasts as long as the first one; offsets include libav's shift
		s.lastDuration = cmp.Or(max(p.Duration(), 0), step)
		return s.shift == 0, nil
	}
	if s.lastDuration = s.stream.Duration() - end; s.lastDuration <= 0 {
		s.lastDuration = step
	}
	return true, nil
}

// demuxSamples fills in s by demuxing all packets as if they were empty.
func (d *demuxer) demuxSamples(s *sampleTable) error {
	stream := s.stream.Index()
	if err := d.rewind(stream); err != nil {
		return err
	}
	defer emptyPayloads(s.stream, s.count)()
	s.table.Offsets, s.count = make([]int32, s.count), 0
	keep := func(packets []media.Packet, last *astiav.Packet) (stopAt, error) {
		for _, p := range packets {
			if p.Pos != int64(s.count) || s.count == len(s.table.Offsets) {
				return stopAtNone, errOutOfOrder
			}
			s.table.Offsets[s.count] = int32(p.PTS - p.DTS)
			if p.Disposable && s.table.Dependencies == nil {
				s.table.Dependencies = make([]byte, len(s.table.Offsets))
			}
			if p.Disposable {
				s.table.Dependencies[s.count] = isobmff.DependencyNone
			}
			s.encrypted = s.encrypted || p.Encrypted
			if s.count == 0 {
				s.usualDuration = p.Duration
			}
			s.lastDuration = p.Duration
			s.count++
		}
		if last != nil {
			d.noteExtradata(last)
			s.note(d.extradata[stream])
		}
		return stopAtNone, d.source.Context().Err()
	}
	err := demuxPackets(d.format, stream, stopAtNone, true, keep)
	if d.source.Err() != nil || s.count == 0 && err != nil {
		return d.unreadable("the packets cannot be read", err)
	}
	if !slices.ContainsFunc(s.table.Offsets, func(offset int32) bool { return offset != 0 }) {
		s.table.Offsets, s.usualDuration = nil, 0
	}
	if s.lastDuration <= 0 {
		_, s.lastDuration = s.end()
	}
	return nil // the packets before an error can be served
}

// newConfig is a change of the codec configuration.
type newConfig struct {
	index         int // of the first packet that it applies to
	width, height int // of frames by the configuration, in pixels; 0 if unknown
}

// note notes that config applies from the last packet on.
func (s *sampleTable) note(config []byte) {
	p := s.stream.CodecParameters()
	if len(s.configs) == 0 && bytes.Equal(config, p.ExtraData()) {
		return
	}
	width, height := bitstream.ConfigSize(codecOf(p), config)
	s.configs = append(s.configs, newConfig{s.count - 1, width, height})
}

// presentationEnd returns the end of the last edit in the stream's time base, or 0 if it is not known.
func (s *sampleTable) presentationEnd() video.Ticks {
	edits := s.table.Edits
	if !s.trims || edits.Duration <= 0 || edits.TimeScale <= 0 {
		return 0
	}
	base := video.Rational{Num: 1, Den: edits.TimeScale}
	return video.Ticks(edits.Duration).Rescale(base, rational(s.stream.TimeBase()))
}

// end returns the DTS of the last packet and its distance from the one before.
func (s *sampleTable) end() (dts, step int64) {
	last := s.entries(max(0, s.count-2), min(2, s.count))
	if len(last) == 0 {
		return 0, 0
	}
	dts = last[len(last)-1].dts
	return dts, dts - last[0].dts
}

// find returns the index of the first packet of a run at or after a DTS, and the index of the run's first
// packet. Where the clock goes back, several runs may have that DTS. It chooses the run whose packet is the
// nearest to a byte offset, and then to the DTS.
func (s *sampleTable) find(dts, pos int64) (at, start int) {
	if s.reduced != nil {
		return s.reduced.find(dts), 0
	}
	entries := cEntries(s.stream)[:s.count]
	best := [2]int64{math.MaxInt64, math.MaxInt64}
	for i, first := range s.runs {
		end := s.count
		if i+1 < len(s.runs) {
			end = min(s.runs[i+1], s.count)
		}
		if first >= end {
			break
		}
		found := first + sort.Search(end-first, func(j int) bool {
			return int64(entries[first+j].timestamp) >= dts
		})
		nearest := entries[min(found, end-1)]
		distance := [2]int64{abs(int64(nearest.pos) - pos), abs(int64(nearest.timestamp) - dts)}
		if slices.Compare(distance[:], best[:]) < 0 {
			at, start, best = found, first, distance
		}
	}
	return at, start
}

func abs(n int64) int64 { return max(n, -n) }

var errOutOfOrder = errors.New("the packets are not in index order")

// hasOffsets reports whether the track has a ctts box with different offsets.
func (s *sampleTable) hasOffsets() bool {
	return s.table.Offsets != nil || s.reduced != nil && s.reduced.Table.HasOffsets()
}

// entries returns at most n entries from index from on. They are valid until the next call.
func (s *sampleTable) entries(from, n int) []indexEntry {
	if s.reduced != nil {
		s.read = s.reduced.entries(s.read[:0], from, n)
		return s.read
	}
	s.read = entriesOf(s.stream, from, min(n, s.count-from))
	for i := range s.read {
		if s.table.Offsets != nil {
			s.read[i].offset = int64(s.table.Offsets[from+i])
		}
		s.read[i].disposable = s.table.Disposable(from + i)
	}
	return s.read
}

// packets returns at most n packets from index from on, and the index to continue from. It omits empty
// packets, and packets past the end of a file that is cut off at size bytes. The packets are valid until the
// next call.
func (s *sampleTable) packets(from, n int, size int64) (packets []media.Packet, next int) {
	entries := s.entries(from, n+1) // one more, for its DTS
	n = min(n, len(entries))
	s.result = slices.Grow(s.result[:0], n)
	stream := s.stream.Index()
	for i := range n {
		e := &entries[i]
		if e.pos < 0 || e.size <= 0 || e.pos >= size {
			continue
		}
		duration := s.lastDuration
		if i+1 < len(entries) && entries[i+1].dts >= e.dts {
			duration = entries[i+1].dts - e.dts
		}
		s.result = append(s.result, media.Packet{
			Stream: stream, PTS: e.dts + e.offset + s.shift, DTS: e.dts, Duration: s.audio.limit(duration),
			Pos: e.pos, ReadPos: e.pos, Size: int(min(int64(e.size), size-e.pos)), // the file may be cut off
			Key: e.key, Discard: e.discard && s.trims, Disposable: e.disposable,
		})
	}
	return s.result, from + n
}
