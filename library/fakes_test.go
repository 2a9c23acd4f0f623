package library_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// fakeSource is a library.Source of videos without bytes. Tests change their versions.
type fakeSource struct {
	mu       sync.Mutex
	checkErr error             // result of Check
	versions map[string]string // by name

	lists    atomic.Int64  // calls of List
	listTime time.Duration // of a call of List
	listErr  error         // result of List
}

func (s *fakeSource) List(ctx context.Context, limit int) (videos []video.Video, err error) {
	s.lists.Add(1)
	select {
	case <-time.After(s.listTime):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.listErr != nil {
		return nil, s.listErr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.versions)) {
		videos = append(videos, video.Video{Name: name, Version: s.versions[name]})
	}
	return videos[:min(limit, len(videos))], nil
}

func (s *fakeSource) Stat(_ context.Context, name string) (video.Video, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	version, ok := s.versions[name]
	if !ok {
		return video.Video{}, video.Errorf(video.NotFound, "no such video")
	}
	return video.Video{Name: name, Version: version}, nil
}

func (s *fakeSource) Check(context.Context) error { return s.checkErr }

func (s *fakeSource) Open(context.Context, video.Video) (video.File, error) {
	return nil, errors.New("a fake source has no bytes")
}

func (s *fakeSource) change(name, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[name] = version
}

// recordingEngine is a library.Engine that records its calls.
type recordingEngine struct {
	duration time.Duration // of a call
	err      error         // result of a call
	after    func()        // called at the end of a call, if set
	unblock  chan struct{} // a segment of a video named busy… waits until it is closed
	unread   bool          // indexes lack what keyframes tell

	mu    sync.Mutex
	calls []string
}

func (m *recordingEngine) work(ctx context.Context, call string) error {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	m.mu.Unlock()
	select {
	case <-time.After(m.duration):
	case <-ctx.Done():
		return ctx.Err()
	}
	if m.after != nil {
		m.after()
	}
	return m.err
}

func (m *recordingEngine) Index(
	ctx context.Context, v video.Video, _ int, _ library.Opener,
) (*video.Index, error) {
	if v.Name == "bad.mp4" {
		return nil, video.Errorf(video.Unreadable, "bad")
	}
	if v.Name == "slow.mp4" {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := m.work(ctx, "index "+v.Version); err != nil {
		return nil, err
	}
	ix := indexOf(v, 3)
	if ix.KeysUnread = m.unread; m.unread {
		ix.Tracks[0].Width, ix.Tracks[0].Height = 640, 360
	}
	return ix, nil
}

func (m *recordingEngine) ReadKeys(
	ctx context.Context, ix *video.Index, _ library.Opener,
) (*video.Index, error) {
	if err := m.work(ctx, "keys "+ix.Video.Version); err != nil {
		return nil, err
	}
	read := *ix
	read.KeysUnread = false
	return &read, nil
}

func (m *recordingEngine) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey, _ library.Opener,
) (*video.Segment, error) {
	if strings.HasPrefix(key.Name, "busy") {
		<-m.unblock
		return &video.Segment{}, nil
	}
	if err := m.work(ctx, fmt.Sprintf("segment %s %d", ix.Video.Version, key.GOP)); err != nil {
		return nil, err
	}
	return &video.Segment{Size: 1000, Parts: []video.Part{{Data: make([]byte, 1000)}}}, nil
}

func (m *recordingEngine) Thumbnail(
	context.Context, *video.Index, video.ThumbnailKey, library.Opener,
) (*video.Thumbnail, error) {
	return nil, errors.New("recordingEngine makes no thumbnails")
}

func (m *recordingEngine) Frames(
	ctx context.Context, ix *video.Index, first, last int, _ library.Opener,
) ([]video.Frame, error) {
	if err := m.work(ctx, fmt.Sprintf("frames %s %d-%d", ix.Video.Version, first, last)); err != nil {
		return nil, err
	}
	return []video.Frame{{PTS: 0, Duration: 1}, {PTS: 1, Duration: 1}}, nil
}

func (m *recordingEngine) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	s, err := m.Segment(ctx, ix, key.Segment(), open)
	return s, errors.Join(err, emit(video.Fragment{}))
}

// recorded returns all calls, in order.
func (m *recordingEngine) recorded() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

func (m *recordingEngine) count() int { return len(m.recorded()) }

// funcEngine is a library.Engine whose calls run a function. It counts them.
type funcEngine struct {
	work  func(context.Context, library.Opener) error // nil does nothing
	bytes int                                         // of each segment and thumbnail in memory

	calls, running, maxRunning atomic.Int64
}

