package av

import (
	"io"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/internal/isobmff"
	"gop/internal/media"
	"gop/video"
)

// tableBatch is the number of packets that indexSamples takes at a time. They fit into the processor's cache.
const tableBatch = 256

// indexEntries adds the packets of an ISO file. It reads only the headers of keyframes.
func (d *demuxer) indexEntries(x *indexer) error {
	if d.countPackets(x.stream) > x.grouper.MaxPackets {
		return gops.TooManyPackets(x.grouper.MaxPackets)
	}
	table, err := d.samplesOf(x.stream)
	if err != nil {
		return err
	}
	if table.encrypted {
		return encrypted()
	}
	x.config.width, x.config.height = bitstream.ConfigSize(
		x.parser.Codec, table.stream.CodecParameters().ExtraData())
	x.isEdited, x.presentation.End = true, table.presentationEnd()
	x.keyDuration = video.Ticks(table.usualDuration)
	if table.reduced != nil {
		// HEVC also needs its keyframes to find leading frames.
		x.skipsKeys = x.parser.Codec == media.H264 && x.config.width > 0
		return d.indexTable(x, table)
	}
	return d.indexSamples(x, table, 0, table.count)
}

// indexSamples adds the packets [from, to) of a sample table.
func (d *demuxer) indexSamples(x *indexer, table *sampleTable, from, to int) error {
	configs := table.configs
	for from < to {
		var packets []media.Packet
		packets, from = table.packets(from, min(tableBatch, to-from), d.source.Size())
		for i := range packets {
			p := &packets[i]
			if len(configs) > 0 && p.Pos == entriesOf(table.stream, configs[0].index, 1)[0].pos {
				x.config, configs = configs[0], configs[1:]
			}
			var payload io.ReaderAt
			if p.Key || x.following {
				payload = d.payloadAt(p.Pos, p.Size)
			}
			if err := x.add(p, payload); err != nil {
				return err
			}
			x.presentation.Add(*p)
		}
		if err := x.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// payloadAt returns the payload of a packet of an ISO file.
func (d *demuxer) payloadAt(pos int64, size int) io.ReaderAt {
	return io.NewSectionReader(d.source, pos, int64(size))
}

// indexTable adds the packets of a track with reduced tables. Between its ends no packet is trimmed, and all
// have times, so the tables are read GOP by GOP without the packets in between.
func (d *demuxer) indexTable(x *indexer, s *sampleTable) error {
	r := s.reduced
	firstEnd, lastStart := r.Kept-r.first, r.Table.Count-r.Kept-r.first
	gops := min(r.Table.Keys(), x.grouper.MaxGOPs)
	x.grouper.Grow(gops)
	x.presentation.Grow(gops)
	cursor := r.Table.Cursor(r.first)
	for from := 0; from < s.count; {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		next, isAdded := min(r.Table.NextKey(r.first+from+1)-r.first, s.count), false
		if from >= firstEnd && next <= lastStart && !x.following {
			if cursor.Sample() != r.first+from {
				cursor = r.Table.Cursor(r.first + from)
			}
			var err error
			if isAdded, err = d.indexGOP(x, s, &cursor, next-from); err != nil {
				return err
			}
		}
		if !isAdded {
			if err := d.indexSamples(x, s, from, next); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

// indexGOP adds the GOP of the next n samples. It reports false, and adds nothing, if the first one has no
// frame or the file ends before the last one, if some are empty, or if only headers tell the leading frames.
func (d *demuxer) indexGOP(
	x *indexer, s *sampleTable, cursor *isobmff.Cursor, n int,
) (ok bool, err error) {
	size, after := d.source.Size(), int64(x.grouper.Latest())-s.reduced.shift-s.shift
	sample, duration := cursor.Next()
	run, ok := cursor.Run(n-1, sample.DTS+sample.Offset, duration, after, size)
	if !ok || sample.Size == 0 || sample.Pos+int64(sample.Size) > size {
		return false, nil
	}
	dts := sample.DTS + s.reduced.shift
	p := media.Packet{
		Stream: x.stream, PTS: dts + sample.Offset + s.shift, DTS: dts, Duration: duration,
		Pos: sample.Pos, ReadPos: sample.Pos, Size: sample.Size, Key: true, Disposable: sample.Disposable,
	}
	frame := x.parse(&p, d.payloadAt(p.Pos, p.Size))
	if x.following || !p.Key {
		x.following = false
		return false, nil
	}
	run.Shift(s.reduced.shift, s.reduced.shift+s.shift)
	if err := x.addParsed(p, frame); err != nil {
		return false, err
	}
	if run.Count > 0 && run.Earliest < x.start {
		x.addStart(&media.Packet{Stream: x.stream, PTS: run.Earliest})
	}
	x.presentation.Add(p)
	x.presentation.AddRun(run)
	return true, x.grouper.AddRun(run)
}
