// Package av opens video files with libav: it lists their groups of pictures, and cuts one out as
// an mp4 of its own without touching its pictures. It is the only package that knows libav, and no
// type of libav's leaves it.
package av

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"gop/video"
)

// Engine indexes videos and cuts segments. Its methods may be called concurrently.
type Engine struct {
	config Config
	log    *slog.Logger
	pool   *pool
	memory *reserve
	read   atomic.Int64 // bytes of videos

	// For tests, which compare both ways.
	copying  bool // no segment refers to its video
	thorough bool // what libav can tell of a file is asked of it alone
}

// New makes an engine by a valid Config; Close it after use. How C memory is kept, and how much one
// piece of it may have, is set for the whole process.
func New(config Config, log *slog.Logger) *Engine {
	tuneMalloc(config.MaxAllocBytes)
	return &Engine{
		config: config,
		log:    log,
		pool:   &pool{size: config.IdleDemuxers, memory: config.IdleBytes, ttl: config.IdleTime},
		memory: &reserve{ttl: config.IdleTime},
	}
}

// Close frees the idle demuxers. Work under way goes on to its end.
func (e *Engine) Close() {
	e.pool.close()
	e.memory.close()
}

// Shed frees the idle demuxers, and gives memory that libav has freed back to the system.
func (e *Engine) Shed() {
	e.pool.empty()
	e.memory.close()
}

// BytesRead is how many bytes of videos the engine has read so far. What a segment refers to is not
// among them.
func (e *Engine) BytesRead() int64 { return e.read.Load() }

// countedFile counts what is read of it.
type countedFile struct {
	video.File
	read *atomic.Int64
}

func (f countedFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	f.read.Add(int64(n))
	return n, err
}

// Index lists the GOPs of the n-th video track of v, counted from 1, whose bytes open opens. Its
// errors have the kind Unreadable where the file cannot be read, is encrypted or has no GOP that an
// mp4 could hold, NotFound where it has no n-th video track, and TooLarge where it exceeds a limit;
// the end of ctx interrupts it.
func (e *Engine) Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error) {
	var ix *video.Index
	err := e.with(ctx, v, open, func(d *demuxer) (err error) {
		ix, err = d.index(ctx, v, n, e.config)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ix, nil
}

// Segment cuts a GOP, which must be one of ix's, into an mp4 in memory, or into its header and what
// the video has of it: then the segment keeps open. Or it makes an image of its key picture, or encodes its pictures anew. Its errors are like Index's, and those of ix.Key.
func (e *Engine) Segment(ctx context.Context, ix *video.Index, of video.Cut, open func() (video.File, error)) (*video.Segment, error) {
	key, err := ix.Key(of)
	if err != nil {
		return nil, err
	}
	return e.segment(ctx, ix, key, open, nil)
}

// Stream makes a streamed segment, and hands each piece of it to to when it is made; an error of that ends it. Pieces are good
// for ever, and nobody changes them.
func (e *Engine) Stream(ctx context.Context, ix *video.Index, of video.Cut, open func() (video.File, error), to func(piece []byte) error) (*video.Segment, error) {
	key, err := ix.Key(of)
	if err != nil {
		return nil, err
	}
	return e.segment(ctx, ix, key, open, to)
}

// segment makes what key names; what is streamed of it goes to to, where that is not nil.
func (e *Engine) segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open func() (video.File, error), to func(piece []byte) error) (*video.Segment, error) {
	var parts []video.Part
	work := func() error {
		return e.with(ctx, ix.Video, open, func(d *demuxer) (err error) {
			parts, err = e.parts(d, ix, key, to)
			return err
		})
	}
	if key.Transcodes() {
		work = politely(work)
	}
	err := work()
	if err != nil {
		return nil, err
	}
	segment := &video.Segment{Key: key, ContentType: "video/mp4", Parts: parts}
	if key.Image.Format != "" {
		segment.ContentType = key.Image.Format.MediaType()
	}
	for _, p := range parts {
		segment.Size += p.Size()
		if p.Data == nil {
			segment.Source = open
		}
	}
	return segment, nil
}

// parts makes what a segment is made of: by reference where that can be, else as a copy.
func (e *Engine) parts(d *demuxer, ix *video.Index, key video.SegmentKey, to func([]byte) error) ([]video.Part, error) {
	if key.Image.Format != "" {
		image, err := e.still(d, ix, key)
		return []video.Part{{Data: image}}, err
	}
	if key.Transcodes() {
		return e.encoded(d, ix, key, to)
	}
	if !e.copying {
		parts, ok, err := d.zeroCopySegment(ix, key, e.config.MaxSegmentBytes)
		if ok || err != nil {
			return parts, err
		}
	}
	cut, err := d.cut(ix, key, e.config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer cut.free()
	if key.NoLeading {
		cut.dropLeading()
	}
	header, payload, err := d.mux(cut, false)
	return []video.Part{{Data: header}, {Data: payload}}, err
}

// with has work done by a demuxer for v: an idle one, or a new one. One that failed is not used
// again.
func (e *Engine) with(ctx context.Context, v video.Video, open func() (video.File, error), work func(*demuxer) error) error {
	defer logTo(e.log.With("video", v.Name))()
	defer e.memory.use()()
	d := e.pool.take(v.Version)
	if d == nil {
		file, err := open()
		if err != nil {
			return err
		}
		if d, err = openDemuxer(ctx, countedFile{file, &e.read}, v.Size, e.thorough); err != nil {
			return err
		}
	}
	end := d.use(ctx)
	err := guarded(func() error { return work(d) })
	end()
	d.source.forget()
	// A context that has ended may still be on its way to interrupt the demuxer.
	if err != nil || ctx.Err() != nil {
		d.close()
		return err
	}
	e.pool.put(v.Version, d)
	return nil
}

// guarded makes a panic of work its error, so that the demuxer is closed, and the program goes on where the work has a thread of
// its own, on which nobody else recovers.
func guarded(work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return work()
}
