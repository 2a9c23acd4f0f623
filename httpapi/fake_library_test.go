package httpapi_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gop/video"
	"gop/video/cut"
)

// fakeLibrary is a httpapi.Library in memory.
type fakeLibrary struct {
	indexes map[string]*video.Index
	// errs are the errors of Index by name, of Catalog under "" and of Ready under "ready".
	errs    map[string]error
	pending []string // names of videos that are not indexed yet

	// segment makes segments; nil makes the same for every key.
	segment func(ix *video.Index, key video.SegmentKey) (*video.Segment, error)
	status  video.CacheStatus // of all segments and thumbnails

	mu         sync.Mutex // guards the following four, which calls write
	made       int        // number of segments and thumbnails
	lastCut    cut.Cut    // last argument of Resolve
	lastImage  cut.Image  // last argument of ResolveImage
	lastClient string     // of the last call of Segment

	cached    *video.Segment // the segment of every key if not nil; Stream then streams nothing
	streamErr error          // error of Stream
	failsAt   byte           // first byte of the fragment before which Stream fails

	audioLeftOut string // of all segments

	times video.StageTimes // of each Index, Segment, Thumbnail and Stream
}

// work spends the times in each stage.
func (s *fakeLibrary) work(ctx context.Context) {
	timings := video.TimingsOf(ctx)
	for _, stage := range video.Stages {
		if spent := s.times[stage]; spent > 0 {
			previous := timings.Enter(stage)
			time.Sleep(spent)
			timings.Enter(previous)
		}
	}
}

func (s *fakeLibrary) Catalog(context.Context, time.Duration) (*video.Catalog, error) {
	if err := s.errs[""]; err != nil {
		return nil, err
	}
	c := &video.Catalog{Pending: len(s.pending)}
	for _, ix := range s.indexes {
		sum := ix.Summary()
		c.Entries = append(c.Entries, video.Entry{Video: ix.Video, Summary: &sum})
	}
	for name, err := range s.errs {
		c.Entries = append(c.Entries, video.Entry{Video: video.Video{Name: name}, Err: err})
	}
	for _, name := range s.pending {
		c.Entries = append(c.Entries, video.Entry{Video: video.Video{Name: name}, Pending: true})
	}
	slices.SortFunc(c.Entries, func(a, b video.Entry) int { return cmp.Compare(a.Video.Name, b.Video.Name) })
	for _, e := range c.Entries {
		c.Version += fmt.Sprintln(e.Video.Name, e.Video.Version, e.Err, e.Pending)
	}
	return c, nil
}

// record calls write, which writes a field that mu guards.
func (s *fakeLibrary) record(write func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	write()
}

func (s *fakeLibrary) Ready(context.Context) error { return s.errs["ready"] }

func (s *fakeLibrary) Index(ctx context.Context, name string, n int) (*video.Index, error) {
	s.work(ctx)
	if err := s.errs[name]; err != nil {
		return nil, err
	}
	if name == "panic.mp4" {
		panic("a bug")
	}
	if ix := s.indexes[name]; ix != nil {
		if n > ix.CountTracks(video.VideoTrack) {
			return nil, video.Errorf(video.NotFound, "no such track")
		}
		selected := *ix
		selected.Primary = ix.TrackIndex(video.VideoTrack, n)
		return &selected, nil
	}
	return nil, video.Errorf(video.NotFound, "there is no such video")
}

// Resolve returns an index without what keyframes tell.
func (s *fakeLibrary) Resolve(
	ctx context.Context, name string, c cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	ix, key, err := s.ResolveListing(ctx, name, c)
	if err != nil {
		return nil, key, err
	}
	unread, gops := *ix, ix.GOPs.Unpack()
	for i := range gops {
		gops[i].KeyType = ""
	}
	unread.GOPs, unread.KeysUnread = video.NewGOPList(gops...), true
	return &unread, key, nil
}

func (s *fakeLibrary) ResolveListing(
	ctx context.Context, name string, c cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	ix, err := s.Index(ctx, name, max(c.Video, 1))
	if err != nil {
		return nil, video.SegmentKey{}, err
	}
	s.record(func() { s.lastCut = c })
	key, err := c.Resolve(ix)
	return ix, key, err
}

func (s *fakeLibrary) ResolveImage(
	ctx context.Context, name string, image cut.Image,
) (*video.Index, video.ThumbnailKey, error) {
	ix, err := s.Index(ctx, name, max(image.Track(), 1))
	if err != nil {
		return nil, video.ThumbnailKey{}, err
	}
	s.record(func() { s.lastImage = image })
	frames := func(gop int) ([]video.Frame, error) { return s.Frames(ctx, ix, gop, gop) }
	key, err := image.Resolve(ix, frames)
	return ix, key, err
}

// Frames lists frames of the same duration.
func (s *fakeLibrary) Frames(
	ctx context.Context, ix *video.Index, first, last int,
) (frames []video.Frame, err error) {
	for n := first; n <= last; n++ {
		g := ix.GOPs.At(n)
		time := g.Duration() / video.Ticks(max(g.Presented, 1))
		for i := range g.Presented {
			frames = append(frames, video.Frame{
				PTS: g.Start + video.Ticks(i)*time, DTS: g.StartDTS + video.Ticks(i)*time, Duration: time,
				Pos: g.KeyPos, Size: 100 + i, Key: i == 0,
			})
		}
	}
	return frames, ctx.Err()
}

