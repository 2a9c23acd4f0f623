#include "shown.h"

#include <libavutil/mem.h>
#include <pthread.h>

#include "log.h"
#include "yield.h"

// How many pictures wait to be taken, at most. An encoder takes its first ones as fast as they come, and then each as
// soon as it is done with the one before.
enum { WAITING = 4 };

// How many threads yield, at most: this one, and those of the decoder, one more than the most of an encoder.
enum { THREADS = 1 + 65 };

struct gop_shown {
	gop_shown_config config;
	gop_chain chain;
	int64_t made; // pictures that came out
	int64_t shown_until;
	pthread_t thread;

	pthread_mutex_t lock; // for what follows
	pthread_cond_t changed;
	AVFrame *waiting[WAITING];
	int first, count; // of waiting
	int stopped, ended;
	int why, error; // once it has ended
	gop_yielder yielders[THREADS];
	int threads; // that have one
};

// What has the calling thread yield; it is one of those of pictures, and ends before these are freed.
static __thread gop_yielder *mine;

// look has the calling thread yield to others, where there are some.
static void look(gop_shown *p)
{
	if (!mine) {
		pthread_mutex_lock(&p->lock);
		if (p->threads < THREADS)
			mine = &p->yielders[p->threads++];
		pthread_mutex_unlock(&p->lock);
	}
	if (mine)
		gop_yield_look(mine);
}

// get_buffer gets memory for a picture, on the thread that decodes it.
static int get_buffer(AVCodecContext *c, AVFrame *f, int flags)
{
	look(c->opaque);
	return avcodec_default_get_buffer2(c, f, flags);
}

int gop_shown_stopped(gop_shown *p)
{
	int stopped;

	pthread_mutex_lock(&p->lock);
	stopped = p->stopped;
	pthread_mutex_unlock(&p->lock);
	return stopped;
}

// end is the last thing that the thread does. It returns -1.
static int end(gop_shown *p, int why, int error)
{
	pthread_mutex_lock(&p->lock);
	p->ended = 1;
	p->why = why;
	p->error = error;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return -1;
}

