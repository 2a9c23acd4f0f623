package av

// #include <libavutil/avutil.h>
import "C"

import "runtime/debug"

// FFmpegVersion is the version of the FFmpeg that is linked in.
func FFmpegVersion() string { return C.GoString(C.av_version_info()) }

// AstiavVersion is the version of go-astiav, through which it is used.
func AstiavVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/asticode/go-astiav" {
				return m.Version
			}
		}
	}
	return "unknown"
}
