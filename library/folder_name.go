package library

import (
	"strings"

	"gop/video"
)

// isVideoName reports whether a name is a path with the extension of a video and no part that is empty or
// begins with a dot. It need not be UTF-8.
func isVideoName(name string) bool {
	if strings.ContainsRune(name, 0) || !video.HasExtension(name) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || isHidden(part) {
			return false
		}
	}
	return true
}

func isHidden(part string) bool { return strings.HasPrefix(part, ".") }
