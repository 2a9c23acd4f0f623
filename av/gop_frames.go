package av

import (
	"cmp"
	"slices"

	"gop/video"
)

// gopFrames is the frames that are presented from a GOP's keyframe until that of the next GOP, and the
// packets that they are decoded from. Its times are those of the file. Its maker frees it.
type gopFrames struct {
	stream, gop int
	packets     []*cutPacket // in decode order; without payloads if their byte offsets are known
	frames      []video.Frame
	extradata   []byte // codec configuration if it differs from the stream's
}

func (f *gopFrames) free() {
	for _, p := range f.packets {
		p.free()
	}
}

// listFrames returns the frames that are presented from the keyframe of GOP first until that of the GOP after
// last.
func (d *demuxer) listFrames(
	ix *video.Index, first, last int, limit int64,
) (frames []video.Frame, err error) {
	for n := first; n <= last; n++ {
		one, err := d.gopFrames(ix, n, limit)
		if err != nil {
			return nil, err
		}
		for _, f := range one.frames {
			f.PTS += ix.Shift
			if f.DTS != video.NoTime {
				f.DTS += ix.Shift
			}
			frames = append(frames, f)
		}
		if d.walker.gopFrames != one {
			one.free()
		}
	}
	return frames, nil
}

// gopFrames returns the frames of GOP n. Those that the walker has are only lent.
func (d *demuxer) gopFrames(ix *video.Index, n int, limit int64) (*gopFrames, error) {
	stream := ix.Track().StreamIndex
	if w := d.walker.gopFrames; w != nil && w.stream == stream && w.gop == n {
		return w, nil
	}
	f, isMade := &gopFrames{stream: stream, gop: n}, false
	defer func() {
		if !isMade { // after an error or a panic
			f.free()
		}
	}()
	c, err := d.framePackets(ix, n, limit)
	if err != nil {
		return nil, err
	}
	f.packets, f.extradata = c.packets, c.extradata
	isLeading := leadingPackets(c.packets, ix.GOPs.At(n).Leading)
	for i, p := range c.packets {
		if !isLeading(i) {
			f.add(p)
		}
	}
	if err := f.addLeading(d, ix, limit-c.bytes); err != nil {
		return nil, err
	}
	slices.SortStableFunc(f.frames, func(a, b video.Frame) int { return cmp.Compare(a.PTS, b.PTS) })
	end := ix.GOPInFile(n).End
	for i := range f.frames {
		next := end
		if i+1 < len(f.frames) {
			next = f.frames[i+1].PTS
		}
		if time := next - f.frames[i].PTS; time > 0 {
			f.frames[i].Duration = time
		}
	}
	isMade = true
	return f, nil
}

// addLeading adds the leading frames of the GOP after f's, which are presented before its keyframe.
func (f *gopFrames) addLeading(d *demuxer, ix *video.Index, limit int64) error {
	next := f.gop + 1
	if next >= ix.GOPs.Len() {
		return nil
	}
	g := ix.GOPs.At(next)
	if g.Leading == 0 || g.KeyPTS <= ix.GOPs.At(f.gop).KeyPTS { // or the clock restarts
		return nil
	}
	c, err := d.framePackets(ix, next, limit)
	if err != nil {
		return err
	}
	last, isLeading := 0, leadingPackets(c.packets, g.Leading)
	for i, p := range c.packets {
		if isLeading(i) {
			f.add(p)
			last = i
		}
	}
	for _, p := range c.packets[last+1:] {
		p.free()
	}
	f.packets = append(f.packets, c.packets[:last+1]...)
	return nil
}

// leadingPackets returns a function that reports whether packet i of a GOP, in decode order, is a leading
// one. The index has counted them. Where it knows more of them than the times tell, they follow the keyframe.
func leadingPackets(packets []*cutPacket, count int) func(i int) bool {
	key := packets[0].effectivePTS()
	early := 0
	for _, p := range packets {
		if p.effectivePTS() < key {
			early++
		}
	}
	if early < count {
		return func(i int) bool { return i > 0 && i <= count }
	}
	return func(i int) bool { return packets[i].effectivePTS() < key }
}

// add adds the frame of a packet, unless an edit list trims it.
func (f *gopFrames) add(p *cutPacket) {
	if p.discard {
		return
	}
	f.frames = append(f.frames, video.Frame{
		PTS: video.Ticks(p.effectivePTS()), DTS: video.Ticks(p.dts), Duration: video.Ticks(p.duration),
		Pos: p.pos, Size: p.size, Key: p.key,
	})
}

// framePackets returns the video packets of GOP n, which all have a PTS. They have no payloads if their byte
// offsets are known.
func (d *demuxer) framePackets(ix *video.Index, n int, limit int64) (*cut, error) {
	key := video.SegmentKey{VideoStream: ix.Track().StreamIndex, AudioStream: -1, GOP: n}
	if d.container.is(movContainer) && !d.onlyLibav || d.container.is(matroskaContainer) {
		c, ok, err := d.cutFromTable(ix, key, limit)
		if err != nil || ok {
			return c, err
		}
	}
	c, err := d.cut(ix, key, limit)
	if err != nil {
		return nil, err
	}
	c.fillPTS()
	return c, nil
}
