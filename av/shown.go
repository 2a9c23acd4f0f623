package av

/*
#include <stdlib.h>

#include "log.h"
#include "shown.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// shownPictures is what is shown of a cut's film, decoded and filtered on a thread of its own while the ones before are encoded.
// All of that is one call for Go, however many pictures there are: a thread that comes back from C thousands of times a second
// keeps Go's scheduler awake, which takes its time from requests. Who starts pictures frees them.
type shownPictures struct {
	c       *C.gop_shown
	gop     video.GOP
	most    int    // pictures that may come out
	end     func() // of the watch on the context
	release func() // frees what they are made of
}

// startShown has the film of a cut decoded, and filtered; the end of ctx stops that.
func (d *demuxer) startShown(ctx context.Context, c *cut, ix *video.Index, key video.SegmentKey, config Config) (*shownPictures, error) {
	track := c.tracks[0]
	decoder, err := openDecoder(track.stream, c.extradata, config.MaxPixels, config.EncodeThreads+1)
	if err != nil {
		return nil, d.unreadable("the video cannot be decoded", err)
	}
	c.fillPTS()
	film := c.videoPackets()
	packets := (**C.AVPacket)(C.calloc(C.size_t(len(film)), C.size_t(unsafe.Sizeof(uintptr(0)))))
	for i, p := range film {
		// An edit list may hide what is shown here.
		p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
		p.av.SetPts(p.effectivePTS())
		unsafe.Slice(packets, len(film))[i] = cPacket(p.av)
	}
	filters, freeFilters := chainConfig(key.Filters, ix.Track())
	p := &shownPictures{gop: ix.GOPs[key.GOP], most: config.MaxEncodeFrames, release: func() {
		decoder.Free()
		freeFilters()
		C.free(unsafe.Pointer(packets))
	}}
	made := C.gop_shown_config{
		decoder: *(**C.AVCodecContext)(unsafe.Pointer(decoder)), packets: packets, nb_packets: C.int(len(film)),
		from: C.int64_t(track.from), to: C.int64_t(track.to), filters: filters, most: C.int64_t(p.most), log_thread: C.gop_log_thread(),
	}
	if p.c = C.gop_shown_start(&made); p.c == nil {
		p.release()
		return nil, errors.New("start to decode: out of memory or threads")
	}
	stopped := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		C.gop_shown_stop(p.c)
		close(stopped)
	})
	p.end = func() {
		if !unwatch() {
			<-stopped
		}
	}
	return p, nil
}

// free waits for the thread to end, which is soon.
func (p *shownPictures) free() {
	p.end()
	C.gop_shown_join(p.c)
	p.release()
	C.gop_shown_free(p.c)
}

// next waits for the next picture, which the caller frees; nil where there are no more.
func (p *shownPictures) next() *C.AVFrame { return C.gop_shown_next(p.c) }

func freePicture(f *C.AVFrame) { C.av_frame_free(&f) }

// chain is the filters, once there was a picture.
func (p *shownPictures) chain() *C.gop_chain { return C.gop_shown_chain(p.c) }

// shownUntil is when the last picture ends, once there are no more, in the track's time base.
func (p *shownPictures) shownUntil() video.Ticks { return video.Ticks(C.gop_shown_until(p.c)) }

// err tells why there are no more pictures, once there are none; nil where these were all.
func (p *shownPictures) err(ctx context.Context) error {
	var code C.int
	switch C.gop_shown_why(p.c, &code) {
	case C.GOP_SHOWN_ENDED:
		return nil
	case C.GOP_SHOWN_STOPPED:
		return ctx.Err()
	case C.GOP_SHOWN_NONE:
		return video.Errorf(video.Unreadable, "no picture of GOP %d can be decoded", p.gop.Number)
	case C.GOP_SHOWN_RESIZED:
		return video.Errorf(video.Unreadable, "the pictures of GOP %d change their size", p.gop.Number)
	case C.GOP_SHOWN_TOO_MANY:
		return tooManyPictures(p.most+1, p.most)
	case C.GOP_SHOWN_CHAIN:
		return video.WrapError(video.Unreadable, astiav.Error(code), "the pictures cannot be filtered")
	}
	return fmt.Errorf("filter a picture: %w", astiav.Error(code))
}
