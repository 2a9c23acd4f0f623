package av

import (
	"context"
	"errors"
	"log/slog"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// maxQueuedFrames is the number of filtered frames that may wait for the encoder.
const maxQueuedFrames = 4

// maxDecoderErrors bounds the errors of a decoder after one packet. While a decoder is drained, it returns at
// most 20, plus one per thread (decode_simple_internal in libavcodec/decode.c).
const maxDecoderErrors = 100

// frameSource decodes and filters the frames of a GOP in a goroutine of its own. The caller of startFrames
// closes it.
type frameSource struct {
	config  Config
	track   video.Track
	gops    span
	filters video.Filters

	cancel context.CancelFunc
	queue  chan *astiav.Frame // closed after the last frame, or after an error

	// Of the goroutine.
	graph *filterGraph
	count int // frames queued

	format frameFormat // valid once a frame has been received
	// Valid once queue is closed.
	end int64 // where the last frame ends, from the keyframe on, in the track's time base
	err error
}

// startFrames starts to decode the video packets of c. The caller must not touch them and the decoder until
// the source is closed.
func startFrames(
	ctx context.Context, log *slog.Logger, config Config, decoder *astiav.CodecContext, c *cut,
	ix *video.Index, key video.SegmentKey,
) *frameSource {
	s := &frameSource{
		config: config, track: ix.Track(), gops: newSpan(ix, key),
		filters: key.Filters,
		queue:   make(chan *astiav.Frame, maxQueuedFrames),
	}
	ctx, s.cancel = context.WithCancel(ctx)
	c.fillPTS()
	go func() {
		defer close(s.queue)
		lowerPriority()
		defer logTo(log.With("video", video.PrintableName(ix.Video.Name)))()
		s.err = guarded(func() error { return s.run(ctx, decoder, c) })
	}()
	return s
}

// close stops the goroutine, waits for it, and frees the frames that were not received.
func (s *frameSource) close() {
	s.cancel()
	for f := range s.queue {
		f.Free()
	}
}

// next waits for the next frame, which the caller frees. It returns nil after the last one.
func (s *frameSource) next() (*astiav.Frame, error) {
	if f, ok := <-s.queue; ok {
		return f, nil
	}
	return nil, s.err
}

// run decodes all packets and filters each frame once the next one determines its duration. Leading frames,
// which are presented before the keyframe, are dropped. If a packet cannot be decoded, only its
// frames are missing.
func (s *frameSource) run(ctx context.Context, decoder *astiav.CodecContext, c *cut) error {
	defer func() {
		if s.graph != nil {
			s.graph.free()
		}
	}()
	held := astiav.AllocFrame()
	if held == nil {
		return errNoMemory
	}
	defer held.Free()
	next := astiav.AllocFrame()
	if next == nil {
		return errNoMemory
	}
	defer next.Free()
	from, to := c.tracks[0].from, c.tracks[0].to
	at := noPTS // pts of held
	receive := func() error {
		for errs := 0; errs < maxDecoderErrors; {
			err := decoder.ReceiveFrame(next)
			if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
				return nil
			}
			if err != nil { // it may be of an earlier packet; the frames after it follow
				errs++
				continue
			}
			if next.Pts() == noPTS || next.Pts() < from || next.Pts() >= to && to > from {
				continue
			}
			pts := next.Pts() - from
			if at != noPTS {
				pts = max(pts, at+1)
				if err := s.filter(ctx, held, at, pts-at); err != nil {
					return err
				}
			}
			at = pts
			held, next = next, held
		}
		return nil
	}
	for _, p := range c.videoPackets() {
		if err := ctx.Err(); err != nil {
			return err
		}
		// An edit list may trim a frame that is presented here.
		p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
		p.av.SetPts(p.effectivePTS())
		_ = decoder.SendPacket(p.av)
		if err := receive(); err != nil {
			return err
		}
	}
	_ = decoder.SendPacket(nil)
	if err := receive(); err != nil {
		return err
	}
	if at == noPTS {
		return video.Errorf(video.Unreadable, "no frame of %v can be decoded", s.gops)
	}
	s.end = max(to-from, at+1)
	if err := s.filter(ctx, held, at, s.end-at); err != nil {
		return err
	}
	if err := s.graph.end(s.end); err != nil {
		return err
	}
	return s.send(ctx)
}

// filter filters a frame, which is empty afterwards, and queues the results.
func (s *frameSource) filter(ctx context.Context, f *astiav.Frame, pts, duration int64) (err error) {
	setColors(f)
	if s.graph == nil {
		if s.graph, err = newFilterGraph(f, s.filters, s.track); err != nil {
			return video.WrapError(video.Unreadable, err, "the frames cannot be filtered")
		}
		s.format = s.graph.format()
	}
	if f.Width() != s.graph.width || f.Height() != s.graph.height {
		return video.Errorf(video.Unreadable, "the frames of %v change their size", s.gops)
	}
	if err := s.graph.push(f, pts, duration); err != nil {
		return err
	}
	return s.send(ctx)
}

// send queues the frames that the filters have finished.
func (s *frameSource) send(ctx context.Context) error {
	for {
		f, err := s.graph.pull()
		if f == nil || err != nil {
			return err
		}
		if s.count++; s.count > s.config.MaxTranscodeFrames {
			f.Free()
			return tooManyFrames(s.gops, s.count, s.config.MaxTranscodeFrames)
		}
		select {
		case s.queue <- f:
		case <-ctx.Done():
			f.Free()
			return ctx.Err()
		}
	}
}

func tooManyFrames(gops span, n, most int) error {
	return video.Errorf(video.TooLarge, "%v has %d frames; at most %d are transcoded", gops, n, most)
}
