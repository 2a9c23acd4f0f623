#define _GNU_SOURCE
#include <libavutil/log.h>
#include <stdio.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "log.h"

// The thread that the calling one works for; 0 for none but itself.
static __thread int works_for;

int gop_log_thread(void) { return works_for ? works_for : gettid(); }

void gop_log_for(int thread) { works_for = thread; }

// A message can quote the file, so its length is the file's to choose: it is cut.
static void log_line(void *ptr, int level, const char *format, va_list args)
{
	AVClass *class = ptr ? *(AVClass **)ptr : NULL;
	char line[512];

	if (level > av_log_get_level())
		return;
	vsnprintf(line, sizeof line, format, args);
	gopLogLine(gop_log_thread(), level, class ? (char *)class->class_name : "", line);
}

void gop_log_install(void)
{
	av_log_set_level(AV_LOG_WARNING);
	av_log_set_callback(log_line);
}
