#include <libavutil/log.h>
#include <stdio.h>

#include "_cgo_export.h"

// A message can quote the file, so its length is the file's to choose: it is cut.
static void log_line(void *ptr, int level, const char *format, va_list args)
{
	AVClass *class = ptr ? *(AVClass **)ptr : NULL;
	char line[512];

	if (level > av_log_get_level())
		return;
	vsnprintf(line, sizeof line, format, args);
	gopLogLine(level, class ? (char *)class->class_name : "", line);
}

void gop_log_install(void)
{
	av_log_set_level(AV_LOG_WARNING);
	av_log_set_callback(log_line);
}
