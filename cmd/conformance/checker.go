package main

import (
	"context"
	"fmt"

	"gop/av"
	"gop/library"
	"gop/video"
)

// openFunc opens a video.
type openFunc = func(context.Context) (video.File, error)

// engine is the engine under test: an av.Engine, or a faulty one in tests.
type engine interface {
	Index(ctx context.Context, v video.Video, n int, open openFunc) (*video.Index, error)
	ReadKeys(ctx context.Context, ix *video.Index, open openFunc) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open openFunc) (*video.Segment, error)
	Packets(
		ctx context.Context, v video.Video, stream int, open openFunc, f func(av.Packet) error,
	) ([]video.Track, error)
}

// checker checks files. It may be used concurrently.
type checker struct {
	engine     engine
	folder     *library.Folder
	firstGOPs  int // number of GOPs to cut of each file, besides the last; 0 means all
	maxPackets int // limit per track
}

// check checks one file. It calls progress with the fraction that is done, from 0 to 1.
func (c *checker) check(ctx context.Context, v video.Video, progress func(fraction float64)) *result {
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

// checkFile checks one file. It returns an error if the file cannot be listed, in which case nothing is
// checked.
func (c *checker) checkFile(ctx context.Context, v video.Video, r *result, progress func(float64)) error {
	open := func(ctx context.Context) (video.File, error) { return c.folder.Open(ctx, v) }
	ix, err := c.engine.Index(ctx, v, 1, open)
	if err == nil {
		ix, err = c.engine.ReadKeys(ctx, ix, open)
	}
	if err != nil {
		return err
	}
	if reason := ix.Track().Unsupported; reason != "" {
		return video.Errorf(video.Unreadable, "%s", reason)
	}
	audio := audioOf(ix)
	audioStream := -1
	if audio != nil {
		audioStream = audio.StreamIndex
	}
	source, tracks, err := readPackets(ctx, c.engine, v, open, ix.Track().StreamIndex, audioStream,
		c.maxPackets)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case video.KindOf(err) == video.TooLarge:
		return err
	case err != nil:
		r.fail(checkListing, -1, "the file can be listed but not read: %v", err)
		return nil
	case source.video.damage != nil:
		r.Notes = append(r.Notes, "the file is damaged; only the packets before the damage were checked")
	}
	if ix.Scanned {
		source.video.dropStrays(video.VideoTrack)
		source.audio.dropStrays(video.AudioTrack)
	}
	source.audio.timeBlocks()
	groups, beforeFirstKey := groupsOf(&source.video)
	findTrimmed(groups)
	f := &fileCheck{
		checker: c, ix: ix, audio: audio, source: source, groups: groups, open: open, result: r,
		restarts: clockRestarts(groups),
	}
	if audio != nil {
		f.usualAudio = usualDuration(audio.Codec, source.audio.samples)
	}
	if f.side, err = f.readSideData(ctx); err != nil {
		r.fail(checkSideData, -1, "read the sample entry: %v", err)
	}
	f.checkListing(beforeFirstKey, tracks)
	if err := f.checkGOPs(ctx, progress); err != nil {
		return err
	}
	f.checkRuns(ctx)
	f.checkClips(ctx)
	return ctx.Err()
}

// audioOf returns the audio track that segments hold, or nil.
func audioOf(ix *video.Index) *video.Track {
	if ix.DefaultAudio < 0 || ix.AudioUnsupported() != "" {
		return nil
	}
	return &ix.Tracks[ix.DefaultAudio]
}

// fileCheck is the check of one file.
type fileCheck struct {
	*checker
	*result
	ix      *video.Index
	audio   *video.Track // nil if segments have no audio
	source  *packets
	groups  []group
	side    sideData // of the video track; nil if unknown
	open    openFunc
	matched int // video packets that the segments checked so far share with the file

	restarts   bool        // the clock of the video track restarts
	usualAudio video.Ticks // most frequent duration of an audio packet; 0 if they differ
	audioStart int         // index of the first audio packet that may overlap the current GOP
}

// checkListing compares the index with the packets of the file.
func (f *fileCheck) checkListing(beforeFirstKey int, tracks []video.Track) {
	if len(f.ix.Tracks) != len(tracks) {
		f.fail(checkListing, -1, "the listing has %d tracks, the file has %d", len(f.ix.Tracks), len(tracks))
	}
	if f.ix.GOPs.Len() != len(f.groups) {
		f.fail(checkListing, -1, "the listing has %d GOPs, the file has %d", f.ix.GOPs.Len(), len(f.groups))
	}
	if f.ix.PacketsBeforeFirstKey != beforeFirstKey {
		f.fail(checkListing, -1, "the listing has %d packets before the first keyframe, the file has %d",
			f.ix.PacketsBeforeFirstKey, beforeFirstKey)
	}
	for i := range min(f.ix.GOPs.Len(), len(f.groups)) {
		f.checkListedGOP(i, f.ix.GOPs.At(i), f.groups[i])
	}
}

// checkListedGOP compares GOP i of the index with the packets of the file.
func (f *fileCheck) checkListedGOP(i int, listed video.GOP, g group) {
	if listed.Frames != len(g.samples) {
		f.fail(checkListing, i, "the listing has %d frames, the file has %d", listed.Frames, len(g.samples))
	}
	if listed.Bytes != g.bytes() {
		f.fail(checkListing, i, "the listing has %d bytes, the file has %d", listed.Bytes, g.bytes())
	}
	if listed.Trimmed != g.trimmed {
		f.fail(checkListing, i, "trimmed is %t, by the file %t", listed.Trimmed, g.trimmed)
	}
	start, ok := g.start()
	if !ok {
		f.skip(checkListing, "some keyframes have no time")
		return
	}
	if start += f.ix.Shift; listed.Start != start {
		f.fail(checkListing, i, "the listing starts at %d ticks, the file at %d", listed.Start, start)
	}
	leading := 0
	for _, s := range g.samples {
		if is, known := g.isLeading(s); is && known {
			leading++
		}
	}
	switch {
	case listed.Leading > leading && f.ix.Track().Codec == "hevc":
		f.skip(checkListing, "frames that are marked as leading are not presented before their keyframe")
	case listed.Leading != leading:
		f.fail(checkListing, i, "the listing has %d leading frames, the file has %d", listed.Leading, leading)
	}
}

// checkGOPs cuts the GOPs one after another and checks each.
func (f *fileCheck) checkGOPs(ctx context.Context, progress func(float64)) error {
	listed := f.ix.GOPs.Len()
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
	want := len(f.source.video.samples) - f.ix.PacketsBeforeFirstKey
	switch {
	case f.GOPs < listed:
		f.skip(checkComplete, fmt.Sprintf("%d of %d GOPs were cut", f.GOPs, listed))
	case f.matched != want:
		f.fail(checkComplete, -1, "the file has %d packets from the first keyframe on, the segments %d",
			want, f.matched)
	}
	return nil
}
