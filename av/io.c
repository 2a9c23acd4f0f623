#include <libavformat/avformat.h>

#include "_cgo_export.h"

static int read_packet(void *opaque, uint8_t *buffer, int size)
{
	return gopRead((uintptr_t)opaque, buffer, size);
}

static int write_packet(void *opaque, const uint8_t *buffer, int size)
{
	return gopWrite((uintptr_t)opaque, (uint8_t *)buffer, size);
}

static int64_t seek(void *opaque, int64_t offset, int whence)
{
	return gopSeek((uintptr_t)opaque, offset, whence);
}

AVIOContext *gop_io_alloc(uintptr_t handle, int size, int writable)
{
	uint8_t *buffer = av_malloc(size);
	AVIOContext *io = buffer ? avio_alloc_context(buffer, size, writable, (void *)handle,
	                                              writable ? NULL : read_packet,
	                                              writable ? write_packet : NULL, seek) : NULL;

	if (!io)
		av_free(buffer);
	return io;
}

void gop_io_shrink(AVIOContext *io, int size)
{
	int64_t at = avio_tell(io);
	uint8_t *buffer = io->buffer_size > size ? av_malloc(size) : NULL;

	if (!buffer)
		return;
	av_free(io->buffer);
	io->buffer = io->buf_ptr = io->buf_end = buffer;
	io->buffer_size = size;
	avio_seek(io, at, SEEK_SET);
}

void gop_io_free(AVIOContext *io)
{
	av_freep(&io->buffer); // libav may have put another in the first one's place
	avio_context_free(&io);
}