// put has a picture wait to be taken. It and what calls it return below 0 where all has ended.
static int put(gop_shown *p, AVFrame *f)
{
	int stopped;

	if (++p->made > p->config.most) {
		av_frame_free(&f);
		return end(p, GOP_SHOWN_TOO_MANY, 0);
	}
	pthread_mutex_lock(&p->lock);
	if (p->count == WAITING)
		gop_yield_rest();
	while (p->count == WAITING && !p->stopped)
		pthread_cond_wait(&p->changed, &p->lock);
	if (!(stopped = p->stopped)) {
		p->waiting[(p->first + p->count++) % WAITING] = f;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	if (!stopped)
		return 0;
	av_frame_free(&f);
	return end(p, GOP_SHOWN_STOPPED, 0);
}

// pull puts what has come through the filters.
static int pull(gop_shown *p)
{
	for (;;) {
		AVFrame *f = av_frame_alloc();
		int ret = f ? gop_chain_pull(&p->chain, f) : AVERROR(ENOMEM);

		if (ret <= 0) {
			av_frame_free(&f);
			return ret < 0 ? end(p, GOP_SHOWN_FILTER, ret) : 0;
		}
		if ((ret = put(p, f)) < 0)
			return ret;
	}
}

// filter takes a decoded picture, which is empty afterwards.
static int filter(gop_shown *p, AVFrame *f, int64_t pts, int64_t duration)
{
	int ret;

	gop_settle_colours(f);
	if (!p->chain.graph && (ret = gop_chain_open(&p->chain, f, &p->config.filters)) < 0)
		return end(p, GOP_SHOWN_CHAIN, ret);
	if (f->width != p->chain.width || f->height != p->chain.height)
		return end(p, GOP_SHOWN_RESIZED, 0);
	if ((ret = gop_chain_push(&p->chain, f, pts, duration)) < 0)
		return end(p, GOP_SHOWN_FILTER, ret);
	return pull(p);
}

// decode decodes all packets, and filters each picture once the next one tells how long it is shown. Leading pictures, which
// are shown before the key, are left out. What cannot be decoded of a packet shows by the pictures that are missing.
static int decode(gop_shown *p, AVFrame *shown, AVFrame *next)
{
	const gop_shown_config *c = &p->config;
	int64_t at = AV_NOPTS_VALUE; // when shown is shown; without a value as long as there is none
	int ret;

	for (int i = 0; i <= c->nb_packets; i++) {
		if (gop_shown_stopped(p))
			return end(p, GOP_SHOWN_STOPPED, 0);
		look(p);
		(void)avcodec_send_packet(c->decoder, i < c->nb_packets ? c->packets[i] : NULL);
		while (avcodec_receive_frame(c->decoder, next) >= 0) {
			int64_t pts;

			if (next->pts == AV_NOPTS_VALUE || next->pts < c->from) {
				av_frame_unref(next);
				continue;
			}
			pts = next->pts - c->from;
			if (at != AV_NOPTS_VALUE) {
				pts = FFMAX(pts, at + 1);
				if ((ret = filter(p, shown, at, pts - at)) < 0)
					return ret;
			}
			at = pts;
			av_frame_unref(shown);
			av_frame_move_ref(shown, next);
		}
	}
	if (at == AV_NOPTS_VALUE)
		return end(p, GOP_SHOWN_NONE, 0);
	p->shown_until = FFMAX(c->to - c->from, at + 1);
	if ((ret = filter(p, shown, at, p->shown_until - at)) < 0)
		return ret;
	if ((ret = gop_chain_end(&p->chain, p->shown_until)) < 0)
		return end(p, GOP_SHOWN_FILTER, ret);
	if ((ret = pull(p)) < 0)
		return ret;
	return end(p, GOP_SHOWN_ENDED, 0);
}

static void *run(void *arg)
{
	gop_shown *p = arg;
	AVFrame *shown = av_frame_alloc(), *next = av_frame_alloc();

	gop_log_for(p->config.log_thread);
	if (shown && next)
		(void)decode(p, shown, next);
	else
		(void)end(p, GOP_SHOWN_FILTER, AVERROR(ENOMEM));
	av_frame_free(&shown);
	av_frame_free(&next);
	return NULL;
}

gop_shown *gop_shown_start(const gop_shown_config *config)
{
	gop_shown *p = av_mallocz(sizeof *p);

	if (!p)
		return NULL;
	p->config = *config;
	config->decoder->opaque = p;
	config->decoder->get_buffer2 = get_buffer;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	if (!pthread_create(&p->thread, NULL, run, p))
		return p;
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	av_free(p);
	return NULL;
}

AVFrame *gop_shown_next(gop_shown *p)
{
	AVFrame *f = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->count && !p->ended && !p->stopped)
		pthread_cond_wait(&p->changed, &p->lock);
	if (p->count && !p->stopped) {
		f = p->waiting[p->first];
		p->first = (p->first + 1) % WAITING;
		p->count--;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return f;
}

int gop_shown_why(gop_shown *p, int *error)
{
	int why;

	pthread_mutex_lock(&p->lock);
	why = p->stopped ? GOP_SHOWN_STOPPED : p->why;
	*error = p->error;
	pthread_mutex_unlock(&p->lock);
	return why;
}

const gop_chain *gop_shown_chain(const gop_shown *p) { return &p->chain; }

int64_t gop_shown_until(const gop_shown *p) { return p->shown_until; }

void gop_shown_stop(gop_shown *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopped = 1;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

void gop_shown_join(gop_shown *p)
{
	gop_shown_stop(p);
	pthread_join(p->thread, NULL);
}

void gop_shown_free(gop_shown *p)
{
	for (int i = 0; i < p->threads; i++)
		gop_yield_end(&p->yielders[i]);
	while (p->count) {
		av_frame_free(&p->waiting[p->first]);
		p->first = (p->first + 1) % WAITING;
		p->count--;
	}
	gop_chain_close(&p->chain);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	av_free(p);
}
