// Package av opens video files with libav. It lists the groups of pictures (GOPs) of a video and makes an mp4
// or a thumbnail of one. It is the only package that uses libav and C, and exports no type of libav.
package av

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"gop/video"
)

// Opener opens the bytes of a video. The caller closes the file.
type Opener = func(context.Context) (video.File, error)

// Engine makes indexes, segments and thumbnails of videos. Its methods may be called concurrently.
type Engine struct {
	config Config
	log    *slog.Logger
	pool   *pool
	memory *reserve
	movies movies
	read   atomic.Int64 // bytes of videos

	// For tests, which compare both ways.
	copying   bool // no segment is zero-copy
	onlyLibav bool // see openDemuxer
	kept      int  // likewise
}

// New makes an engine with a valid Config. The caller closes it. The settings of C memory apply to the whole
// process.
func New(config Config, log *slog.Logger) *Engine {
	tuneMalloc(config.MaxAllocBytes)
	return &Engine{
		config: config,
		log:    log,
		pool:   &pool{size: config.IdleDemuxers, memory: config.IdleBytes, ttl: config.IdleTime},
		memory: &reserve{ttl: config.IdleTime},
		kept:   keptSamples,
	}
}

// Close frees the idle demuxers. Running operations continue.
func (e *Engine) Close() {
	e.pool.close()
	e.memory.close()
}

// Shed frees the idle demuxers, and returns memory that libav has freed to the system.
func (e *Engine) Shed() {
	e.pool.empty()
	e.memory.close()
}

// BytesRead returns the number of bytes of videos that the engine has read. It excludes the ranges that
// zero-copy segments refer to.
func (e *Engine) BytesRead() int64 { return e.read.Load() }

// countedFile counts the bytes that are read.
type countedFile struct {
	video.File
	read *atomic.Int64
}

func (f countedFile) ReadAtContext(ctx context.Context, b []byte, at int64) (int, error) {
	n, err := video.ReadAt(ctx, f.File, b, at)
	f.read.Add(int64(n))
	return n, err
}

// Index lists the GOPs of the n-th video track of v, counted from 1. It leaves the keyframes of a long H.264
// track in an mp4 to ReadKeys. open opens v's bytes. The error is
// video.Unreadable if the file cannot be read, is encrypted or has no GOP that an mp4 could hold,
// video.NotFound if it has no n-th video track, and video.TooLarge if it exceeds a limit. The end of ctx
// interrupts the call.
func (e *Engine) Index(
	ctx context.Context, v video.Video, n int, open Opener,
) (*video.Index, error) {
	var ix *video.Index
	err := e.withDemuxer(ctx, v, open, func(d *demuxer) (err error) {
		ix, err = d.index(ctx, v, n, e.config)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ix, nil
}

// ReadKeys returns ix with what its keyframes tell, if ix lacks it. Its errors are those of Index.
func (e *Engine) ReadKeys(ctx context.Context, ix *video.Index, open Opener) (*video.Index, error) {
	if !ix.KeysUnread {
		return ix, nil
	}
	var read *video.Index
	err := e.withDemuxer(ctx, ix.Video, open, func(d *demuxer) (err error) {
		read, err = d.readKeys(ctx, ix)
		return err
	})
	if err != nil {
		return nil, err
	}
	return read, nil
}

// Segment makes the segment of a key that was resolved against ix. The segment is in memory, or is a header
// in memory and ranges of the video; then it keeps open. The errors are like those of Index.
func (e *Engine) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey, open Opener,
) (*video.Segment, error) {
	return e.segment(ctx, ix, key, open, nil)
}

// Stream makes a fragmented segment like Segment, and calls emit for each fragment as soon as it is complete.
// emit may retain the bytes but must not change them. Stream stops at emit's first error and returns it.
func (e *Engine) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, open Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	return e.segment(ctx, ix, key.Segment(), open, emit)
}

