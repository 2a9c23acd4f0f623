package main

import (
	"context"
	"fmt"

	"gop/av"
	"gop/library"
	"gop/video"
)

// engine is what is held against the files: an av.Engine, or in tests one that errs.
type engine interface {
	Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open func() (video.File, error)) (*video.Segment, error)
	Packets(ctx context.Context, v video.Video, open func() (video.File, error), visit func(av.Packet) error) ([]video.Track, error)
}

// checker checks files, several at a time.
type checker struct {
	engine     engine
	folder     *library.Folder
	firstGOPs  int // of each file that are cut, beside the last; 0 is all
	maxPackets int // that are kept of one track
}

// check checks one file. It tells progress which part of it is done, from 0 to 1.
func (c *checker) check(ctx context.Context, v video.Video, progress func(part float64)) *result {
	r := newResult(v.Name, conforms)
	if err := c.checkFile(ctx, v, r, progress); err != nil {
		switch kind := video.KindOf(err); {
		case ctx.Err() != nil:
			r.Outcome = interrupted
			return r
		case kind == video.Unreadable || kind == video.TooLarge:
			r.Outcome, r.Reason = refused, video.Message(err)
			return r
		default:
			r.fail(checkListing, -1, "%v", err)
		}
	}
	if r.Failed > 0 {
		r.Outcome = fallsShort
	}
	return r
}

// checkFile returns an error where the file cannot be listed: nothing else has been checked then.
func (c *checker) checkFile(ctx context.Context, v video.Video, r *result, progress func(float64)) error {
	open := func() (video.File, error) { return c.folder.Open(v) }
	ix, err := c.engine.Index(ctx, v, 1, open)
	if err != nil {
		return err
	}
	if left := ix.Track().Unsupported; left != "" {
		return video.Errorf(video.Unreadable, "%s", left)
	}
	sound := soundOf(ix)
	stream := -1
	if sound != nil {
		stream = sound.StreamIndex
	}
	source, tracks, err := readPackets(ctx, c.engine, v, open, ix.Track().StreamIndex, stream, c.maxPackets)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case video.KindOf(err) == video.TooLarge:
		return err
	case err != nil:
		r.fail(checkListing, -1, "the file is listed, and cannot be read: %v", err)
		return nil
	case source.ended != nil:
		r.Notes = append(r.Notes, "the file is damaged; what stands before that was checked")
	}
	groups, leadIn := groupsOf(&source.film)
	f := &fileCheck{checker: c, ix: ix, sound: sound, source: source, groups: groups, open: open, result: r, restarts: clockRestarts(groups)}
	f.checkListing(leadIn, tracks)
	return f.checkGOPs(ctx, progress)
}

// soundOf is the audio track that segments hold, or nil.
func soundOf(ix *video.Index) *video.Track {
	if ix.DefaultAudio < 0 || ix.AudioUnsupported() != "" {
		return nil
	}
	return &ix.Tracks[ix.DefaultAudio]
}

// fileCheck is the check of one file.
type fileCheck struct {
	*checker
	*result
	ix     *video.Index
	sound  *video.Track // nil where segments have none
	source *packets
	groups []group
	open   func() (video.File, error)
	held   int // packets that the cuts so far hold as they should

	restarts bool // the film's clock starts again
	past     int  // packets of sound that were over before the GOP under way
}

// checkListing holds the index against the packets.
func (f *fileCheck) checkListing(leadIn int, tracks []video.Track) {
	if len(f.ix.Tracks) != len(tracks) {
		f.fail(checkListing, -1, "%d tracks are listed, and the file has %d", len(f.ix.Tracks), len(tracks))
	}
	if len(f.ix.GOPs) != len(f.groups) {
		f.fail(checkListing, -1, "%d GOPs are listed, and the file has %d", len(f.ix.GOPs), len(f.groups))
	}
	if f.ix.PacketsBeforeFirstKey != leadIn {
		f.fail(checkListing, -1, "%d packets are listed before the first key, and the file has %d", f.ix.PacketsBeforeFirstKey, leadIn)
	}
	for i := range min(len(f.ix.GOPs), len(f.groups)) {
		listed, g := f.ix.GOPs[i], f.groups[i]
		if listed.Frames != len(g.samples) {
			f.fail(checkListing, i, "%d frames are listed, and the file has %d", listed.Frames, len(g.samples))
		}
		if listed.Bytes != g.bytes() {
			f.fail(checkListing, i, "%d bytes are listed, and the file has %d", listed.Bytes, g.bytes())
		}
		start, ok := g.start()
		if !ok {
			f.skip(checkListing, "the file does not tell the time of every key")
		} else if listed.Start != start {
			f.fail(checkListing, i, "the start is listed as %d ticks, and the file has %d", listed.Start, start)
		}
		leading := 0
		for _, s := range g.samples {
			if is, known := g.isLeading(s); is && known {
				leading++
			}
		}
		switch {
		case listed.Leading > leading && f.ix.Track().Codec == "hevc":
			f.skip(checkListing, "pictures that call themselves leading are not shown before their key")
		case listed.Leading != leading:
			f.fail(checkListing, i, "%d leading pictures are listed, and the file has %d", listed.Leading, leading)
		}
	}
}

// checkGOPs cuts the GOPs, one after the other, and checks each.
func (f *fileCheck) checkGOPs(ctx context.Context, progress func(float64)) error {
	listed := len(f.ix.GOPs)
	for i := range listed {
		if f.firstGOPs > 0 && i >= f.firstGOPs && i < listed-1 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f.checkGOP(ctx, i)
		progress(float64(i+1) / float64(listed))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case f.GOPs < listed:
		f.skip(checkWhole, fmt.Sprintf("of %d GOPs, %d were cut", listed, f.GOPs))
	case f.held != len(f.source.film.samples)-f.ix.PacketsBeforeFirstKey:
		f.fail(checkWhole, -1, "from the first key on, the file has %d packets, and the cuts hold %d of them",
			len(f.source.film.samples)-f.ix.PacketsBeforeFirstKey, f.held)
	}
	return nil
}