func (e *funcEngine) call(ctx context.Context, open library.Opener) error {
	e.calls.Add(1)
	running := e.running.Add(1)
	defer e.running.Add(-1)
	for {
		highest := e.maxRunning.Load()
		if running <= highest || e.maxRunning.CompareAndSwap(highest, running) {
			break
		}
	}
	if e.work == nil {
		return nil
	}
	return e.work(ctx, open)
}

func (e *funcEngine) Index(
	ctx context.Context, v video.Video, _ int, open library.Opener,
) (*video.Index, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return indexOf(v, 100), nil
}

func (e *funcEngine) ReadKeys(_ context.Context, ix *video.Index, _ library.Opener) (*video.Index, error) {
	return ix, nil
}

func (e *funcEngine) Segment(
	ctx context.Context, _ *video.Index, key video.SegmentKey, open library.Opener,
) (*video.Segment, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return &video.Segment{Key: key, Size: 10, Parts: []video.Part{{Data: make([]byte, e.bytes)}}}, nil
}

func (e *funcEngine) Frames(
	ctx context.Context, _ *video.Index, _, _ int, open library.Opener,
) ([]video.Frame, error) {
	return nil, e.call(ctx, open)
}

func (e *funcEngine) Thumbnail(
	ctx context.Context, _ *video.Index, key video.ThumbnailKey, open library.Opener,
) (*video.Thumbnail, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return &video.Thumbnail{Key: key, Data: make([]byte, e.bytes)}, nil
}

// Stream emits two fragments, one before its work and one after it.
func (e *funcEngine) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	if err := emit(video.Fragment{Data: []byte("head")}); err != nil {
		return nil, err
	}
	s, err := e.Segment(ctx, ix, key.Segment(), open)
	if err == nil {
		err = emit(video.Fragment{Data: []byte("tail")})
	}
	return s, err
}

// takes returns work that lasts for d, or until its context ends.
func takes(d time.Duration) func(context.Context, library.Opener) error {
	return func(ctx context.Context, _ library.Opener) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// indexOf returns an index of the given number of GOPs.
func indexOf(v video.Video, gops int) *video.Index {
	list := make([]video.GOP, gops)
	for i := range list {
		list[i] = video.GOP{Number: i, Frames: 1}
	}
	return &video.Index{
		Video: v, DefaultAudio: -1, GOPs: video.NewGOPList(list...),
		Tracks: []video.Track{{Kind: video.VideoTrack, TimeBase: video.Rational{Num: 1, Den: 1000}}},
	}
}

// configure changes a valid Config.
type configure = func(*library.Config)

// run runs a test of a library over a recordingEngine in a synctest bubble. change may be nil.
func run(
	t *testing.T, m *recordingEngine, change configure, test func(*testing.T, *library.Library, *fakeSource),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config := library.NewDefaultConfig()
		if change != nil {
			change(&config)
		}
		require.NoError(t, config.Validate())
		s := &fakeSource{versions: map[string]string{"a.mp4": "v1", "bad.mp4": "v1"}}
		l, err := library.New(config, s, m, nil)
		require.NoError(t, err)
		defer l.Close()
		test(t, l, s)
	})
}

// newLibrary returns a library of one video. change may be nil.
func newLibrary(t *testing.T, engine library.Engine, change configure) *library.Library {
	t.Helper()
	config := library.NewDefaultConfig()
	if change != nil {
		change(&config)
	}
	l, err := library.New(config, &fakeSource{versions: map[string]string{"a.mp4": "v1"}}, engine, nil)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

// segmentOf resolves a cut and requests its segment.
func segmentOf(
	ctx context.Context, l *library.Library, ix *video.Index, c cut.Cut,
) (s *video.Segment, status video.CacheStatus, err error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return nil, video.CacheMiss, err
	}
	err = l.Segment(ctx, ix, key, func(segment *video.Segment, from video.CacheStatus) error {
		s, status = segment, from
		return nil
	})
	return s, status, err
}

// streamOf resolves a fragmented cut and streams it.
func streamOf(
	ctx context.Context, l *library.Library, ix *video.Index, c cut.Cut, send func(video.Fragment) error,
) (streamed bool, err error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return false, err
	}
	stream, ok := key.Stream()
	if !ok {
		return false, errors.New("the segment is not fragmented")
	}
	return l.Stream(ctx, ix, stream, send)
}

// thumbnailOf resolves a thumbnail and requests it.
func thumbnailOf(
	ctx context.Context, l *library.Library, ix *video.Index, of cut.Thumbnail,
) (thumbnail *video.Thumbnail, status video.CacheStatus, err error) {
	key, err := of.Resolve(ix, nil)
	if err != nil {
		return nil, video.CacheMiss, err
	}
	err = l.Thumbnail(ctx, ix, key, func(t *video.Thumbnail, from video.CacheStatus) error {
		thumbnail, status = t, from
		return nil
	})
	return thumbnail, status, err
}