// Frames lists the frames that are presented from the keyframe of GOP first until that of the GOP after last,
// in the order of their GOPs and of their times. It decodes nothing. The errors are like those of Index.
func (e *Engine) Frames(
	ctx context.Context, ix *video.Index, first, last int, open Opener,
) ([]video.Frame, error) {
	var frames []video.Frame
	err := e.withDemuxer(ctx, ix.Video, open, func(d *demuxer) (err error) {
		frames, err = d.listFrames(ix, first, last, e.config.MaxSegmentBytes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return frames, nil
}

// Thumbnail makes the thumbnail of a key that was resolved against ix. The errors are like those of Index.
func (e *Engine) Thumbnail(
	ctx context.Context, ix *video.Index, key video.ThumbnailKey, open Opener,
) (*video.Thumbnail, error) {
	var image []byte
	err := e.withDemuxer(ctx, ix.Video, open, func(d *demuxer) (err error) {
		image, err = d.thumbnail(ix, key, e.config)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &video.Thumbnail{Key: key, ContentType: key.Format.MediaType(), Data: image}, nil
}

func (e *Engine) segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey, open Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	var segment *video.Segment
	work := func() error {
		return e.withDemuxer(ctx, ix.Video, open, func(d *demuxer) (err error) {
			if key.IsTranscode() {
				segment, err = d.transcode(ix, key, e.config, e.log, emit)
			} else {
				segment, err = d.remux(ix, key, e.config.MaxSegmentBytes, e.copying)
			}
			return err
		})
	}
	var err error
	if key.IsTranscode() {
		err = nice(work)
	} else {
		err = work()
	}
	if err != nil {
		return nil, err
	}
	segment.Key, segment.ContentType = key, "video/mp4"
	for _, p := range segment.Parts {
		segment.Size += p.Size()
		if p.Data == nil {
			segment.Source = open
		}
	}
	return segment, nil
}

// withDemuxer calls work with an idle demuxer for v or a new one. A panic of open, of the file or of work
// becomes an error. A demuxer that failed is closed and not used again. If work needs the whole movie of a
// large ISO file, it is called again.
func (e *Engine) withDemuxer(
	ctx context.Context, v video.Video, open Opener, work func(*demuxer) error,
) error {
	defer logTo(e.log.With("video", video.PrintableName(v.Name)))()
	defer e.memory.use()()
	d, err := e.pool.take(v.Version), error(nil)
	if d == nil {
		d, err = e.openDemuxer(ctx, v, open, e.kept)
	}
	if err != nil {
		return err
	}
	err = e.workWith(ctx, v, d, work)
	if !errors.Is(err, errNeedsMovie) {
		return err
	}
	if d, err = e.openDemuxer(ctx, v, open, 0); err != nil {
		return err
	}
	return e.workWith(ctx, v, d, work)
}

// workWith calls work with d, and keeps d idle or closes it.
func (e *Engine) workWith(ctx context.Context, v video.Video, d *demuxer, work func(*demuxer) error) error {
	end := d.use(ctx)
	err := guarded(func() error { return work(d) })
	end()
	d.source.DropCached()
	// A context that has ended may interrupt the demuxer later.
	if err != nil || ctx.Err() != nil {
		d.close()
		return err
	}
	e.pool.put(v, d)
	return nil
}

// openDemuxer opens a video. It gives libav keep samples of each end of a track in a long ISO file; 0 means
// all.
func (e *Engine) openDemuxer(
	ctx context.Context, v video.Video, open Opener, keep int,
) (d *demuxer, err error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.OpenStage))
	err = guarded(func() error {
		file, err := open(ctx)
		if err != nil {
			return err
		}
		d, err = openDemuxer(ctx, e.log, countedFile{file, &e.read}, v.Size, e.onlyLibav,
			reduction{keep, v.Version, &e.movies, e.pool.scan(v.Name)})
		return err
	})
	return d, err
}

// Packets reads a file in order and calls visit for each packet of a stream, or of all streams if stream is
// -1. It does not notice damage in other streams. It stops at an error of visit, and returns
// it. It serves to check Index and Segment, and shares only the code with them that opens the file,
// describes its tracks, and finds codec configurations and NAL units. The tracks are those of the file's
// index. The errors are those of Index; if the file is damaged, visit gets the packets before the damage. A
// panic of open, of the file or of visit becomes an error.
func (e *Engine) Packets(
	ctx context.Context, v video.Video, stream int, open Opener, visit func(Packet) error,
) (tracks []video.Track, err error) {
	defer logTo(e.log.With("video", video.PrintableName(v.Name)))()
	err = guarded(func() error {
		file, err := open(ctx)
		if err != nil {
			return err
		}
		d, err := openPlain(ctx, e.log, file, v.Size)
		if err != nil {
			return err
		}
		defer d.close()
		defer d.use(ctx)()
		ix := &video.Index{Video: v}
		if err := d.describeTracks(ix, 1); err != nil {
			return err
		}
		tracks = ix.Tracks
		if stream < 0 {
			return d.visitPackets(visit)
		}
		d.discardAllBut(stream)
		return d.visitPackets(func(p Packet) error {
			if p.Stream != stream { // read while the file was opened
				return nil
			}
			return visit(p)
		})
	})
	return tracks, err
}
