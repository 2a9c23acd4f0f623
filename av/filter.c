#include "filter.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>

// add puts a filter to the end of a chain.
static int add(gop_chain *chain, const char *name, const char *options)
{
	AVFilterContext *added = NULL;
	int ret = avfilter_graph_create_filter(&added, avfilter_get_by_name(name), NULL, options, NULL, chain->graph);

	if (ret >= 0)
		ret = avfilter_link(chain->last, 0, added, 0);
	chain->last = added;
	return ret;
}

// begin makes a chain of a source alone.
static int begin(gop_chain *chain, const AVFrame *first, const gop_chain_config *config)
{
	AVBufferSrcParameters *par = av_buffersrc_parameters_alloc();
	int ret = AVERROR(ENOMEM);

	chain->graph = avfilter_graph_alloc();
	if (!par || !chain->graph)
		goto end;
	chain->graph->nb_threads = 1; // with two, a picture of 640 pixels takes longer
	chain->graph->scale_sws_opts = av_strdup("flags=bicubic+accurate_rnd");
	chain->source = avfilter_graph_alloc_filter(chain->graph, avfilter_get_by_name("buffer"), "source");
	if (!chain->source)
		goto end;
	par->format = first->format;
	par->width = chain->width = first->width;
	par->height = chain->height = first->height;
	par->time_base = config->time_base;
	par->frame_rate = config->frame_rate;
	par->sample_aspect_ratio = config->sample_aspect;
	par->color_space = first->colorspace;
	par->color_range = first->color_range;
	if ((ret = av_buffersrc_parameters_set(chain->source, par)) >= 0)
		ret = avfilter_init_dict(chain->source, NULL);
	chain->last = chain->source;
end:
	av_free(par);
	return ret;
}

int gop_chain_open(gop_chain *chain, const AVFrame *first, const gop_chain_config *config)
{
	int ret = begin(chain, first, config);

	for (int i = 0; ret >= 0 && i < config->nb_filters; i++)
		ret = add(chain, config->filters[i].name, config->filters[i].options);
	if (ret >= 0)
		ret = add(chain, "buffersink", NULL);
	chain->sink = chain->last;
	return ret < 0 ? ret : avfilter_graph_config(chain->graph, NULL);
}

// What a picture was coded as says nothing of what it is to be coded as.
int gop_chain_push(gop_chain *chain, AVFrame *f, int64_t pts, int64_t duration)
{
	f->pts = pts;
	f->duration = duration;
	f->pict_type = AV_PICTURE_TYPE_NONE;
	f->flags &= ~AV_FRAME_FLAG_KEY;
	return av_buffersrc_add_frame_flags(chain->source, f, 0);
}

int gop_chain_end(gop_chain *chain, int64_t pts) { return av_buffersrc_close(chain->source, pts, 0); }

int gop_chain_pull(gop_chain *chain, AVFrame *f)
{
	int ret = av_buffersink_get_frame(chain->sink, f);

	if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
		return 0;
	return ret < 0 ? ret : 1;
}

void gop_chain_close(gop_chain *chain) { avfilter_graph_free(&chain->graph); }

// A picture tells its range beside its format, where that tells it (yuvj420p; the samples lie in the same way), and its
// matrix, where that goes by its size: BT.709's from 720 rows on, as browsers take it, else BT.601's.
void gop_settle_colours(AVFrame *f)
{
	static const int full[][2] = {
		{AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
		{AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
	};
	const AVPixFmtDescriptor *format;

	for (int i = 0; i < 4; i++)
		if (f->format == full[i][0]) {
			f->format = full[i][1];
			f->color_range = AVCOL_RANGE_JPEG;
			break;
		}
	format = av_pix_fmt_desc_get(f->format);
	if (f->colorspace == AVCOL_SPC_UNSPECIFIED && format && !(format->flags & AV_PIX_FMT_FLAG_RGB))
		f->colorspace = f->height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}
