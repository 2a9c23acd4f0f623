package av

/*
#include <string.h>
#include <libavutil/dict.h>
*/
import "C"

import (
	"strings"

	"gop/video"
)

// Limits of what is kept of a file's metadata. Real files stay far below them, except that the value of a tag
// may be a whole document, such as XMP or lyrics.
const (
	maxTags      = 256       // in one list
	maxTagName   = 256       // bytes
	maxTagValue  = 8 << 10   // bytes
	maxTagBytes  = 256 << 10 // of all names and values of a file
	maxChapters  = 4096
	maxPrograms  = 1024
	maxSideData  = 32 // of a stream
	replacedUTF8 = "\uFFFD"
)

// tagReader reads metadata. It stops at the limits of a file.
type tagReader struct{ left int } // bytes

func newTagReader() *tagReader { return &tagReader{maxTagBytes} }

// read returns the entries of a dictionary in its order. Values that are too long are cut off, and invalid
// UTF-8 is replaced as ffprobe replaces it. The first of several entries with the same name counts.
func (r *tagReader) read(dictionary *C.AVDictionary) (tags video.Tags) {
	seen := map[string]bool{}
	entry := C.av_dict_iterate(dictionary, nil)
	for ; entry != nil && len(tags) < maxTags; entry = C.av_dict_iterate(dictionary, entry) {
		name, value := text(entry.key, maxTagName), text(entry.value, maxTagValue)
		if seen[name] {
			continue
		}
		if r.left -= len(name) + len(value); r.left < 0 {
			return tags
		}
		seen[name] = true
		tags = append(tags, video.Tag{Name: name, Value: value})
	}
	return tags
}

// text returns at most limit bytes of a string, in valid UTF-8.
func text(s *C.char, limit int) string {
	return strings.ToValidUTF8(C.GoStringN(s, C.int(C.strnlen(s, C.size_t(limit)))), replacedUTF8)
}