func (s *fakeLibrary) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey,
	send func(*video.Segment, video.CacheStatus) error,
) error {
	s.record(func() { s.lastClient = video.ClientOf(ctx) })
	s.work(ctx)
	if s.cached != nil {
		return send(s.cached, video.CacheHit)
	}
	s.record(func() { s.made++ })
	if s.segment != nil {
		segment, err := s.segment(ix, key)
		if err != nil {
			return err
		}
		return send(segment, s.status)
	}
	// The parts have several sizes, and one is empty.
	return send(&video.Segment{
		Key: key, ContentType: "video/mp4", Size: 10,
		Parts: []video.Part{{Data: []byte("01")}, {}, {Data: []byte("2345678")}, {Data: []byte("9")}},

		AudioLeftOut: s.audioLeftOut,
	}, s.status)
}

func (s *fakeLibrary) Thumbnail(
	ctx context.Context, _ *video.Index, key video.ThumbnailKey,
	send func(*video.Thumbnail, video.CacheStatus) error,
) error {
	s.work(ctx)
	s.record(func() { s.made++ })
	return send(&video.Thumbnail{
		Key: key, ContentType: key.Format.MediaType(),
		Data: []byte(segmentText),
	}, s.status)
}

// Stream sends two fragments. It fails before the one that starts with s.failsAt.
func (s *fakeLibrary) Stream(
	ctx context.Context, _ *video.Index, _ video.StreamKey, send func(video.Fragment) error,
) (streamed bool, err error) {
	if s.cached != nil {
		return false, nil
	}
	for _, fragment := range []string{"0123", "456789"} {
		s.work(ctx)
		if s.streamErr != nil && fragment[0] == s.failsAt {
			return true, s.streamErr
		}
		if err := send(video.Fragment{Data: []byte(fragment), AudioLeftOut: s.audioLeftOut}); err != nil {
			return true, err
		}
	}
	return true, nil
}

// testIndex returns an index of two GOPs. The second is open.
func testIndex(name string) *video.Index {
	return &video.Index{
		Video: video.Video{Name: name, Size: 1234, ModTime: modified, Version: "v1"},
		Tracks: []video.Track{
			{
				StreamIndex: 0, Kind: video.VideoTrack, Codec: "h264", MIME: "avc1.64000B",
				TimeBase: video.Rational{Num: 1, Den: 90000},
				Width:    192, Height: 108, PixelFormat: "yuv420p", SampleAspect: video.Rational{
					Num: 1,
					Den: 1,
				},
				Color: video.Color{Range: "tv", Space: "bt709", ChromaLocation: "left"},
			},
			{StreamIndex: 1, Kind: video.AudioTrack, Codec: "aac"},
		},
		DefaultAudio: 1,
		GOPs: video.NewGOPList(
			video.GOP{
				Number: 0, Start: 0, End: 90000, StartDTS: -3600,
				Frames: 25, Presented: 27, Bytes: 1000, Closed: true,
				KeyType: video.KeyIDR, KeyPos: 48, KeySize: 500, KeyDuration: 3600,
			},
			video.GOP{
				Number: 1, Start: 97200, KeyPTS: 97200, End: 180000, StartDTS: 90000,
				Frames: 25, Presented: 23, Bytes: 900, Leading: 2,
				KeyType: video.KeyRecovery, KeyPos: -1, KeySize: 400,
			},
		),
	}
}

// newFakeLibrary returns a library of videos with names that need escaping.
func newFakeLibrary() *fakeLibrary {
	s := &fakeLibrary{indexes: map[string]*video.Index{}, errs: map[string]error{}}
	for _, name := range []string{"a.mp4", "my video.mp4", "deep/er/b.mp4", "100%.mp4", "日本.mp4"} {
		s.indexes[name] = testIndex(name)
	}
	return s
}

// newMultiTrackLibrary adds many.mp4, with two video tracks and three audio tracks. mp4 cannot hold the last.
func newMultiTrackLibrary() *fakeLibrary {
	s := newFakeLibrary()
	ix := testIndex("many.mp4")
	ix.Tracks = []video.Track{
		ix.Tracks[0],
		{StreamIndex: 1, Kind: video.AudioTrack, Codec: "aac"},
		{StreamIndex: 2, Kind: video.VideoTrack, Codec: "hevc", TimeBase: video.Rational{Num: 1, Den: 90000}},
		{StreamIndex: 3, Kind: video.AudioTrack, Codec: "ac3"},
		{
			StreamIndex: 4, Kind: video.AudioTrack, Codec: "vorbis",
			Unsupported: "mp4 cannot hold vorbis audio",
		},
	}
	s.indexes["many.mp4"] = ix
	return s
}

// newFolderLibrary returns a library with folders. In alphabetical order, the videos become larger, older and
// shorter.
func newFolderLibrary() *fakeLibrary {
	s := &fakeLibrary{indexes: map[string]*video.Index{}, errs: map[string]error{}}
	for i, name := range []string{"a.mp4", "b/Cat.mp4", "b/c/cat 2.mp4", "b/c/d.mp4", "e/f.mp4", "z.mp4"} {
		ix := testIndex(name)
		ix.Video.Size = int64(1000 * (i + 1))
		ix.Video.ModTime = modified.Add(-time.Duration(i) * time.Hour)
		gops := ix.GOPs.Unpack()
		gops[1].End -= video.Ticks(900 * i)
		ix.GOPs = video.NewGOPList(gops...)
		s.indexes[name] = ix
	}
	return s
}
