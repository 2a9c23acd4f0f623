package library

import (
	"path"
	"strings"
)

// extensions are the file name extensions of videos, in lower case and in order.
var extensions = map[string]bool{
	".3g2": true, ".3gp": true, ".3gpp": true, ".asf": true, ".avi": true, ".divx": true, ".f4v": true,
	".flv": true, ".insv": true, ".lrv": true, ".m2p": true, ".m2t": true, ".m2ts": true, ".m4v": true,
	".mk3d": true, ".mkv": true, ".mod": true, ".mov": true, ".mp4": true, ".mpe": true, ".mpeg": true,
	".mpg": true, ".mts": true, ".mxf": true, ".ogg": true, ".ogm": true, ".ogv": true, ".qt": true,
	".tod": true, ".tp": true, ".trp": true, ".ts": true, ".vob": true, ".webm": true, ".wmv": true,
}

// isVideoName reports whether a name is a path with the extension of a video and no part that is empty or
// begins with a dot. It need not be UTF-8.
func isVideoName(name string) bool {
	if strings.ContainsRune(name, 0) || !extensions[strings.ToLower(path.Ext(name))] {
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
