package av

/*
#include <libavutil/log.h>
#include <stdio.h>

extern void gopLogLine(int, char *, char *);

// gop_log_line cuts the message, since it can quote the file, which then chooses its length.
static inline void gop_log_line(void *ptr, int level, const char *format, va_list args)
{
	AVClass *class = ptr ? *(AVClass **)ptr : NULL;
	char line[512];

	if (level > av_log_get_level())
		return;
	vsnprintf(line, sizeof line, format, args);
	gopLogLine(level, class ? (char *)class->class_name : "", line);
}

static inline void gop_log_install(void) { av_log_set_callback(gop_log_line); }
*/
import "C"

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unicode/utf8"
)

// logBridge finds the log that a message of libav belongs to. Libav has one log callback for the whole
// process and does not say which file a message is about, but it logs on the thread that called it. So each
// piece of work locks its goroutine to a thread, and the bridge finds the work by the thread. Messages from a
// decoder's own threads are lost. The callback is not go-astiav's: v0.39.0 formats a message of any
// length into 1,024 bytes (its log.c), and a file may choose the length.
var logBridge struct {
	once  sync.Once
	scope sync.Map // thread id (int) to *logScope
}

// messagesPerWork bounds the messages that one piece of work may log: a broken file can cause one for each of
// its packets.
const messagesPerWork = 8

type logScope struct {
	log      *slog.Logger
	messages atomic.Int64
}

// logTo sends what libav logs on this goroutine to log until the returned function is called. The goroutine
// is locked to its thread until then.
func logTo(log *slog.Logger) (end func()) {
	logBridge.once.Do(func() {
		C.av_log_set_level(C.AV_LOG_WARNING)
		C.gop_log_install()
	})
	runtime.LockOSThread()
	thread := syscall.Gettid()
	scope := &logScope{log: log}
	logBridge.scope.Store(thread, scope)
	return func() {
		logBridge.scope.Delete(thread)
		runtime.UnlockOSThread()
		if dropped := scope.messages.Load() - messagesPerWork; dropped > 0 {
			log.Debug("libav logged more messages", "messages", dropped)
		}
	}
}

// gopLogLine maps libav's levels to slog's. Libav's errors are about the file, which the response reports, so
// they are logged at the debug level. Only libav's own failures are errors.
//
//export gopLogLine
func gopLogLine(level C.int, class, line *C.char) {
	found, ok := logBridge.scope.Load(syscall.Gettid())
	if !ok {
		return
	}
	scope := found.(*logScope)
	if scope.messages.Add(1) > messagesPerWork {
		return
	}
	to := slog.LevelDebug
	if level <= C.AV_LOG_FATAL {
		to = slog.LevelError
	}
	message := strings.TrimSpace(C.GoString(line))
	if !utf8.ValidString(message) {
		message = strings.ToValidUTF8(message, "\uFFFD")
	}
	scope.log.Log(context.Background(), to, message, "libav", C.GoString(class))
}
