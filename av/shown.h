#ifndef GOP_SHOWN_H
#define GOP_SHOWN_H

#include <libavcodec/avcodec.h>

#include "filter.h"

// The pictures of a GOP, decoded and filtered on a thread of their own, a few ahead of who takes them.
typedef struct gop_shown gop_shown;

// What pictures are made of. All of it lasts until their thread has ended. The decoder is theirs as long: its opaque, and how it
// gets memory.
typedef struct gop_shown_config {
	AVCodecContext *decoder;
	AVPacket *const *packets; // of the GOP, each with a pts
	int nb_packets;
	int64_t from, to; // what is shown: [from, to), in the time base of the filters; the pictures' own times count from from
	gop_chain_config filters;
	int64_t most;   // pictures that may come out
	int log_thread; // whose log gets what the filters, and a decoder without threads, have to say
} gop_shown_config;

// Why there are no more pictures.
enum {
	GOP_SHOWN_ENDED,    // there are no more
	GOP_SHOWN_STOPPED,  // nobody wants more
	GOP_SHOWN_NONE,     // none can be decoded
	GOP_SHOWN_RESIZED,  // they change their size
	GOP_SHOWN_TOO_MANY, // that come out
	GOP_SHOWN_CHAIN,    // there is no such chain of filters: libavfilter's error
	GOP_SHOWN_FILTER,   // a picture cannot be filtered, or there is no memory: libav's error
};

// gop_shown_start returns NULL where there is no thread or no memory. Who starts pictures frees them.
gop_shown *gop_shown_start(const gop_shown_config *config);

// gop_shown_next waits for the next picture, which the caller frees; NULL where there are no more.
AVFrame *gop_shown_next(gop_shown *p);

// gop_shown_why tells why there are no more, once there are none, and libav's error.
int gop_shown_why(gop_shown *p, int *error);

// gop_shown_chain is the filters that they come from, once there was a picture: for what they tell of all pictures.
const gop_chain *gop_shown_chain(const gop_shown *p);

// gop_shown_until is when the last one ends, once there are no more.
int64_t gop_shown_until(const gop_shown *p);

// gop_shown_stop has no more pictures come, soon. Any thread may call it.
void gop_shown_stop(gop_shown *p);

int gop_shown_stopped(gop_shown *p);

// gop_shown_join stops them, and waits for their thread to end.
void gop_shown_join(gop_shown *p);

// gop_shown_free comes after that, and after the decoder's own threads have ended.
void gop_shown_free(gop_shown *p);

#endif
