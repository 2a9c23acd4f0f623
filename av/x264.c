#include "x264.h"

#include <pthread.h>

#include "log.h"
#include "yield.h"

// What gop_encode is asked, and its answer.
typedef struct work {
	AVCodecContext *c;
	AVFrame *first;
	gop_shown *pictures;
	AVPacket *const *out;
	int n;
	int64_t most;
	int log_thread;
	int given, error;
} work;

// feed gives the encoder the next picture, or tells it that there are no more.
static int feed(work *w)
{
	AVFrame *f = w->first ? w->first : gop_shown_next(w->pictures);
	int ret = AVERROR_EXIT, ignored;

	if (f || gop_shown_why(w->pictures, &ignored) == GOP_SHOWN_ENDED)
		ret = avcodec_send_frame(w->c, f);
	w->first = NULL;
	av_frame_free(&f);
	return ret;
}

static void *encode(void *arg)
{
	work *w = arg;
	gop_yielder yielder = {0};
	int64_t bytes = 0;

	gop_log_for(w->log_thread);
	while (w->given < w->n && bytes <= w->most && w->error >= 0) {
		int ret;

		gop_yield_look(&yielder);
		ret = gop_shown_stopped(w->pictures) ? AVERROR_EXIT : avcodec_receive_packet(w->c, w->out[w->given]);
		if (ret >= 0)
			bytes += w->out[w->given++]->size;
		else if (ret == AVERROR(EAGAIN))
			w->error = feed(w);
		else if (ret == AVERROR_EOF)
			break;
		else
			w->error = ret;
	}
	gop_yield_end(&yielder);
	return NULL;
}

// It encodes on a thread of C's, which may yield, while the one of Go's waits.
int gop_encode(AVCodecContext *c, AVFrame *first, gop_shown *pictures, AVPacket *const *out, int n, int64_t most, int *error)
{
	work w = {c, first, pictures, out, n, most, gop_log_thread(), 0, 0};
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, encode, &w);

	if (ret)
		w.error = AVERROR(ret);
	else
		pthread_join(thread, NULL);
	av_frame_free(&w.first); // it was not needed
	*error = w.error;
	return w.given;
}
