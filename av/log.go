package av

/*
#include <libavutil/log.h>

#include "log.h"
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

// libav has one log callback for the whole process, and does not say which file a message is
// about. But it logs on the thread that called it: so each piece of work holds its thread, the threads that it starts say that
// they work for that one (gop_log_for), and the bridge finds the work by the thread. What a decoder logs on threads of its own
// is lost. The callback is our own, for go-astiav v0.39.0 formats a
// message of any length into 1,024 bytes (its log.c), and a file may choose the length.
var logBridge struct {
	once  sync.Once
	scope sync.Map // thread id (int) to *logScope
}

// messagesPerWork bounds what one piece of work may write into the log: a broken file can draw a
// complaint for each of its packets.
const messagesPerWork = 8

type logScope struct {
	log      *slog.Logger
	messages atomic.Int64
}

// logTo sends what libav logs on this goroutine to log, until the returned function is called. The
// goroutine stays on its thread meanwhile.
func logTo(log *slog.Logger) (end func()) {
	logBridge.once.Do(func() {
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
			log.Debug("libav had more to say", "messages", dropped)
		}
	}
}

// gopLogLine maps libav's levels to slog's. What libav calls an error is one of the file, which
// the answer reports: for the server it is worth a debug line, and only libav's own failure is more.
//
//export gopLogLine
func gopLogLine(thread, level C.int, class, line *C.char) {
	found, ok := logBridge.scope.Load(int(thread))
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
