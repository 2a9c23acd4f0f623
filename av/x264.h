#ifndef GOP_X264_H
#define GOP_X264_H

#include <libavcodec/avcodec.h>

#include "shown.h"

// gop_encode encodes first, which it takes, where that is not NULL, and then the pictures that come, and puts packets into out until n are there, or most bytes of them, and returns how many: fewer where there are no
// more. *error is below 0 where the encoder fails, and AVERROR_EXIT where no more pictures come though they have not ended.
int gop_encode(AVCodecContext *c, AVFrame *first, gop_shown *pictures, AVPacket *const *out, int n, int64_t most, int *error);

#endif
