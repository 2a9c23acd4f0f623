package av

// #include <libavcodec/avcodec.h>
import "C"

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
	"gop/video"
)

// frameWalker decodes the frames of a GOP in presentation order. A demuxer keeps it, so that a client that
// asks for one frame after the other has each of them decoded once. The zero frameWalker is none.
type frameWalker struct {
	*gopFrames
	decoder *astiav.CodecContext
	sent    int           // packets that the decoder has got, which are freed
	ordered bool          // frames have their times by their order, since the container has none
	count   int           // frames that were received
	frame   *astiav.Frame // the last one that was taken; empty if there is none
	next    *astiav.Frame // the one after it; empty if it was not received
}

// free frees the walker, if there is one.
func (w *frameWalker) free() {
	if w.gopFrames == nil {
		return
	}
	w.gopFrames.free()
	for _, f := range []*astiav.Frame{w.frame, w.next} {
		if f != nil {
			f.Free()
		}
	}
	if w.decoder != nil {
		w.decoder.Free()
	}
	*w = frameWalker{}
}

// memory returns the approximate memory of the walker in bytes.
func (w *frameWalker) memory() int64 {
	if w.gopFrames == nil {
		return 0
	}
	const frames, sampleBytes, entry = 20, 3, 64 // the most that a decoder keeps, of 2 bytes, 4:2:0
	c := cCodec(w.decoder)
	memory := frames*sampleBytes*int64(c.width)*int64(c.height) + entry*int64(len(w.frames))
	for _, p := range w.packets[w.sent:] {
		memory += packetCost
		if p.av != nil {
			memory += int64(p.size)
		}
	}
	return memory
}

// frame decodes the frame that key names. The caller frees it.
func (d *demuxer) frame(ix *video.Index, key video.ThumbnailKey, config Config) (*astiav.Frame, error) {
	w, isDecoded := &d.walker, false
	defer func() {
		if !isDecoded { // after an error or a panic
			w.free()
		}
	}()
	f, err := d.gopFrames(ix, key.GOP, config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	if w.gopFrames != f {
		w.free()
		w.gopFrames = f
	}
	if len(f.frames) == 0 {
		return nil, video.Errorf(video.NotFound, "no frame of GOP %d is presented", key.GOP)
	}
	pts := int64(f.frames[min(key.Frame, len(f.frames))-1].PTS)
	if w.decoder == nil || w.frame.Pts() > pts {
		if err := w.start(d, ix, config); err != nil {
			return nil, err
		}
	}
	if err := w.advance(d, pts); err != nil {
		return nil, err
	}
	clone := w.frame.Clone()
	if clone == nil {
		return nil, errNoMemory
	}
	isDecoded = true
	return clone, nil
}

// start opens the decoder at the GOP's keyframe.
func (w *frameWalker) start(d *demuxer, ix *video.Index, config Config) (err error) {
	if w.sent > 0 { // read the packets again
		n := w.gop
		w.free()
		if w.gopFrames, err = d.gopFrames(ix, n, config.MaxSegmentBytes); err != nil {
			return err
		}
	}
	stream := d.streams[w.stream]
	w.ordered = d.hasDecodeTimes(w.stream) && codecOf(stream.CodecParameters()) == media.MPEG4
	w.decoder, err = openFrameDecoder(stream, w.extradata, config.MaxPixels, reorderDepth(w.packets))
	if err != nil {
		return d.unreadable("no frame of "+ix.Track().Codec+" can be decoded", err)
	}
	if w.frame = astiav.AllocFrame(); w.frame == nil {
		return errNoMemory
	}
	if w.next = astiav.AllocFrame(); w.next == nil {
		return errNoMemory
	}
	return nil
}

// openFrameDecoder opens a decoder for the frames of a GOP. Of H.264, only some streams tell how many frames
// precede another one that is presented before them; a decoder that has to find out loses some.
func openFrameDecoder(
	s *astiav.Stream, extradata []byte, maxPixels, depth int,
) (*astiav.CodecContext, error) {
	decoder, err := openDecoder(s, extradata, maxPixels, 1)
	if err != nil {
		return nil, err
	}
	zeroBuffers(decoder)
	if c := cCodec(decoder); c.codec_id == C.AV_CODEC_ID_H264 {
		c.has_b_frames = max(c.has_b_frames, C.int(depth))
	}
	return decoder, nil
}

// reorderDepth returns the largest number of packets that precede another one that is presented before them.
func reorderDepth(packets []*cutPacket) int {
	const most = 16 // of H.264 (ITU-T H.264, annex A.3.1)
	depth := 0
	for i, p := range packets {
		later := 0
		for _, before := range packets[max(0, i-2*most):i] {
			if before.effectivePTS() > p.effectivePTS() {
				later++
			}
		}
		depth = max(depth, later)
	}
	return min(depth, most)
}

// advance decodes until w.frame is the frame that is presented at pts: the last one that does not start after
// it.
func (w *frameWalker) advance(d *demuxer, pts int64) error {
	for w.isEmpty(w.frame) || w.frame.Pts() < pts {
		if w.isEmpty(w.next) {
			if ok, err := w.receive(d, pts); err != nil {
				return err
			} else if !ok {
				break // the last frame is damaged
			}
		}
		if w.next.Pts() > pts {
			break
		}
		w.frame.Unref()
		w.frame, w.next = w.next, w.frame
	}
	if w.isEmpty(w.frame) {
		return d.unreadable(fmt.Sprintf("the frames of GOP %d are damaged", w.gop), nil)
	}
	return nil
}

func (w *frameWalker) isEmpty(f *astiav.Frame) bool { return f.Width() == 0 }

// receive decodes the next frame into w.next. It reports false after the last one.
func (w *frameWalker) receive(d *demuxer, pts int64) (ok bool, err error) {
	key := w.frames[0].PTS
	for errs := 0; errs < maxDecoderErrors; {
		if err := d.source.Context().Err(); err != nil {
			return false, err
		}
		err := w.decoder.ReceiveFrame(w.next)
		switch {
		case errors.Is(err, astiav.ErrEagain):
			if err := w.send(d, pts); err != nil {
				return false, err
			}
		case errors.Is(err, astiav.ErrEof):
			return false, nil
		case err != nil: // it may be of an earlier packet; the frames after it follow
			errs++
		case w.next.Pts() == noPTS || w.next.Pts() < int64(key):
			w.next.Unref()
		default:
			if w.count++; w.ordered && w.count <= len(w.frames) {
				w.next.SetPts(int64(w.frames[w.count-1].PTS))
			}
			return true, nil
		}
	}
	return false, nil
}

// send gives the decoder the next packet. A decoder of H.264 skips it if no other frame depends on it and if
// its frame is presented before pts.
func (w *frameWalker) send(d *demuxer, pts int64) error {
	if w.sent == len(w.packets) {
		_ = w.decoder.SendPacket(nil)
		return nil
	}
	p := w.packets[w.sent]
	w.sent++
	defer p.free()
	if p.av == nil {
		if err := d.readPayload(p); err != nil {
			return d.unreadable(fmt.Sprintf("GOP %d is damaged or cut off", w.gop), err)
		}
	}
	// An edit list may trim a frame on which others depend.
	p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
	p.av.SetPts(p.effectivePTS())
	c := cCodec(w.decoder)
	c.skip_frame = C.AVDISCARD_DEFAULT
	if c.codec_id == C.AV_CODEC_ID_H264 && p.effectivePTS() < pts {
		c.skip_frame = C.AVDISCARD_NONREF
	}
	// A packet that cannot be decoded gives no frame.
	_ = w.decoder.SendPacket(p.av)
	return nil
}
