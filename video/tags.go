package video

import (
	"slices"
	"strings"
)

// Tag is an entry of metadata: valid UTF-8, under libav's name.
type Tag struct{ Name, Value string }

// IsNamed reports whether the tag has one of the names, without regard to case.
func (t Tag) IsNamed(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(t.Name, name) })
}

// Tags are the tags of a file, a stream, a chapter or a program. Names are unique within a list.
type Tags []Tag

// Get returns the value of the first tag with a name, without regard to case, or "".
func (tags Tags) Get(name string) string {
	for _, t := range tags {
		if t.IsNamed(name) {
			return t.Value
		}
	}
	return ""
}

// SegmentTags returns the tags of the file that hold for each of its segments.
func (d *Description) SegmentTags() Tags {
	return slices.DeleteFunc(slices.Clone(d.Tags), func(t Tag) bool { return t.IsNamed(ofTheSource...) })
}

// TrackTags returns the tags of a stream that an mp4 has of a track; nil if there is no such stream.
func (d *Description) TrackTags(stream int) Tags {
	if stream < 0 || stream >= len(d.Streams) {
		return nil
	}
	tags := slices.Clone(d.Streams[stream].Tags)
	return slices.DeleteFunc(tags, func(t Tag) bool { return !t.IsNamed(ofTracks...) })
}

var (
	// ofTheSource are tags that describe the source file, and its first timecode.
	ofTheSource = []string{"major_brand", "minor_version", "compatible_brands", "encoder", "timecode"}

	// ofTracks are the tags that mp4 has of a track.
	ofTracks = []string{"language", "handler_name", "title"}
)

func (tags Tags) memory() int {
	const perTag = 64
	n := 0
	for _, t := range tags {
		n += perTag + len(t.Name) + len(t.Value)
	}
	return n
}
