package video

import (
	"path"
	"slices"
	"strings"
)

// Extensions are the file name extensions of videos, without the dot, in lower case and in order.
var Extensions = []string{
	"3g2", "3gp", "3gpp", "asf", "avi", "divx", "f4v", "flv", "insv", "lrv", "m2p", "m2t", "m2ts", "m4v",
	"mk3d", "mkv", "mod", "mov", "mp4", "mpe", "mpeg", "mpg", "mts", "mxf", "ogg", "ogm", "ogv", "qt",
	"tod", "tp", "trp", "ts", "vob", "webm", "wmv",
}

// HasExtension reports whether a name ends in the extension of a video.
func HasExtension(name string) bool {
	ext := path.Ext(name)
	if ext == "" {
		return false
	}
	_, found := slices.BinarySearch(Extensions, strings.ToLower(ext[1:]))
	return found
}
