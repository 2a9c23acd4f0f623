#ifndef GOP_FILTER_H
#define GOP_FILTER_H

#include <libavfilter/avfilter.h>
#include <libavutil/frame.h>

// One of libavfilter's filters, and its options.
typedef struct gop_filter {
	const char *name, *options;
} gop_filter;

// What a chain is made of, and what its source says of the pictures that go in; a rational is 0/1 where it is not known.
typedef struct gop_chain_config {
	const gop_filter *filters;
	int nb_filters;
	AVRational time_base, frame_rate, sample_aspect;
} gop_chain_config;

// Filters in a row, from source to sink. last is where the next one is put. One of zeros is not open.
typedef struct gop_chain {
	AVFilterGraph *graph;
	AVFilterContext *source, *last, *sink;
	int width, height; // of the pictures that go in
} gop_chain;

// gop_chain_open makes a chain for pictures that are like the first. Who opens it closes it, where it failed too. It and those
// below return below 0 what libavfilter says where it fails.
int gop_chain_open(gop_chain *chain, const AVFrame *first, const gop_chain_config *config);

// gop_chain_push gives a chain a picture, which is empty afterwards, shown from pts for duration.
int gop_chain_push(gop_chain *chain, AVFrame *f, int64_t pts, int64_t duration);

// gop_chain_end says that no more pictures come, and that the last one is shown until pts.
int gop_chain_end(gop_chain *chain, int64_t pts);

// gop_chain_pull puts the next picture that has come through into f, and returns 1; or 0 where there is none for now.
int gop_chain_pull(gop_chain *chain, AVFrame *f);

void gop_chain_close(gop_chain *chain);

// gop_settle_colours has a picture tell what is to be known of its colours whatever becomes of its format and its size.
void gop_settle_colours(AVFrame *f);

#endif
